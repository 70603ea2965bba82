"""The dialect of Wyckoff positions: a formula, perhaps with space group or system, completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.written import Stated, WrittenCrystal
from elatbot_flows.text.format import AnyFormat, Dialect, Format
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.formula import parse_formula
from elatbot_flows.text.question import Question, Template
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import slots_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.questions import CrystalRequest

__all__ = ["DIALECTS", "WyckoffCompletion", "formats"]

DIALECTS = (Dialect("wyckoff-1", Template.RAW),)
"""What this module brings."""


class WyckoffCompletion(Format["CrystalRequest", WrittenCrystal]):
    """A crystal of a formula, of a space group where one is asked for; its size is arbitrary."""

    gives = "structure"
    max_tokens = 160
    boldness = {"temperature": 0.8}  # noqa: RUF012
    task = CRYSTAL
    says = frozenset({"formula", "space_group"})
    sized = False

    def ask(self, request: CrystalRequest) -> Question:
        """The question.

        Raises
        ------
        ParseError
            With reason ``"no_formula"`` if no formula is asked for.
        """
        if request.formula is None:
            raise ParseError("these words complete a formula: give one", reason="no_formula")
        composition = parse_formula(request.formula).reduced_composition
        elements = slots_of(composition)
        counts = [round(composition[symbol]) for symbol in elements]
        text = words.render_question(elements, counts, request.space_group)
        return Question("", f"{words.BEGIN} {text}")

    def read(self, text: str, request: CrystalRequest) -> WrittenCrystal:
        """The crystal, with arbitrary volume."""
        found = words.parse(text)
        stated = Stated(space_group=found.kind.spacegroup)
        return WrittenCrystal(found.structure(), stated).asked_for(request.formula, None)

    def write(self, answer: Structure, request: CrystalRequest) -> str:  # noqa: ARG002
        """A crystal in words."""
        return words.render(protostructure_of(answer))


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """Completion alone."""
    return (WyckoffCompletion(),) if dialect in DIALECTS else ()
