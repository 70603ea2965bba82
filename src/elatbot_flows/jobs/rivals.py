"""Crystals of a run that compete with one another on the hull, with the energies they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, ElasticResult
    from elatbot_flows.potentials import Potential
    from elatbot_flows.stability import CrystalEnergy

__all__ = ["asked_crystal", "relaxed_by", "rival_crystals"]


def asked_crystal(candidate: CandidateDocument, potential: Potential) -> Any:
    """The crystal that stands for a candidate, with its energy by a potential if that is known.

    Parameters
    ----------
    candidate
        The candidate.
    potential
        The potential of the hull.
    """
    from elatbot_flows.stability import CrystalEnergy

    result = relaxed_by(candidate, candidate.polymorph, potential)
    if result is None or result.energy_per_atom is None:
        return candidate.structure
    return CrystalEnergy(str(candidate.formula), result.energy_per_atom, result.structure)


def rival_crystals(
    candidate: CandidateDocument, potential: Potential, screened_by: str | None
) -> list[CrystalEnergy]:
    """All crystals of a candidate with an energy by the potential of the hull.

    A candidate's own crystal is left out if nothing but that crystal was looked at: the hull then
    has to look for others of its formula.

    Parameters
    ----------
    candidate
        The candidate, with crystals.
    potential
        The potential of the hull.
    screened_by
        Name of the potential that screened its crystals.
    """
    from elatbot_flows.crystals import SOURCES
    from elatbot_flows.stability import CrystalEnergy

    rivals = []
    for place, crystal in enumerate(candidate.polymorphs):
        result = relaxed_by(candidate, place, potential)
        if result is None and screened_by != potential.name:
            continue
        known = crystal if result is None else result
        if known.structure is None or known.energy_per_atom is None:
            continue
        if place == candidate.polymorph and crystal.source not in SOURCES:
            continue
        rivals.append(CrystalEnergy.of(known.structure, known.energy_per_atom, crystal.label))
    return rivals


def relaxed_by(
    candidate: CandidateDocument, place: int, potential: Potential
) -> ElasticResult | None:
    """What a judge with this very potential says of a crystal that it relaxed.

    Parameters
    ----------
    candidate
        The candidate.
    place
        Of the crystal in its `polymorphs`.
    potential
        The potential.
    """
    from elatbot_flows.stability import potential_identity

    own = potential_identity(potential.record())
    for evidence in candidate.evidence:
        result = evidence.result
        if evidence.polymorph != place or not result.relaxed or result.judge.kind == "text":
            continue
        if potential_identity(result.judge.model_dump()) == own:
            return result
    return None
