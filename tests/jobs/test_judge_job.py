"""Judging: counts add up, ranks are right, what fell short is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import samples
from elatbot_flows.documents import STAGES
from elatbot_flows.jobs import judge_candidates
from elatbot_flows.jobs.judge import merge_candidates

judge = judge_candidates.original
CRYSTAL = samples.polymorph(samples.fcc(), bulk_modulus=130.0)
REASONS = ("born_unstable", "relaxation_not_converged", "potential_error")


@st.composite
def histories(draw, number):
    """What each step of a run said of one candidate."""
    member = samples.candidate(number)
    fate = draw(
        st.sampled_from(
            ["unparsable", "duplicate", "proposed", "no_structure", "built", "failed", "validated"]
        )
    )
    if fate == "unparsable":
        member = member.updated(formula=None, elements=[])
    if fate in ("unparsable", "duplicate"):
        return {"proposed": member.rejected(fate, "why")}
    steps = {"proposed": member}
    if fate == "no_structure":
        steps["built"] = member.rejected(fate, "why")
    if fate in ("built", "failed", "validated"):
        member = steps["built"] = member.updated(polymorphs=[CRYSTAL])
    if fate == "failed":
        steps["validated"] = member.failed(draw(st.sampled_from(REASONS)), "why")
    if fate == "validated":
        margin = draw(st.floats(-1, 1))
        steps["validated"] = member.updated(
            status="validated",
            relaxed=True,
            verdict="hit" if margin >= 0 else "miss",
            relative_margin=margin,
        )
    return steps


@st.composite
def runs(draw):
    count = draw(st.integers(0, 12))
    all_steps = [draw(histories(number)) for number in range(count)]
    run = samples.run_record(requested=draw(st.integers(1, 6)))
    batches = [samples.batch("proposed", [steps["proposed"] for steps in all_steps], run)]
    for stage in ("built", "validated"):
        done = [steps[stage] for steps in all_steps if stage in steps]
        if draw(st.booleans()) and len(done) > 1:
            batches += [samples.batch(stage, done[:1], run), samples.batch(stage, done[1:], run)]
        else:
            batches.append(samples.batch(stage, done, run))
    return [batches[0], *draw(st.permutations(batches[1:]))], all_steps


@given(runs())
def test_every_completion_ends_in_exactly_one_place(run):
    batches, steps = run
    document = judge(batches)
    counts = document.counts
    assert counts.generated == len(steps) == len(document.candidates)
    assert counts.generated == counts.stable + sum(counts.rejected.values())
    assert "None" not in counts.rejected
    assert counts.parsed == sum(s["proposed"].formula is not None for s in steps)
    assert counts.structured == sum(bool(s.get("built") and s["built"].polymorphs) for s in steps)
    assert counts.validated == sum("validated" in s for s in steps)
    assert counts.hits <= counts.stable <= counts.relaxed <= counts.validated
    assert counts.validated <= counts.structured <= counts.distinct <= counts.parsed


@given(runs())
def test_ranks_are_those_of_the_order_and_hits_come_first(run):
    document = judge(run[0])
    stable = [c for c in document.candidates if c.status == "validated"]
    assert [c.rank for c in stable] == list(range(1, len(stable) + 1))
    assert document.candidates[: len(stable)] == stable
    assert all(c.rank is None and c.reason for c in document.candidates[len(stable) :])
    margins = [c.relative_margin for c in stable]
    assert margins == sorted(margins, reverse=True)
    verdicts = [c.verdict for c in stable]
    assert verdicts == sorted(verdicts)


@given(runs())
def test_a_shortfall_is_told_and_only_that(run):
    document = judge(run[0])
    short = document.counts.stable < document.run.requested
    assert any("asked for could be validated" in note for note in document.notes) == short


@given(runs())
def test_merging_does_not_depend_on_how_a_step_was_cut(run):
    batches, steps = run
    merged = {c.candidate_id: c for c in merge_candidates(batches)}
    for number, history in enumerate(steps):
        last = max(history, key=STAGES.index)
        assert merged[f"run-{number:05d}"] == history[last].updated(stage=last)


def test_a_shortfall_names_the_reasons():
    failed = samples.candidate(0, polymorphs=[CRYSTAL]).failed("born_unstable", "why")
    passed = samples.candidate(1, status="validated", verdict="hit", relative_margin=0.1)
    document = judge([samples.batch("validated", [failed, passed], notes=["a remark"])])
    assert document.notes[0] == "a remark"
    assert "1 of 2" in document.notes[1]
    assert "1 born_unstable" in document.notes[1]


def test_those_never_tried_say_why():
    built = samples.candidate(0, polymorphs=[CRYSTAL])
    document = judge(
        [samples.batch("built", [built]), samples.batch("proposed", [samples.candidate(1)])]
    )
    assert document.counts.rejected == {"outranked": 1, "outranked_after_screening": 1}
    assert all(c.status == "rejected" for c in document.candidates)
