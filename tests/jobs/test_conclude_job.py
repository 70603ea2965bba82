"""Concluding: counts add up, ranks are right, what fell short is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import samples
from elatbot_flows.documents.rows import OUTRANKED
from elatbot_flows.jobs.conclude import conclude

close = conclude.original
REASONS = ("born_unstable", "relaxation_not_converged", "potential_error")


@st.composite
def rows(draw, number):
    """A row as the last step that touched it left it."""
    fate = draw(st.sampled_from(["proposed", "no_structure", "built", "failed", "passed"]))
    if fate == "proposed":
        return samples.row(number)
    if fate == "no_structure":
        return samples.row(number, rung="build", status="rejected", reason=fate, uuid="u")
    if fate == "built":
        return samples.row(number, rung="build", status="built", uuid="u")
    if fate == "failed":
        reason = draw(st.sampled_from(REASONS))
        return samples.row(number, rung="judge", status="failed", reason=reason, uuid="u")
    probability = draw(st.floats(0, 1))
    word = "hit" if probability >= 0.5 else "miss" if probability < 0.1 else "open"
    hull = draw(st.sampled_from([None, "stable", "metastable", "unstable", "unknown"]))
    return samples.row(
        number,
        rung="hull" if hull else "judge",
        status="passed",
        verdict=word,
        probability=probability,
        hull=hull,
        doubts=draw(st.integers(0, 3)),
        uuid="u",
    )


@st.composite
def runs(draw):
    members = [draw(rows(number)) for number in range(draw(st.integers(0, 12)))]
    rejected = draw(
        st.dictionaries(st.sampled_from(["unparsable", "duplicate"]), st.integers(1, 5))
    )
    return draw(st.permutations(members)), rejected, draw(st.integers(1, 6))


@given(runs())
def test_every_completion_ends_in_exactly_one_place(run):
    members, rejected, requested = run
    document = close(
        samples.run_record(requested=requested),
        samples.shortlist(members, rejected=rejected),
        samples.ledger(members),
    )
    counts = document.counts
    assert counts.generated == len(members) + sum(rejected.values())
    assert counts.generated == counts.passed + sum(counts.rejected.values())
    assert "None" not in counts.rejected
    assert counts.readable == counts.generated - rejected.get("unparsable", 0)
    assert counts.distinct == len(document.rows) == len(members)
    funnel = [counts.distinct, counts.built, counts.judged, counts.passed, counts.hits]
    assert funnel == sorted(funnel, reverse=True)
    assert sum(counts.hull.values()) == sum(row.hull is not None for row in members)
    assert bool(document.notes) == (counts.passed < requested)


@given(runs())
def test_hits_come_first_then_fewer_doubts_then_the_most_probable(run):
    members, rejected, requested = run
    document = close(
        samples.run_record(requested=requested),
        samples.shortlist(members, rejected=rejected),
        samples.ledger(members),
    )
    passed = [row for row in document.rows if row.status == "passed"]
    assert document.rows[: len(passed)] == passed
    order = ["hit", "open", "miss"]
    keys = [
        (
            order.index(row.verdict),
            row.doubts,
            -row.probability,
        )
        for row in passed
    ]
    assert keys == sorted(keys)


def test_those_whose_turn_never_came_have_a_reason():
    members = [samples.row(0), samples.row(1, rung="build", status="built", uuid="u")]
    run = samples.run_record(requested=1)
    document = close(run, samples.shortlist(members), samples.ledger(members))
    assert {row.reason for row in document.rows} == set(OUTRANKED)
    assert (document.counts.built, document.counts.judged) == (1, 0)
    assert "0 of 1" in document.notes[0]


def test_a_run_without_a_number_falls_short_of_nothing():
    members = [samples.row(0, rung="judge", status="failed", reason="born_unstable", uuid="u")]
    run = samples.run_record(requested=None)
    assert close(run, samples.shortlist(members), samples.ledger(members)).notes == []
