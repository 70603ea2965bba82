"""Crystals of a formula in the structure types that compounds of similar elements have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.crystals.geometry import OVERLAP, minimum_distance_ratio, predict_volume
from elatbot_flows.crystals.guess import StructureGuess
from elatbot_flows.crystals.random_crystals import SPACEGROUPS
from elatbot_flows.crystals.structure_types import load_structure_types
from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.protostructure import slots_of

if TYPE_CHECKING:
    from elatbot_flows.crystals.question import Question
    from elatbot_flows.crystals.structure_types import Likely

__all__ = ["ENOUGH", "FEWEST", "LEAST", "SOURCE", "likely_guesses"]

SOURCE = "learned"
FEWEST = 30
"""Compounds of a formula type that have to be known before the ranking is relied on."""
ENOUGH, LEAST = 0.95, 0.02
"""Summed probability of the types that are tried, and that of each but the first few."""
_FEW = 3
"""Types of more than two elements that are tried whatever their probability; one less of two."""
_ASKED = 3.0
"""How much more probable types of the crystal system are that was asked for."""


def likely_guesses(question: Question, most: int) -> list[StructureGuess]:
    """Crystals in the types that were learned, the most probable first, with their probability.

    Free parameters are those of the compound of the type whose elements are most alike, and the
    volume is the predicted one, corrected by what it is in such compounds. Types in which atoms
    overlap are passed over.

    Parameters
    ----------
    question
        What is wanted. Types of its crystal system count three times, others are not left out.
    most
        Largest number of crystals.

    Returns
    -------
    list of StructureGuess
        As many as have `ENOUGH` of the probability together and `LEAST` each, but two, or three
        of more than two elements. None of a formula type of which fewer than `FEWEST` compounds
        were learned.
    """
    known, composition = load_structure_types(), question.composition
    if known.compounds(composition) < FEWEST:
        return []
    atoms = composition.num_atoms
    found = [o for o in known.likely(composition) if o.units * atoms <= question.max_sites]
    odds = [each.probability * _factor(each, question) for each in found]
    ranked = sorted(zip(odds, found, strict=True), key=lambda pair: -pair[0])
    fewest = _FEW if len(composition) > 2 else _FEW - 1
    guesses: list[StructureGuess] = []
    total, summed = sum(odds), 0.0
    for odd, each in ranked:
        enough = summed >= ENOUGH * total or odd < LEAST * total
        if len(guesses) == most or (len(guesses) >= fewest and enough):
            break
        guess = _guess(each, question, odd / total)
        summed += odd
        if guess is not None:
            guesses.append(guess)
    return guesses


def _system(likely: Likely) -> str:
    number = likely.kind.spacegroup
    return next(name for name, (first, last) in SPACEGROUPS.items() if first <= number <= last)


def _factor(likely: Likely, question: Question) -> float:
    system = _system(likely)
    return _ASKED if system == question.crystal_system else 1.0


def _guess(likely: Likely, question: Question, probability: float) -> StructureGuess | None:
    crystal = likely.crystal(slots_of(question.composition))
    try:
        structure = crystal.structure()
    except ParseError:  # hundredths can bring two atoms together
        return None
    structure.scale_lattice(predict_volume(structure) * likely.size)
    if minimum_distance_ratio(structure) < OVERLAP:
        return None
    return StructureGuess(
        structure=structure,
        source=SOURCE,
        label=f"{likely.label} [{probability:.2f}]",
        crystal_system=_system(likely),
        spacegroup_number=likely.kind.spacegroup,
        probability=probability,
    )
