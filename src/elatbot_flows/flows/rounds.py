"""Dynamic jobs that repeat a step in chunks until enough candidates are through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Flow, Response, job

from elatbot_flows.documents import CandidateBatch
from elatbot_flows.jobs.judge import merge_candidates
from elatbot_flows.jobs.place import place_candidates

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.documents import CandidateDocument
    from elatbot_flows.jobs import BuildMaker, HullMaker, ValidateMaker
    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["build_until", "place_validated", "validate_until"]

_SAFE = 0.15
"""A screening estimate this far inside the interval, relative to its edge, cannot be bettered."""


@job
def build_until(
    proposed: CandidateBatch,
    maker: BuildMaker,
    wanted: int,
    chunk_size: int,
    done: list[CandidateBatch] | None = None,
) -> CandidateBatch | Response[Any]:
    """Build crystals, most promising proposals first, until `wanted` candidates have some.

    Parameters
    ----------
    proposed
        Ranked proposals.
    maker
        Maker of the building jobs.
    wanted
        Candidates with crystals after which to stop.
    chunk_size
        Candidates in one building job.
    done
        Outputs of earlier rounds.
    """
    built = merge_candidates(done or [])
    seen = {candidate.candidate_id for candidate in built}
    missing = wanted - sum(bool(candidate.polymorphs) for candidate in built)
    waiting = [c for c in proposed.candidates if c.status == "proposed"]
    waiting = [c for c in waiting if c.candidate_id not in seen]
    if missing <= 0 or not waiting:
        return CandidateBatch(stage="built", run=proposed.run, candidates=built)
    jobs = [maker.make(chunk, proposed.run) for chunk in _chunks(waiting[:missing], chunk_size)]
    again = build_until(proposed, maker, wanted, chunk_size, _outputs(done, jobs))
    return Response(replace=Flow([*_numbered(jobs), again], output=again.output))


@job
def validate_until(
    built: CandidateBatch,
    target: DesignTarget,
    maker: ValidateMaker,
    wanted: int,
    chunk_size: int,
    done: list[CandidateBatch] | None = None,
) -> CandidateBatch | Response[Any]:
    """Validate the candidates nearest to the target until `wanted` of them pass.

    Parameters
    ----------
    built
        Candidates with crystals and a cheap estimate of their bulk modulus.
    target
        The target.
    maker
        Maker of the validating jobs.
    wanted
        Validated candidates after which to stop.
    chunk_size
        Candidates in one validating job.
    done
        Outputs of earlier rounds.
    """
    validated = merge_candidates(done or [])
    seen = {candidate.candidate_id for candidate in validated}
    missing = wanted - sum(candidate.status == "validated" for candidate in validated)
    waiting = [c for c in built.candidates if c.polymorphs and c.candidate_id not in seen]
    if missing <= 0 or not waiting:
        return CandidateBatch(stage="validated", run=built.run, candidates=validated)
    interval = target.implied_bulk_modulus()
    waiting.sort(key=lambda candidate: _shortfall(candidate, interval))
    chunks = _chunks(waiting[:missing], chunk_size)
    jobs = [maker.make(chunk, built.run, target) for chunk in chunks]
    again = validate_until(built, target, maker, wanted, chunk_size, _outputs(done, jobs))
    return Response(replace=Flow([*_numbered(jobs), again], output=again.output))


@job
def place_validated(
    validated: CandidateBatch, maker: HullMaker, done: list[CandidateBatch] | None = None
) -> CandidateBatch | Response[Any]:
    """Place the candidates that passed on the convex hull, one job for each chemical system.

    Parameters
    ----------
    validated
        Candidates that went through validation.
    maker
        How the hull is made.
    done
        Outputs of the placing jobs.
    """
    systems: dict[str, list[CandidateDocument]] = {}
    for candidate in validated.candidates:
        if candidate.status == "validated":
            systems.setdefault(str(candidate.chemsys), []).append(candidate)
    if done is not None or not systems:
        placed = merge_candidates(done or [])
        return CandidateBatch(stage="placed", run=validated.run, candidates=placed)
    jobs = [place_candidates(systems[name], validated.run, maker) for name in sorted(systems)]
    for placing in jobs:
        placing.name = maker.name
    again = place_validated(validated, maker, _outputs(None, jobs))
    return Response(replace=Flow([*_numbered(jobs), again], output=again.output))


def _shortfall(candidate: CandidateDocument, interval: Interval | None) -> float:
    """How far the cheap estimate lies from well inside the interval, GPa; small is good."""
    estimate = candidate.screening_bulk_modulus
    if interval is None or estimate is None:
        return 0.0
    return -min(interval.margin(estimate), _SAFE * interval.low)


def _chunks(candidates: list[CandidateDocument], size: int) -> list[list[CandidateDocument]]:
    return [candidates[start : start + size] for start in range(0, len(candidates), size)]


def _outputs(done: list[CandidateBatch] | None, jobs: list[Job]) -> list[Any]:
    return [*(done or []), *(chunk.output for chunk in jobs)]


def _numbered(jobs: list[Job]) -> list[Job]:
    for number, chunk in enumerate(jobs, start=1):
        chunk.append_name(f" {number}/{len(jobs)}")
    return jobs
