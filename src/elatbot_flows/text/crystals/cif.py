"""The crystals of CrystaLLM (Antunes et al., Nature Communications 15, 10570, 2024): short CIFs.

The block is named by the formula of the whole cell. Numbers have four decimals. Sites are those of
the asymmetric unit, with multiplicities, but of the operations only the identity is written: they
follow from the space group, which `parse` restores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text.crystals import cif_facts, cif_sites
from elatbot_flows.text.crystals.cif_block import read_block
from elatbot_flows.text.crystals.cif_facts import CifFacts, composition_of
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.symmetry import symbol_of
from elatbot_flows.text.crystals.written import (
    SYMPREC,
    Stated,
    WrittenCrystal,
    check_apart,
    check_cell,
    number,
)

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.questions import CrystalRequest

__all__ = ["parse", "parse_facts", "render", "render_prompt"]

_VOLUME = 1e-3
"""How far a stated volume may lie from that of the cell, relatively: lengths are rounded."""


def render(structure: Structure, *, symmetry: bool = True, symprec: float = SYMPREC) -> str:
    """Write a crystal.

    Parameters
    ----------
    structure
        Any cell of an ordered crystal.
    symmetry
        Whether to write the asymmetric unit of the conventional cell, refined within `symprec`;
        otherwise all atoms of the cell as it is, in P1.
    symprec
        A; 0.1 is the published one.

    Raises
    ------
    ParseError
        With reason ``"disordered"``, ``"no_sites"``, or ``"unknown_element"`` for an element that
        the models have no word for.
    """
    facts = cif_facts.describe(structure, symprec if symmetry else None)
    return "\n".join(cif_facts.lines_of(facts)) + "\n"


def render_prompt(request: CrystalRequest) -> str:
    """Beginning of a CIF that a model goes on with: its first line, or up to the space group.

    Raises
    ------
    ParseError
        With reason ``"contradicts_formula"`` if no formula is asked for, or a condition that this
        form has no words for.
    """
    name, head = cif_facts.begin(request)
    lines = [f"data_{name}"]
    if request.space_group is not None:
        lines += [*head, f"_symmetry_space_group_name_H-M {symbol_of(request.space_group)}"]
    return "\n".join(lines) + "\n"


def parse(text: str, *, tolerant: bool = False) -> WrittenCrystal:
    """Read a crystal, all its atoms restored from what is stated.

    Parameters
    ----------
    text
        Prompt and answer together.
    tolerant
        Also read text around the block, what is spaced or ordered otherwise, operations that are
        listed, another setting, sites that lie up to 0.3 A and cells that lie 2 % off their
        symmetry, and a wrong volume or number of formula units, and say so. Formula, multiplicities
        and space group that contradict the sites are always a refusal.

    Raises
    ------
    ParseError
        With a `elatbot_flows.text.crystals.reasons.Reason`.
    """
    block = read_block(text)
    facts = cif_facts.facts_of(block)
    return parse_facts(facts, around=block.around, lines=block.lines, tolerant=tolerant)


def parse_facts(
    facts: CifFacts, *, around: bool, lines: list[str], tolerant: bool
) -> WrittenCrystal:
    """Read a crystal from what a block says; see `parse`.

    Parameters
    ----------
    facts
        What it says.
    around
        Whether there was other text.
    lines
        What it was read from, to be held against the form.
    tolerant
        See `parse`.
    """
    repairs = ["surrounding_text"] if around else []
    if cif_facts.lines_of(facts) != lines or not cif_facts.is_printed_so(facts):
        repairs.append("other_form")
    if repairs and not tolerant:
        raise refusal(Reason.OTHER_TEXT if around else Reason.OTHER_FORM, facts.name)
    lengths, angles = facts.cell[:3], facts.cell[3:]
    check_cell(lengths, angles)
    structure, found = cif_sites.restored(facts, tolerant=tolerant)
    check_apart(structure)
    repairs += [*found, *_compared(facts, structure, tolerant=tolerant)]
    stated = Stated(facts.total, facts.space_group, number(facts.volume or ""), facts.units)
    return WrittenCrystal(structure, stated, tuple(repairs))


def _compared(facts: CifFacts, structure: Structure, *, tolerant: bool) -> list[str]:
    """Hold what is stated of the whole cell against it; what tolerant reading overlooks."""
    own = structure.composition
    reduced = own.reduced_formula
    for said in (facts.name, facts.structural):
        given = composition_of(said) if said else own
        if given is None and not (tolerant and said == facts.name):
            raise refusal(Reason.CONTRADICTS_FORMULA, said)
        if given is not None and given.reduced_formula != reduced:
            raise refusal(Reason.CONTRADICTS_FORMULA, f"{said} for {own.formula}")
    overlooked = []
    if facts.name.replace(" ", "") != own.formula.replace(" ", ""):
        overlooked.append("name")
    volume = number(facts.volume) if facts.volume else structure.volume
    if volume is None or abs(volume / structure.volume - 1) > _VOLUME:
        overlooked.append("volume")
    if facts.units not in (None, round(own.num_atoms / own.reduced_composition.num_atoms)):
        overlooked.append("units")
    if overlooked and not tolerant:
        reason = Reason.CONTRADICTS_FORMULA if overlooked == ["name"] else Reason.CONTRADICTS_CELL
        raise refusal(reason, ", ".join(overlooked))
    return overlooked
