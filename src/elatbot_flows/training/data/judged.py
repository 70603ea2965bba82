"""Materials out of the collection of candidates: what judges say, which is not DFT, says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.reading import crystal_of
from elatbot_flows.documents.labelled import Averages, LabelledMaterial
from elatbot_flows.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CANDIDATES", "read_candidate"]

CANDIDATES = "candidates"
"""Origin of what comes from the collection of candidates."""


def read_candidate(candidate: Mapping[str, Any]) -> LabelledMaterial:
    """Material of a published candidate, labelled by the first judge that let it pass.

    Parameters
    ----------
    candidate
        Document of the collection, see `elatbot_flows.documents.published.PublishedCandidate`.

    Raises
    ------
    ParseError
        With reason ``"prediction"`` for what only a text model says, ``"no_structure"`` or
        ``"no_tensor"``.
    """
    if candidate.get("kind") == "prediction":
        raise ParseError("a text model says so, no judge", reason="prediction")
    if candidate.get("structure") is None:
        raise ParseError("it has no crystal", reason="no_structure")
    said = candidate.get("elasticity")
    if said is None:
        raise ParseError("no judge gave a tensor", reason="no_tensor")
    crystal = crystal_of(dict(candidate["structure"]))
    formula = crystal.composition.reduced_formula
    return LabelledMaterial(
        material_id=candidate["candidate_id"],
        origin=CANDIDATES,
        label="judge",
        labelled_by=said["judge"],
        last_updated=candidate["last_updated"],
        formula=formula,
        written=formula,
        chemsys=crystal.composition.chemical_system,
        crystal_system=candidate.get("crystal_system"),
        spacegroup_number=candidate.get("spacegroup_number"),
        structure=crystal,
        energy_above_hull=candidate.get("energy_above_hull"),
        elastic_tensor=said["elastic_tensor"]["ieee_format"],
        bulk_modulus=Averages(**said["bulk_modulus"]),
        shear_modulus=Averages(**said["shear_modulus"]),
        verdict=candidate.get("verdict"),
        probability=candidate.get("probability"),
        target=candidate.get("target"),
    )
