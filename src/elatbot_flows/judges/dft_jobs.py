"""The jobs of a DFT judge after the relaxation: perturb, compute, assemble, collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, Response, job

from elatbot_flows.documents import (
    DFTCrystal,
    ElasticResult,
    PerturbationPlan,
    StaticCalculation,
    StrainPlan,
)
from elatbot_flows.judges.dft_relaxing import (
    INCOMPLETE,
    WHATEVER_COMES,
    afresh,
    run_by_maker,
    with_costs,
)

if TYPE_CHECKING:
    from jobflow import Job, Maker
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode, Task
    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.documents import DFTFrame, DFTRecord
    from elatbot_flows.potentials.measuring import Measurement
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["assemble", "collect", "ions", "judge_later", "perturb", "static"]


@job
def judge_later(
    maker: Maker, structures: Structure | list[Structure], sources: list[str] | None
) -> Response[Any]:
    """Judge crystals whose number was not known when the flow was made."""
    flow: Any = maker.make(structures, sources)  # type: ignore[call-arg]
    return Response(replace=flow)


@job(config=WHATEVER_COMES)
def perturb(method: DFTMethod, name: str, relaxed: DFTCrystal | None) -> Any:
    """Plan perturbed or strained crystals, and replace this job by their calculations."""
    if relaxed is None:
        return None
    crystal = DFTCrystal.model_validate(relaxed)
    result = crystal.result
    frame = None if result.dft is None else result.dft.frame
    if result.reason != INCOMPLETE or result.structure is None or frame is None:
        return crystal
    plan, cells = _planned(result.structure, frame, method)
    word = "strain" if method.finite_strains else "static"
    runs = []
    for number, cell in enumerate(cells, start=1):
        made = _calculation(cell, frame, method)
        made.name = _named(name, word, result.source, f"{number}/{len(cells)}")
        runs.append(made)
    ended = afresh(assemble(method, crystal, plan, [made.output for made in runs]))
    ended.name = _named(name, "assemble", result.source)
    return Response(replace=Flow([*runs, ended], output=ended.output))


def _named(*words: str | None) -> str:
    return " ".join(filter(None, words))


def _planned(
    structure: Structure, frame: DFTFrame, method: DFTMethod
) -> tuple[PerturbationPlan | StrainPlan, list[Structure]]:
    from elatbot_flows.dft.perturbing import perturbed, plan_perturbations
    from elatbot_flows.dft.straining import plan_strains, strained

    if method.finite_strains:
        strains = plan_strains(structure, frame, method)
        return strains, strained(structure, strains)
    plan = plan_perturbations(structure, frame, method)
    return plan, perturbed(structure, plan)


def _calculation(cell: Structure, frame: DFTFrame, method: DFTMethod) -> Job:
    code = method.code
    if code.by_makers:
        task: Task = "ions" if method.finite_strains else "static"
        made: Job = run_by_maker(code, task, cell, frame)
        return made
    if method.finite_strains:
        return ions(cell, frame, code, method.thresholds)
    return static(cell, frame, code)


@job(output_schema=StaticCalculation)
def static(structure: Structure, frame: DFTFrame, code: DFTCode) -> StaticCalculation:
    """Compute one perturbed crystal; where that fails, the document says why."""
    from elatbot_flows.dft.static import calculate
    from elatbot_flows.documents import DFTFrame

    return calculate(structure, DFTFrame.model_validate(frame), code)[0]


@job(output_schema=StaticCalculation)
def ions(
    structure: Structure, frame: DFTFrame, code: DFTCode, settings: ValidationSettings
) -> StaticCalculation:
    """Relax the ions of one strained crystal; where that fails, the document says why."""
    from elatbot_flows.dft.straining import relax_ions
    from elatbot_flows.documents import DFTFrame

    return relax_ions(structure, DFTFrame.model_validate(frame), code, settings)


@job(output_schema=DFTCrystal, config=WHATEVER_COMES)
def assemble(
    method: DFTMethod,
    relaxed: DFTCrystal,
    plan: PerturbationPlan | StrainPlan,
    calculations: list[Any],
) -> DFTCrystal:
    """Make a tensor of what was computed, or say what is missing of it."""
    result = DFTCrystal.model_validate(relaxed).result
    kind = StrainPlan if method.finite_strains else PerturbationPlan
    plan = kind.model_validate(plan)
    assert result.dft is not None and result.dft.frame is not None  # noqa: S101, PT018 - relaxed
    found = [_read(one, method.code, result.dft.frame) for one in calculations]
    lacking = [one for one in found if one.energy is None]
    record = with_costs(result.dft, found).model_copy(
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


def _read(document: Any, code: DFTCode, frame: DFTFrame) -> StaticCalculation:
    if document is None:
        return StaticCalculation(reason="lost", message="the job ended without a result")
    return code.read(document, frame)


def _measured(
    result: ElasticResult,
    method: DFTMethod,
    plan: PerturbationPlan | StrainPlan,
    found: list[StaticCalculation],
) -> ElasticResult:
    """The result with its tensor, let through the gates or not."""
    from elatbot_flows.potentials.gates import gated

    assert result.structure is not None and result.dft is not None  # noqa: S101, PT018 - relaxed
    if isinstance(plan, StrainPlan):
        measured, mismatch = _fitted(result.structure, method, plan, found), None
    else:
        measured, mismatch = _responded(result.structure, method, plan, found, result.dft)
    record = result.dft.model_copy(update={"energy_mismatch": mismatch})
    fresh = result.updated(dft=record, reason=None, message=None)
    return _with_errors(gated(fresh, measured, method.thresholds), method)


def _fitted(
    structure: Structure, method: DFTMethod, plan: StrainPlan, found: list[StaticCalculation]
) -> Measurement:
    from elatbot_flows.dft.straining import strain_fit
    from elatbot_flows.elasticity.axes import ieee_rotation
    from elatbot_flows.potentials.measuring import Measurement

    tensor, residual = strain_fit(structure, plan, found, method)
    axes = ieee_rotation(structure, method.thresholds.symprec)
    return Measurement(tensor=tensor, clamped=None, axes=axes, residual=residual, softest_mode=None)


def _responded(
    structure: Structure,
    method: DFTMethod,
    plan: PerturbationPlan,
    found: list[StaticCalculation],
    record: DFTRecord,
) -> tuple[Measurement, float | None]:
    from elatbot_flows.dft.perturbing import response_of
    from elatbot_flows.elasticity.axes import ieee_rotation, rotated
    from elatbot_flows.potentials.measuring import Measurement

    response, mismatch = response_of(structure, plan, found, record, method)
    axes = ieee_rotation(structure, method.thresholds.symprec)
    softest = response.softest_mode
    measured = Measurement(
        tensor=rotated(response.relaxed, axes),
        clamped=rotated(response.clamped, axes),
        axes=axes,
        residual=response.asymmetry,
        softest_mode=softest if np.isfinite(softest) else None,
    )
    return measured, mismatch


def _with_errors(result: ElasticResult, method: DFTMethod) -> ElasticResult:
    """The result with standard deviations: of the settings, and what the derivatives contradict."""
    if result.bulk_modulus is None or result.shear_modulus is None:
        return result
    settings = method.code.settings
    mismatch = None if result.dft is None else result.dft.energy_mismatch
    asymmetry = 0.0 if method.finite_strains else result.residual or 0.0
    seen = np.hypot(asymmetry, mismatch or 0.0)
    return result.updated(
        bulk_modulus_std=result.bulk_modulus * np.hypot(settings.bulk_error, seen),
        shear_modulus_std=result.shear_modulus * np.hypot(settings.shear_error, seen),
    )


@job(config=WHATEVER_COMES)
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
