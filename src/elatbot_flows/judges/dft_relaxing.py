"""The jobs of a DFT judge that relax: in one job, or by the Makers of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, JobConfig, OnMissing, Response, job

from elatbot_flows.dft.code import OWN_FOLDER
from elatbot_flows.documents import (
    DFTCrystal,
    DFTFrame,
    DFTRecord,
    ElasticResult,
    StaticCalculation,
)
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from jobflow import Job
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode, Task
    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation

__all__ = [
    "INCOMPLETE",
    "WHATEVER_COMES",
    "afresh",
    "relax",
    "run_by_maker",
    "settle",
    "settled",
    "with_costs",
    "with_moments",
]

WHATEVER_COMES = JobConfig(on_missing_references=OnMissing.NONE)
"""For jobs that say what is missing instead of not running."""
INCOMPLETE = "incomplete"
"""Reason of a tensor that lacks calculations."""
_HIDDEN = 10.0
"""Forces and stress that break the symmetry, over the thresholds."""


@job
def relax(method: DFTMethod, structure: Structure, source: str | None) -> Any:
    """Relax a crystal, or say why it is not to be relaxed.

    Where Makers run the code, this job is replaced by theirs.
    """
    from elatbot_flows.dft.checks import affordable_core_hours, check_for_dft
    from elatbot_flows.dft.relaxing import relax_by_dft
    from elatbot_flows.potentials.validation import blank_result

    result = blank_result(structure, method.record(), method.thresholds, source)
    try:
        check_for_dft(structure, method)
        record = DFTRecord(estimated_core_hours=affordable_core_hours(structure, method))
        result = result.updated(dft=record)
        if method.code.by_makers:
            return Response(replace=_by_makers(method, structure, result))
        done = relax_by_dft(structure, method.code, method.thresholds)
    except StructureError as error:
        return DFTCrystal(result=result.failed(error.reason, str(error)))
    assert done.ended is not None  # noqa: S101 - an end without a round is an error
    result = result.updated(dft=record.model_copy(update={"low_spin_energy": done.low_spin_energy}))
    return _ended(method, structure, result, done.frame, done.calculations, done.ended)


def _by_makers(method: DFTMethod, structure: Structure, result: ElasticResult) -> Flow:
    """Relax by the Maker of the code, and see what came of it."""
    from elatbot_flows.dft.relaxing import frame_of
    from elatbot_flows.potentials.measuring import primitive_cell

    symprec = method.thresholds.symprec
    cell, _ = primitive_cell(structure, symprec)
    cell, frame = method.code.begun(cell, frame_of(cell, method.code, symprec))
    made = run_by_maker(method.code, "relax", cell, frame)
    ended = afresh(settle(method, structure, result, frame, made.output))
    ended.name = "dft settle"
    return Flow([made, ended], output=ended.output)


def afresh(made: Job) -> Job:
    """A job that a second start runs again: it ended although pieces may have been lost."""
    from elatbot_flows.jobs.resume import never_resume  # whose package knows this one

    never_resume(made, what_it_brings=False)
    return made


def run_by_maker(code: DFTCode, task: Task, cell: Structure, frame: DFTFrame) -> Any:
    """The job or flow of a Maker that computes a crystal, to be run in a folder of its own."""
    made = code.maker(task, frame).make(with_moments(cell, frame))
    made.update_metadata({OWN_FOLDER: True})
    return made


def with_moments(structure: Structure, frame: DFTFrame) -> Structure:
    """A crystal with the moments that a calculation is to start from."""
    if frame.moments is None:
        return structure
    return structure.copy(site_properties={"magmom": frame.moments})


@job(config=WHATEVER_COMES)
def settle(
    method: DFTMethod, structure: Structure, result: ElasticResult, frame: DFTFrame, document: Any
) -> Any:
    """Compute a crystal as a Maker relaxed it, in the way its perturbed cells will be computed."""
    from elatbot_flows.dft.relaxing import frame_of
    from elatbot_flows.dft.relaxing import settled as present
    from elatbot_flows.potentials.measuring import primitive_cell

    code, symprec = method.code, method.thresholds.symprec
    result, frame = ElasticResult.model_validate(result), DFTFrame.model_validate(frame)
    if document is None:
        return DFTCrystal(result=result.failed(INCOMPLETE, "its relaxation ended without a result"))
    found = code.read(document, frame)
    if found.energy is None:
        message = f"the relaxation failed: {found.message}"
        return DFTCrystal(result=result.failed(str(found.reason), message))
    relaxed, told = code.outcome(document)
    told["settings"] = result.judge.settings | frame.fixed
    result = result.updated(judge=result.judge.model_copy(update=told))
    cell, _ = primitive_cell(relaxed.copy(site_properties={}), symprec)
    fresh = frame_of(cell, code, symprec)
    moments = present(found.moments)
    if moments is None or cell.species == relaxed.species:
        fresh = fresh.model_copy(update={"moments": moments})
    cell, fresh = code.begun(cell, fresh)
    made = run_by_maker(code, "static", cell, fresh)
    ended = afresh(settled(method, structure, result, cell, fresh, found, made.output))
    ended.name = "dft settled"
    return Response(replace=Flow([made, ended], output=ended.output))


@job(output_schema=DFTCrystal, config=WHATEVER_COMES)
def settled(
    method: DFTMethod,
    structure: Structure,
    result: ElasticResult,
    cell: Structure,
    frame: DFTFrame,
    relaxation: StaticCalculation,
    document: Any,
) -> DFTCrystal:
    """Say whether a crystal that a Maker relaxed is at rest."""
    from elatbot_flows.elasticity.symmetry import crystal_symmetry
    from elatbot_flows.potentials.coordinates import point_of
    from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation, symmetric_residuals

    result, frame = ElasticResult.model_validate(result), DFTFrame.model_validate(frame)
    if document is None:
        return DFTCrystal(result=result.failed(INCOMPLETE, "the relaxed crystal has no result"))
    found = method.code.read(document, frame)
    if found.energy is None or found.forces is None or found.stress is None:
        message = f"the calculation of the relaxed crystal failed: {found.message}"
        return DFTCrystal(result=result.failed(str(found.reason), message))
    point = point_of(cell, found.energy, np.array(found.forces), np.array(found.stress))
    limits = method.thresholds
    force, stress = symmetric_residuals(point, crystal_symmetry(cell, limits.symprec))
    rests = force < limits.max_force and stress < limits.max_stress
    ended = SymmetricRelaxation(cell, point, rests, 0)
    spent = [StaticCalculation.model_validate(relaxation), found]
    return _ended(method, structure, result, frame, spent, ended)


def _ended(
    method: DFTMethod,
    structure: Structure,
    result: ElasticResult,
    frame: DFTFrame,
    calculations: list[StaticCalculation],
    ended: SymmetricRelaxation,
) -> DFTCrystal:
    """The result of a relaxation: incomplete, unless it failed."""
    from elatbot_flows.potentials.validation import relaxed_fields

    final = calculations[-1]
    record = with_costs(result.dft or DFTRecord(), calculations).model_copy(
        update={
            "frame": frame,
            "moments": final.moments,
            "gap": final.gap,
            "energy": final.energy,
            "relaxation_calculations": len(calculations),
        }
    )
    result = result.updated(
        dft=record,
        evaluations=len(calculations),
        **relaxed_fields(structure, ended, method.thresholds),
    )
    if final.energy is not None and result.structure is not None:
        result = result.updated(energy_per_atom=final.energy / len(result.structure))
    return DFTCrystal(result=_relaxed(result, method))


def _relaxed(result: ElasticResult, method: DFTMethod) -> ElasticResult:
    hidden = max(
        float(result.residual_force or 0.0) / method.thresholds.max_force,
        float(result.residual_stress or 0.0) / method.thresholds.max_stress,
    )
    if not result.relaxed:
        message = (
            f"forces or stress above the thresholds: {result.residual_force:.3g} eV/A, "
            f"{result.residual_stress:.3g} GPa"
        )
        return result.failed("relaxation_not_converged", message)
    if hidden > _HIDDEN:
        message = "forces or stress break the symmetry of the relaxed crystal"
        return result.failed("symmetry_broken", message)
    return result.failed(INCOMPLETE, "relaxed; no perturbed crystal has been computed yet")


def with_costs(record: DFTRecord, more: list[StaticCalculation]) -> DFTRecord:
    """A record with the cycles and the time of more calculations."""
    return record.model_copy(
        update={
            "cycles": record.cycles + sum(one.cycles or 0 for one in more),
            "cpu_seconds": record.cpu_seconds + sum(one.cpu_seconds for one in more),
        }
    )
