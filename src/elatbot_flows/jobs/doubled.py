"""Soft modes of a candidate in its doubled cell: phonons away from the zone centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.recall import recalled
from elatbot_flows.stability.cache import potential_identity

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.documents import CandidateDocument
    from elatbot_flows.potentials import Potential

__all__ = ["with_doubled_cell"]

_DEAREST = 600
"""Evaluated atoms, roughly, above which nobody looks: some five CPU seconds."""
_SYMPREC = 1e-2


def with_doubled_cell(
    candidate: CandidateDocument, potential: Potential, *, recall: bool = False
) -> CandidateDocument:
    """The candidate with its softest mode in the doubled cell, and a flag if that is unstable.

    Parameters
    ----------
    candidate
        The candidate.
    potential
        The potential; only crystals that it relaxed are looked at.
    recall
        Whether what an earlier run found is taken over.
    """
    from elatbot_flows.elasticity.symmetry import crystal_symmetry
    from elatbot_flows.jobs.rivals import relaxed_by

    result = relaxed_by(candidate, candidate.polymorph, potential)
    if result is None or result.structure is None:
        return candidate
    single = crystal_symmetry(result.structure, _SYMPREC)
    directions = -(-single.dimension // len(single.matrices))
    if 2 * directions * 8 * len(result.structure) > _DEAREST:
        return candidate
    try:
        softest = _softest(result.structure, potential, recall=recall)
    except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
        return _flagged(candidate, f"the doubled cell could not be looked at ({error})")
    candidate = candidate.updated(softest_mode_doubled=softest)
    if not candidate.soft_when_doubled:
        return candidate
    words = f"a soft mode in the doubled cell ({softest:.2f} eV/A^2)"
    return _flagged(candidate, f"{potential.name}: {words}: a larger cell lies lower")


def _softest(structure: Structure, potential: Potential, *, recall: bool) -> float:
    """Smallest curvature in the doubled cell, eV/A^2."""
    from elatbot_flows.potentials.linear_response import softest_repeated_mode

    def measured() -> dict[str, float]:
        return {"softest": softest_repeated_mode(structure, potential)}

    if not recall:
        return measured()["softest"]
    question = [structure, potential_identity(potential.record())]
    return float(recalled("doubled", question, measured)[0]["softest"])


def _flagged(candidate: CandidateDocument, words: str) -> CandidateDocument:
    return candidate.updated(flags=[*candidate.flags, words])
