"""The dialect of Wyckoff positions: crystals completed, generated, and filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import Stated, WrittenCrystal
from elatbot_flows.text.format import AnyFormat, Dialect, Format
from elatbot_flows.text.formats.crystals import CRYSTAL, CRYSTAL_INFILL
from elatbot_flows.text.formula import parse_formula
from elatbot_flows.text.question import CrystalLimits, Question, Template
from elatbot_flows.text.wyckoff import questions, words
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import slots_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.questions import CrystalRequest

__all__ = ["DIALECTS", "WyckoffCrystal", "WyckoffInfill", "formats"]

DIALECTS = (Dialect("wyckoff-1", Template.RAW),)
"""What this module brings."""


def _question(text: str, limits: CrystalLimits | None = None) -> Question:
    return Question("", f"{words.BEGIN} {text}", limits=limits or CrystalLimits(text))


class WyckoffCrystal(Format["CrystalRequest", WrittenCrystal]):
    """A crystal of a formula, or of one that the model chooses; its size is arbitrary."""

    gives = "structure"
    max_tokens = 160
    boldness = {"temperature": 0.8}  # noqa: RUF012
    task = CRYSTAL
    says = frozenset(
        {
            *("formula", "space_group", "crystal_system", "elements"),
            *("bulk_modulus", "shear_modulus"),
        }
    )
    sized = False

    def ask(self, request: CrystalRequest) -> Question:
        """The question, with what answers are held to."""
        elements, counts = _said(request)
        text = questions.render_question(
            elements,
            counts,
            request.space_group,
            request.crystal_system,
            bulk_modulus=request.bulk_modulus,
            shear_modulus=request.shear_modulus,
        )
        limits = CrystalLimits(text, request.allowed, request.most_sites, request.most_elements)
        return _question(text, limits)

    def read(self, text: str, request: CrystalRequest) -> WrittenCrystal:
        """The crystal, with arbitrary volume."""
        formula, colon, crystal = text.rpartition(words.COLON)
        if (request.formula is None) != bool(colon):
            raise ParseError(f"{text[:80]!r} does not answer it", reason="not_a_crystal")
        found = words.parse(crystal)
        structure = found.structure()
        if colon and formula.split() != _formula_of(found):
            raise refusal(Reason.CONTRADICTS_FORMULA, formula.strip())
        stated = Stated(space_group=found.kind.spacegroup)
        return WrittenCrystal(structure, stated).asked_for(request.formula, None)

    def write(self, answer: Structure, request: CrystalRequest) -> str:
        """A crystal in words, behind its formula if that was not given."""
        found = protostructure_of(answer)
        text = words.render(found)
        if request.formula is not None:
            return text
        return f"{' '.join(_formula_of(found))} {words.COLON} {text}"


def _said(request: CrystalRequest) -> tuple[tuple[str, ...], list[int] | None]:
    """Elements and numbers of atoms of the formula, or the elements alone."""
    if request.formula is None:
        return tuple(sorted(request.elements or ())), None
    composition = parse_formula(request.formula).reduced_composition
    elements = slots_of(composition)
    return elements, [round(composition[symbol]) for symbol in elements]


def _formula_of(found: Any) -> list[str]:
    return questions.render_formula(found.elements, found.kind.formula_counts).split()


class WyckoffInfill(Format[str, WrittenCrystal]):
    """The element, or the position of a site, that is masked in a crystal.

    The request is a question of `elatbot_flows.text.wyckoff.questions.mask_element` or `mask_site`.
    """

    gives = "structure"
    max_tokens = 8
    task = CRYSTAL_INFILL
    sized = False

    def ask(self, request: str) -> Question:
        """The question."""
        questions.masked_crystal(request)
        return _question(request)

    def read(self, text: str, request: str) -> WrittenCrystal:
        """The crystal with what the answer puts in it, of arbitrary volume."""
        found = words.parse(questions.fill(request, text))
        return WrittenCrystal(found.structure(), Stated(space_group=found.kind.spacegroup))

    def write(self, answer: str, request: str) -> str:
        """The element, or the letter and numbers of the site."""
        words.parse(questions.fill(request, answer))
        return answer


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """Crystals and what is masked in them."""
    return (WyckoffCrystal(), WyckoffInfill()) if dialect in DIALECTS else ()
