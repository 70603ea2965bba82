"""Step: a density functional judges the best candidates, and overrules what was said before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jobflow import JobConfig, Maker, OnMissing, Response, job

from elatbot_flows.dft.trust import clearly_unstable, contradiction, remarks
from elatbot_flows.documents import (
    AgainstDFT,
    CandidateChunk,
    DFTChoice,
    DFTVerdict,
    ElasticResult,
    Evidence,
)
from elatbot_flows.jobs.choosing import chosen_for_dft, crystal_for_dft
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.rows import candidates_at, chunk_of, continued, resting
from elatbot_flows.jobs.weigh import HIGHEST
from elatbot_flows.judges.dft import DFTElasticMaker
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.documents import CandidateDocument, Estimate, LedgerRow, RunRecord
    from elatbot_flows.judges import Judge
    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.uncertainty import JointEstimate

__all__ = ["RefereeMaker", "choose", "overrule", "overruled"]


@dataclass
class RefereeMaker(Maker):
    """Show some candidates to a judge who overrules all others.

    It is given the crystal as the first judge that let it pass relaxed it, or the lower one that
    another judge found below it (`elatbot_flows.jobs.choosing.crystal_for_dft`).

    Parameters
    ----------
    name
        Name of the flow.
    judge
        A Maker with the port of :class:`~elatbot_flows.judges.Judge`, whose results state their own
        standard deviations.
    """

    name: str = "dft"
    judge: Judge = field(default_factory=DFTElasticMaker)

    @property
    def rung(self) -> str:
        """Name of the step in documents."""
        return "dft"

    def make(self, rows: list[LedgerRow], target: DesignTarget | None, run: RunRecord) -> Job:
        """Choose among candidates, and judge those.

        Parameters
        ----------
        rows
            Rows of candidates that passed.
        target
            What is asked for.
        run
            The run they belong to.

        Returns
        -------
        Job
            Its output is a :class:`~elatbot_flows.documents.CandidateChunk`.
        """
        there: Any = resting(rows)
        made = choose(self, rows, there, target, run)
        made.name = self.name
        never_resume(made, what_it_brings=False)
        return made


@job
def choose(
    maker: RefereeMaker,
    rows: list[LedgerRow],
    candidates: list[CandidateDocument],
    target: DesignTarget | None,
    run: RunRecord,
) -> CandidateChunk | Response[Any]:
    """Choose whom to judge, see `chosen_for_dft`, and replace this job by what that takes.

    Parameters
    ----------
    maker
        Who judges.
    rows, candidates
        Those that could be.
    target, run
        What is asked for.
    """
    there = candidates_at(candidates)
    choices = chosen_for_dft(there, maker.judge)
    asked = [one for one, choice in zip(there, choices, strict=True) if choice.chosen]
    if not asked:
        return overrule.original(rows, there, choices, [], target, run)  # type: ignore[attr-defined, no-any-return]
    names = [str(candidate.formula) for candidate in asked]
    crystals: Any = [crystal_for_dft(candidate) for candidate in asked]
    judged = maker.judge.make(crystals, names)
    references: Any = resting(rows)
    ended = overrule(rows, references, choices, judged.output, target, run)
    ended.name = f"{maker.name}, overrule"
    never_resume(ended)
    finished = {str(row.uuid) for row in rows}
    return Response(replace=continued([judged, ended], ended.output, finished))


@job(output_schema=CandidateChunk, config=JobConfig(on_missing_references=OnMissing.NONE))
def overrule(
    rows: list[LedgerRow],
    candidates: list[CandidateDocument],
    choices: list[DFTChoice],
    said: list[ElasticResult] | None,
    target: DesignTarget | None,
    run: RunRecord,
) -> CandidateChunk:
    """Add what a referee says to candidates; a failure leaves them where they were.

    Parameters
    ----------
    rows, candidates
        Who could have been judged.
    choices
        Who was, and why.
    said
        One result for each that was; None if the judge's jobs were lost.
    target, run
        What is asked for.
    """
    results = iter([] if said is None else said)
    done = []
    for candidate, found in zip(candidates_at(candidates), choices, strict=True):
        choice = DFTChoice.model_validate(found)
        told = candidate.updated(rung="dft", dft_choice=choice)
        done.append(overruled(told, next(results, None), target) if choice.chosen else told)
    return chunk_of("dft", run, rows, done, [row.score for row in rows])


def overruled(
    candidate: CandidateDocument, result: Any, target: DesignTarget | None
) -> CandidateDocument:
    """A candidate with what a density functional says of it.

    Parameters
    ----------
    candidate
        As the steps before left it.
    result
        What is said of its crystal; None if that was lost.
    target
        What is asked for.
    """
    from elatbot_flows.uncertainty.stated import stated_estimate

    before = {
        "verdict_before": candidate.verdict,
        "probability_before": candidate.probability,
        "estimate_before": candidate.estimate,
    }
    if result is None:
        message = "its jobs ended without a result"
        lost = DFTVerdict(judge="dft", status="failed", reason="lost", message=message, **before)
        return candidate.updated(dft=lost, flags=[*candidate.flags, f"DFT: {message}"])
    said = ElasticResult.model_validate(result)
    doubt = contradiction(said)
    found = None if doubt else stated_estimate(said, str(candidate.formula))
    verdict = DFTVerdict(
        judge=said.judge.name,
        status=_status(said, found, doubt),
        reason="contradictory" if doubt else said.reason,
        message=doubt or said.message or (None if found else "it states no standard deviations"),
        bulk_modulus=said.bulk_modulus,
        shear_modulus=said.shear_modulus,
        sources=_sources(candidate, said) if found else [],
        **before,
    )
    evidence = [*candidate.evidence, Evidence(polymorph=candidate.polymorph, result=said)]
    with_it = candidate.updated(dft=verdict, evidence=evidence)
    if found is not None:
        with_it = with_it.updated(flags=[*candidate.flags, *remarks(said)])
        return _measured(with_it, found, target)
    flags = [*candidate.flags, f"DFT ({said.judge.name}): {verdict.message}"]
    if verdict.status == "failed" or target is None:
        return with_it.updated(flags=flags)
    return with_it.updated(verdict="miss", probability=0.0, flags=flags)


def _status(
    said: ElasticResult, found: JointEstimate | None, doubt: str | None
) -> Literal["measured", "unstable", "failed"]:
    if found is not None:
        return "measured"
    return "unstable" if doubt is None and clearly_unstable(said) else "failed"


def _measured(
    candidate: CandidateDocument, found: JointEstimate, target: DesignTarget | None
) -> CandidateDocument:
    """Estimate and verdict out of the numbers of the density functional and their own error."""
    from elatbot_flows.uncertainty.verdict import judge

    estimate = found.document()
    fields: dict[str, Any] = {"estimate": estimate}
    fields |= {name: getattr(estimate, name).value for name in PROPERTIES}
    if target is not None:
        verdict = judge(found, target.intervals())
        high = (candidate.above_ground_state or 0.0) > HIGHEST
        fields |= {
            "verdict": "open" if verdict.verdict == "hit" and high else verdict.verdict,
            "probability": verdict.probability,
            "probabilities": verdict.probabilities or {},
            "limiting_property": verdict.limiting_property,
        }
    return candidate.updated(**fields)


def _sources(candidate: CandidateDocument, said: ElasticResult) -> list[AgainstDFT]:
    """Everybody who had said something, next to the density functional."""
    rows = []
    for evidence in candidate.evidence:
        own = evidence.polymorph in (None, candidate.polymorph)
        if own and evidence.result.bulk_modulus is not None:
            one = evidence.result
            moduli = (one.bulk_modulus, one.shear_modulus)
            rows.append(_against(one.judge.name, moduli, said, None))
    if candidate.estimate is not None:
        estimate = candidate.estimate
        moduli = (estimate.bulk_modulus.value, estimate.shear_modulus.value)
        rows.append(_against("estimate", moduli, said, estimate))
    return rows


def _against(
    source: str,
    moduli: tuple[float | None, float | None],
    said: ElasticResult,
    estimate: Estimate | None,
) -> AgainstDFT:
    true = (said.bulk_modulus, said.shear_modulus)
    deviations = [
        None if value is None or not dft else value / dft - 1
        for value, dft in zip(moduli, true, strict=True)
    ]
    intervals = (estimate.bulk_modulus, estimate.shear_modulus) if estimate else (None, None)
    held = [
        None if interval is None or dft is None else interval.low <= dft <= interval.high
        for interval, dft in zip(intervals, true, strict=True)
    ]
    return AgainstDFT(
        source=source,
        bulk_modulus=moduli[0],
        shear_modulus=moduli[1],
        bulk_deviation=deviations[0],
        shear_deviation=deviations[1],
        bulk_held=held[0],
        shear_held=held[1],
    )
