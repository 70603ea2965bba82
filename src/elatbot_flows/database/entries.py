"""What stands in the collection of candidates: slim, with the fields that others join by."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.gather import completed_at
from elatbot_flows.documents.published import PublishedCandidate

if TYPE_CHECKING:
    from pydantic import BaseModel

    from elatbot_flows.database.gather import Gathered, Run
    from elatbot_flows.documents import CandidateDocument, ElasticResult

__all__ = ["candidate_entry", "described"]

_SYMPREC = 0.01
"""Tolerance (A) of the space groups in documents."""
_LEFT_OUT = ("polymorphs", "run")
_OF_RESULTS = ("structure", "elements", "settings", "versions", "clamped_tensor", "ieee_axes")
_OF_HULLS = ("structure", "competing", "settings", "versions")


def candidate_entry(member: Gathered, run: Run) -> PublishedCandidate:
    """A candidate of a run as it stands in the collection."""
    jobs = [run.record.uuid, *member.job_uuids, *filter(None, [run.concluded_by])]
    return described(
        member.candidate,
        last_updated=member.updated_at or completed_at(run.outputs[-1]),
        tags=run.tags,
        job_uuids=list(dict.fromkeys(jobs)),
        resting_in=member.resting_in,
        place=member.place,
        target=run.record.target,
        judges=[judge.name for judge in run.record.judges],
    )


def described(candidate: CandidateDocument, **fields: Any) -> PublishedCandidate:
    """A candidate with the fields that follow from it, and without what is heavy.

    Parameters
    ----------
    candidate
        The candidate.
    **fields
        Further fields of the document.
    """
    own = [e.result for e in candidate.evidence if e.polymorph == candidate.polymorph]
    passed = [result for result in own if result.status == "passed"]
    passed.sort(key=lambda result: result.judge.kind != "dft")
    evidence = [
        one.model_copy(update={"result": one.result.model_copy(update=_emptied(one.result))})
        for one in candidate.evidence
    ]
    kept = {name: getattr(candidate, name) for name in type(candidate).model_fields}
    kept |= _blank(type(candidate), _LEFT_OUT)
    if candidate.completion is not None:
        kept["completion"] = {k: v for k, v in candidate.completion.items() if k != "prompt"}
    if candidate.hull is not None:
        kept["hull"] = candidate.hull.model_copy(update=_blank(type(candidate.hull), _OF_HULLS))
    kept |= {"evidence": evidence, "disagreement": _disagreement(passed)}
    kept |= _chemistry(candidate) | _metadata(candidate) | _elasticity(passed)
    return PublishedCandidate.model_construct(**kept | fields)


def _emptied(result: ElasticResult) -> dict[str, Any]:
    return _blank(type(result), _OF_RESULTS)


@cache  # pydantic inspects the signature of a factory each time
def _blank(document: type[BaseModel], names: tuple[str, ...]) -> dict[str, Any]:
    fields = document.model_fields
    return {name: fields[name].get_default(call_default_factory=True) for name in names}


def _disagreement(passed: list[ElasticResult]) -> float | None:
    ratios = [
        max(a / b, b / a)
        for one, other in combinations(passed, 2)
        for a, b in (
            (one.bulk_modulus, other.bulk_modulus),
            (one.shear_modulus, other.shear_modulus),
        )
        if a and b and a > 0 and b > 0
    ]
    return max(ratios, default=None)


def _chemistry(candidate: CandidateDocument) -> dict[str, Any]:
    from pymatgen.core import Composition

    if candidate.formula is None:
        return {}
    reduced = Composition(candidate.formula).reduced_composition
    return {
        "formula_pretty": reduced.reduced_formula,
        "formula_anonymous": reduced.anonymized_formula,
        "composition_reduced": {str(k): float(v) for k, v in reduced.items()},
    }


def _metadata(candidate: CandidateDocument) -> dict[str, Any]:
    """What emmet's StructureMetadata says of a crystal, without what the candidate says itself."""
    from elatbot_flows.elasticity.symmetry import symmetry_dataset

    structure, number = candidate.structure, candidate.spacegroup_number
    if structure is None:
        return {}
    if number is None:
        number = int(symmetry_dataset(structure, _SYMPREC).number)
    return {
        "composition": {str(k): float(v) for k, v in structure.composition.items()},
        "volume": structure.volume,
        "density": float(structure.density),
        "density_atomic": structure.volume / len(structure),
        "symmetry": _symmetry(number) | {"symprec": _SYMPREC},
    }


@cache
def _symmetry(number: int) -> dict[str, Any]:
    """Names of a space group in its standard setting, as emmet's SymmetryData has them."""
    import spglib
    from pymatgen.symmetry.groups import SpaceGroup

    settings = (spglib.get_spacegroup_type(hall) for hall in range(1, 531))
    standard = next(one for one in settings if one is not None and one.number == number)
    return {
        "crystal_system": SpaceGroup.from_int_number(number).crystal_system.capitalize(),
        "symbol": standard.international_short,
        "hall": standard.hall_symbol,
        "number": number,
        "point_group": standard.pointgroup_international,
        "version": spglib.__version__,
    }


def _elasticity(passed: list[ElasticResult]) -> dict[str, Any]:
    """The tensor of a density functional, else of the first judge, in emmet's fields."""
    import numpy as np

    from elatbot_flows.elasticity.axes import ieee_rotation, rotated
    from elatbot_flows.elasticity.moduli import moduli_from_tensor

    found = [r for r in passed if r.elastic_tensor is not None]
    if not found or found[0].structure is None:
        return {}
    result, ieee = found[0], np.asarray(found[0].elastic_tensor)
    axes = np.asarray(result.ieee_axes or ieee_rotation(found[0].structure))
    tensors = {"raw": rotated(ieee, axes.T), "ieee_format": ieee}
    own = moduli_from_tensor(ieee)
    view = {
        "judge": result.judge.name,
        "method": result.method,
        "order": 2,
        "elastic_tensor": {name: _rounded(c) for name, c in tensors.items()},
        "compliance_tensor": {n: _rounded(1000 * np.linalg.inv(c)) for n, c in tensors.items()},
        "bulk_modulus": {
            "voigt": own.bulk_modulus_voigt,
            "reuss": own.bulk_modulus_reuss,
            "vrh": own.bulk_modulus,
        },
        "shear_modulus": {
            "voigt": own.shear_modulus_voigt,
            "reuss": own.shear_modulus_reuss,
            "vrh": own.shear_modulus,
        },
        "young_modulus": 1e9 * own.youngs_modulus,
        "universal_anisotropy": own.universal_anisotropy,
        "homogeneous_poisson": own.poisson_ratio,
    }
    return {"elasticity": view}


def _rounded(matrix: Any) -> list[list[float]]:
    rows: list[list[float]] = matrix.round(4).tolist()
    return rows
