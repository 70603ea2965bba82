"""Crystals as published models write them: crystal-text-llm, LLaMat, CrystaLLM, CrystaLLM-pi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.text.crystals import brackets, cif, json_text, lines, questions
from elatbot_flows.text.crystals.forms import FORMS
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.format import AnyFormat, Dialect, Format
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.question import Question, Template

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.written import WrittenCrystal

__all__ = ["CRYSTAL", "CRYSTAL_INFILL", "DIALECTS", "CrystalDialect", "CrystalFormat", "formats"]

CRYSTAL, CRYSTAL_INFILL = "crystal", "crystal_infill"
"""Names of the tasks."""


@dataclass(frozen=True)
class CrystalDialect(Dialect):
    """How crystals are written.

    Parameters
    ----------
    form
        One of `elatbot_flows.text.crystals.forms.FORMS`.
    tolerant
        Repair what leaves no doubt, and say so.
    """

    template: Template = Template.BEGIN
    form: str = "crystal-text-llm"
    tolerant: bool = True

    @property
    def stop(self) -> tuple[str, ...]:
        """Texts that end an answer: CIFs end with an empty line."""
        return {"crystallm": ("\n\n",), "crystallm-pi": ("<eos>",)}.get(self.form, ())


DIALECTS = (
    CrystalDialect("crystal-text-llm"),
    CrystalDialect("llamat-json", Template.CHAT, "llamat-json"),
    CrystalDialect("crystallm", Template.RAW, form="crystallm"),
    CrystalDialect("crystallm-pi", Template.RAW, form="crystallm-pi"),
)
"""What this module brings."""


class CrystalFormat(Format[CrystalRequest, "WrittenCrystal"]):
    """A crystal by any of the conditions that a dialect has words for, drawn as published."""

    gives = "structure"
    max_tokens = 3000
    question_tokens = 256
    boldness = {"temperature": 0.9, "top_p": 0.9}  # noqa: RUF012
    task = CRYSTAL

    def __init__(self, dialect: CrystalDialect) -> None:
        self.dialect = dialect
        self.says = frozenset(questions.WORDS)
        if dialect.form.startswith("crystallm"):
            self.boldness = {"temperature": 0.8, "top_k": 10}  # type: ignore[misc]
            self.says = frozenset({"formula", "space_group", "units"})

    def _prompt(self, request: CrystalRequest) -> str:
        """What an answer goes on with; empty where a question has words of its own."""
        if self.dialect.form == "crystallm":
            return cif.render_prompt(request)
        return brackets.render_prompt(request) if self.dialect.form == "crystallm-pi" else ""

    def ask(self, request: CrystalRequest) -> Question:
        """The question, or the beginning of a CIF."""
        begin = self._prompt(request)
        return Question("", begin or questions.render_generation(request))

    def read(self, text: str, request: CrystalRequest) -> WrittenCrystal:
        """The crystal, with what was asked for as stated where the text does not say it itself."""
        whole = self._prompt(request) + text
        if self.dialect.form == "crystallm-pi" and "<eos>" not in whole:
            whole += "\n<eos>"  # engines leave out what an answer stops at
        found = FORMS[self.dialect.form](whole, tolerant=self.dialect.tolerant)
        return found.asked_for(request.formula, request.space_group)

    def write(self, answer: Structure, request: CrystalRequest) -> str:
        """A crystal as a model is taught to write it, behind what the question says of it."""
        render: Any = {
            "crystal-text-llm": lines.render,
            "llamat-json": json_text.render,
            "crystallm": cif.render,
            "crystallm-pi": brackets.render,
        }[self.dialect.form]
        begin, text = self._prompt(request), str(render(answer))
        if not text.startswith(begin):
            raise refusal(Reason.CONTRADICTS_FORMULA, begin.strip().splitlines()[-1])
        return text.removeprefix(begin)


class CrystalInfill(Format[str, "WrittenCrystal"]):
    """The element behind the masks of a crystal; elements allowed are a pattern, not a ban.

    The request is the masked text, see `elatbot_flows.text.crystals.questions.mask`.
    """

    gives = "structure"
    max_tokens = 10
    task = CRYSTAL_INFILL

    def ask(self, request: str) -> Question:
        """The question."""
        pattern = f"(?:{'|'.join(element_symbols())})"
        return Question("", questions.render_infill(request), pattern)

    def read(self, text: str, request: str) -> WrittenCrystal:
        """The crystal with the element that the answer names."""
        return lines.parse(questions.fill(request, questions.parse_element(text, tolerant=True)))

    def write(self, answer: str, request: str) -> str:  # noqa: ARG002
        """The element."""
        return questions.parse_element(answer)


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """Crystals for all dialects of this module, infilling where it was taught."""
    if not isinstance(dialect, CrystalDialect):
        return ()
    infill = (CrystalInfill(),) if dialect.form == "crystal-text-llm" else ()
    return (CrystalFormat(dialect), *infill)
