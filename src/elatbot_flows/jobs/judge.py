"""Step: show crystals to all judges, and weigh what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker, job

from elatbot_flows.documents import CandidateChunk, Evidence
from elatbot_flows.documents.rows import text_evidence
from elatbot_flows.jobs.rows import candidates_at, chunk_of, resting, standing
from elatbot_flows.jobs.weigh import weighed
from elatbot_flows.proposers.expectation import expected

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, ElasticResult, LedgerRow, RunRecord
    from elatbot_flows.judges import Judge
    from elatbot_flows.targets import DesignTarget

__all__ = ["JudgeMaker", "weigh"]


@dataclass
class JudgeMaker(Maker):
    """Show the crystal that stands for a candidate to every judge, and weigh what they say.

    A candidate passes if one judge lets its crystal pass; what the others say is evidence all the
    same. If none does, the next crystal of the candidate is tried in a later round, and the
    failure of the lower one is kept.

    Parameters
    ----------
    name
        Name of the flow.
    judges
        Makers with the port of :class:`~elatbot_flows.judges.Judge`.
    expectation
        A text model with a predictor, which is asked about formulas that came without a crystal
        system as soon as a judge has let a crystal of theirs pass; None for nobody.
    """

    name: str = "judge"
    judges: list[Judge] = field(default_factory=list)
    expectation: str | None = None

    @property
    def rung(self) -> str:
        """Name of the step in documents."""
        return "judge"

    def make(self, rows: list[LedgerRow], target: DesignTarget | None, run: RunRecord) -> Flow:
        """Judge a chunk of candidates.

        Parameters
        ----------
        rows
            Rows of candidates with crystals.
        target
            What is asked for.
        run
            The run they belong to.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.CandidateChunk`.
        """
        there: Any = resting(rows)
        names = [str(row.formula) for row in rows]
        crystals: Any = standing(rows)
        asked = [judge.make(crystals, names) for judge in self.judges]
        answers = [judged.output for judged in asked]
        ended = weigh(rows, there, answers, target, run, self.expectation)
        ended.name = f"{self.name}, weigh"
        return Flow([*asked, ended], output=ended.output, name=self.name)


@job(output_schema=CandidateChunk)
def weigh(
    rows: list[LedgerRow],
    candidates: list[CandidateDocument],
    said: list[list[ElasticResult]],
    target: DesignTarget | None,
    run: RunRecord,
    expectation: str | None = None,
) -> CandidateChunk:
    """Add what judges say to candidates, and say what follows.

    Parameters
    ----------
    rows, candidates
        Who was judged.
    said
        For every judge one result for each candidate.
    target, run
        What is asked for.
    expectation
        Who is asked about formulas that came without a crystal system.
    """
    done = []
    for place, (row, candidate) in enumerate(zip(rows, candidates_at(candidates), strict=True)):
        new = [Evidence(polymorph=candidate.polymorph, result=one[place]) for one in said]
        if row.crystal_system is None and run.expectation is not None:
            new += _late_opinion(row, candidate, [one[place] for one in said], run, expectation)
        evidence = [*candidate.evidence, *new]
        done.append(weighed(candidate.updated(evidence=evidence), target, run.refit))
    scores = [candidate.probability or 0.0 for candidate in done]
    return chunk_of("judge", run, rows, done, scores)


def _late_opinion(
    row: LedgerRow,
    candidate: CandidateDocument,
    said: list[ElasticResult],
    run: RunRecord,
    expectation: str | None,
) -> list[Evidence]:
    """What the text model expects of a formula in the crystal system that a judge let pass."""
    system = next((result.crystal_system for result in said if result.status == "passed"), None)
    (moduli,) = expected(expectation, [(str(candidate.formula), system)])
    if moduli.bulk is None or run.expectation is None:
        return []
    answered = row.model_copy(update=moduli.fields())
    return [text_evidence(answered, candidate.elements, run.expectation)]
