"""Jobs of a solid solution: look for approximants, and pool what judges say of them."""

from __future__ import annotations

from importlib.metadata import version
from statistics import mean, stdev
from typing import TYPE_CHECKING

from jobflow import job

from elatbot_flows.documents.solution import (
    Approximants,
    PooledModulus,
    SolidSolutionDocument,
    SolidSolutionVerdict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.documents import ElasticResult, MethodRecord

__all__ = ["approximate", "pool"]


@job(output_schema=Approximants)
def approximate(
    alloy: str | Structure, count: int, most_atoms: int, tolerance: float, seed: int
) -> Approximants:
    """Look for ordered crystals that stand for a solid solution.

    Parameters
    ----------
    alloy
        As ``"Ni0.7Al0.3 fcc"``, or a crystal with shared sites.
    count, most_atoms, tolerance, seed
        See `elatbot_flows.crystals.solutions.approximants`.

    Raises
    ------
    ParseError, StructureError
        If the text names no solid solution, or there are no approximants.
    """
    from elatbot_flows.crystals.solutions import approximants, solid_solution

    crystal = solid_solution(alloy) if isinstance(alloy, str) else alloy
    formula = alloy if isinstance(alloy, str) else crystal.composition.reduced_formula
    found = approximants(
        crystal, count=count, most_atoms=most_atoms, tolerance=tolerance, seed=seed
    )
    asked = {"count": count, "most_atoms": most_atoms, "tolerance": tolerance, "seed": seed}
    return Approximants(
        formula=formula,
        alloy=crystal,
        structures=[one.structure for one in found],
        names=[f"{formula} {number}" for number in range(1, len(found) + 1)],
        objectives=[one.objective for one in found],
        off=found[0].off,
        settings=asked,
        version=version("sqsgenerator"),
    )


@job(output_schema=SolidSolutionDocument)
def pool(
    found: Approximants, said: Sequence[Sequence[ElasticResult]], judges: Sequence[MethodRecord]
) -> SolidSolutionDocument:
    """Mean and spread of the moduli over the approximants that passed.

    Parameters
    ----------
    found
        The approximants.
    said
        By judge, one result for each approximant.
    judges
        Who they are.
    """
    pairs = zip(judges, said, strict=True)
    return SolidSolutionDocument(
        approximants=found, judged=[_pooled(judge, results) for judge, results in pairs]
    )


def _pooled(judge: MethodRecord, results: Sequence[ElasticResult]) -> SolidSolutionVerdict:
    passed = [result for result in results if result.status == "passed"]
    volumes = [result.volume_per_atom for result in passed if result.volume_per_atom]
    return SolidSolutionVerdict(
        judge=judge,
        passed=len(passed),
        bulk_modulus=_modulus([result.bulk_modulus for result in passed]),
        shear_modulus=_modulus([result.shear_modulus for result in passed]),
        volume_per_atom=mean(volumes) if volumes else None,
        results=list(results),
    )


def _modulus(values: Sequence[float | None]) -> PooledModulus | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return PooledModulus(mean=mean(known), spread=stdev(known) if len(known) > 1 else None)
