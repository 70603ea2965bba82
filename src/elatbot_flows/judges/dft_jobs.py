"""The jobs of a DFT judge: relax, perturb, compute, assemble, collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, JobConfig, OnMissing, Response, job

from elatbot_flows.documents import DFTCrystal, DFTRecord, ElasticResult, StaticCalculation
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from jobflow import Maker
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.documents import DFTFrame, PerturbationPlan

__all__ = ["assemble", "collect", "judge_later", "perturb", "relax", "static"]

_WHATEVER_COMES = JobConfig(on_missing_references=OnMissing.NONE)
"""For jobs that say what is missing instead of not running."""


@job
def judge_later(
    maker: Maker, structures: Structure | list[Structure], sources: list[str] | None
) -> Response[Any]:
    """Judge crystals whose number was not known when the flow was made."""
    flow: Any = maker.make(structures, sources)  # type: ignore[call-arg]
    return Response(replace=flow)


@job(output_schema=DFTCrystal)
def relax(method: DFTMethod, structure: Structure, source: str | None) -> DFTCrystal:
    """Relax a crystal, or say why it is not to be relaxed."""
    from elatbot_flows.dft.checks import check_for_dft
    from elatbot_flows.dft.relaxing import relax_by_dft
    from elatbot_flows.potentials.validation import blank_result, relaxed_fields

    result = blank_result(structure, method.record(), method.thresholds, source)
    try:
        check_for_dft(structure, method)
        record = DFTRecord(estimated_core_hours=_affordable(method, structure))
        result = result.updated(dft=record)
        done = relax_by_dft(structure, method.code, method.thresholds)
    except StructureError as error:
        return DFTCrystal(result=result.failed(error.reason, str(error)))
    assert done.ended is not None  # noqa: S101 - an end without a round is an error
    final = done.calculations[-1]
    record = _with_costs(record, done.calculations).model_copy(
        update={
            "frame": done.frame,
            "moments": final.moments,
            "energy": final.energy,
            "relaxation_calculations": len(done.calculations),
        }
    )
    result = result.updated(
        dft=record,
        evaluations=len(done.calculations),
        **relaxed_fields(structure, done.ended, method.thresholds),
    )
    if final.energy is not None and result.structure is not None:
        result = result.updated(energy_per_atom=final.energy / len(result.structure))
    return DFTCrystal(result=_relaxed(result, method))


def _affordable(method: DFTMethod, structure: Structure) -> float | None:
    """The core-hours it should take, unless they are too many."""
    from elatbot_flows.dft.checks import expected_core_hours

    hours = expected_core_hours(structure, method)
    if hours is not None and method.max_core_hours is not None and hours > method.max_core_hours:
        message = f"about {hours:.2g} core-hours, more than the {method.max_core_hours:g} allowed"
        raise StructureError(message, "too_expensive")
    return hours


def _relaxed(result: ElasticResult, method: DFTMethod) -> ElasticResult:
    """The result of a relaxation: incomplete, unless it failed."""
    hidden = max(
        float(result.residual_force or 0.0) / method.thresholds.max_force,
        float(result.residual_stress or 0.0) / method.thresholds.max_stress,
    )
    if not result.relaxed:
        steps = method.thresholds.max_steps
        message = f"forces or stress above the thresholds after {steps} steps"
        return result.failed("relaxation_not_converged", message)
    if hidden > _HIDDEN:
        message = "forces or stress break the symmetry of the relaxed crystal"
        return result.failed("symmetry_broken", message)
    return result.failed(INCOMPLETE, "relaxed; no perturbed crystal has been computed yet")


INCOMPLETE = "incomplete"
"""Reason of a tensor that lacks calculations."""
_HIDDEN = 10.0
"""Forces and stress that break the symmetry, over the thresholds."""


@job(config=_WHATEVER_COMES)
def perturb(method: DFTMethod, name: str, relaxed: DFTCrystal | None) -> Any:
    """Plan the perturbed crystals, and replace this job by their calculations."""
    from elatbot_flows.dft.perturbing import perturbed, plan_perturbations

    if relaxed is None:
        return None
    crystal = DFTCrystal.model_validate(relaxed)
    result = crystal.result
    if result.reason != INCOMPLETE or result.structure is None or result.dft is None:
        return crystal
    frame = result.dft.frame
    assert frame is not None  # noqa: S101 - relaxations have one
    plan = plan_perturbations(result.structure, frame, method)
    runs = []
    for number, cell in enumerate(perturbed(result.structure, plan), start=1):
        made = static(cell, frame, method.code)
        made.name = _named(name, "static", result.source, f"{number}/{len(plan.steps)}")
        runs.append(made)
    ended = assemble(method, crystal, plan, [made.output for made in runs])
    ended.name = _named(name, "assemble", result.source)
    return Response(replace=Flow([*runs, ended], output=ended.output))


def _named(*words: str | None) -> str:
    return " ".join(filter(None, words))


@job(output_schema=StaticCalculation)
def static(structure: Structure, frame: DFTFrame, code: DFTCode) -> StaticCalculation:
    """Compute one perturbed crystal; where that fails, the document says why."""
    from elatbot_flows.dft.static import calculate
    from elatbot_flows.documents import DFTFrame

    return calculate(structure, DFTFrame.model_validate(frame), code)[0]


@job(output_schema=DFTCrystal, config=_WHATEVER_COMES)
def assemble(
    method: DFTMethod,
    relaxed: DFTCrystal,
    plan: PerturbationPlan,
    calculations: list[StaticCalculation | None],
) -> DFTCrystal:
    """Make a tensor of what was computed, or say what is missing of it."""
    from elatbot_flows.documents import PerturbationPlan

    result = DFTCrystal.model_validate(relaxed).result
    plan = PerturbationPlan.model_validate(plan)
    found = [_read(one) for one in calculations]
    lacking = [one for one in found if one.energy is None]
    record = _with_costs(result.dft or DFTRecord(), found).model_copy(
        update={
            "calculations": len(found),
            "missing": len(lacking),
            "kpoints": [one.kpoints or n for one, n in zip(found, plan.kpoints, strict=True)],
        }
    )
    result = result.updated(dft=record, evaluations=result.evaluations + len(found) - len(lacking))
    if lacking:
        why = "; ".join(sorted({str(one.message) for one in lacking}))
        message = f"{len(lacking)} of {len(found)} calculations are missing: {why}"
        return DFTCrystal(result=result.failed(INCOMPLETE, message))
    return DFTCrystal(result=_measured(result, method, plan, found))


def _read(calculation: StaticCalculation | None) -> StaticCalculation:
    if calculation is None:
        return StaticCalculation(reason="lost", message="the job ended without a result")
    return StaticCalculation.model_validate(calculation)


def _measured(
    result: ElasticResult,
    method: DFTMethod,
    plan: PerturbationPlan,
    found: list[StaticCalculation],
) -> ElasticResult:
    """The result with its tensor, let through the gates or not."""
    from elatbot_flows.dft.perturbing import response_of
    from elatbot_flows.elasticity.axes import ieee_rotation, rotated
    from elatbot_flows.potentials.gates import gated
    from elatbot_flows.potentials.measuring import Measurement

    assert result.structure is not None and result.dft is not None  # noqa: S101, PT018 - relaxed
    symprec = method.thresholds.symprec
    response, mismatch = response_of(result.structure, plan, found, result.dft, method)
    axes = ieee_rotation(result.structure, symprec)
    softest = response.softest_mode
    measured = Measurement(
        tensor=rotated(response.relaxed, axes),
        clamped=rotated(response.clamped, axes),
        axes=axes,
        residual=response.asymmetry,
        softest_mode=softest if np.isfinite(softest) else None,
    )
    record = result.dft.model_copy(update={"energy_mismatch": mismatch})
    fresh = result.updated(dft=record, reason=None, message=None)
    return _with_errors(gated(fresh, measured, method.thresholds), method)


def _with_errors(result: ElasticResult, method: DFTMethod) -> ElasticResult:
    """The result with standard deviations: of the settings, and what the derivatives contradict."""
    if result.bulk_modulus is None or result.shear_modulus is None:
        return result
    settings = method.code.settings
    mismatch = None if result.dft is None else result.dft.energy_mismatch
    seen = np.hypot(result.residual or 0.0, mismatch or 0.0)
    return result.updated(
        bulk_modulus_std=result.bulk_modulus * np.hypot(settings.bulk_error, seen),
        shear_modulus_std=result.shear_modulus * np.hypot(settings.shear_error, seen),
    )


def _with_costs(record: DFTRecord, more: list[StaticCalculation]) -> DFTRecord:
    return record.model_copy(
        update={
            "cycles": record.cycles + sum(one.cycles or 0 for one in more),
            "cpu_seconds": record.cpu_seconds + sum(one.cpu_seconds for one in more),
        }
    )


@job(config=_WHATEVER_COMES)
def collect(
    method: DFTMethod,
    crystals: list[DFTCrystal | None],
    structures: list[Structure],
    sources: list[str | None],
) -> list[ElasticResult]:
    """One result for each crystal, also for those whose jobs were lost."""
    from elatbot_flows.potentials.validation import blank_result

    results = []
    for crystal, structure, source in zip(crystals, structures, sources, strict=True):
        if crystal is None:
            blank = blank_result(structure, method.record(), method.thresholds, source)
            results.append(blank.failed(INCOMPLETE, "a job of it ended without a result"))
        else:
            results.append(DFTCrystal.model_validate(crystal).result)
    return results
