"""Counts, rates and times left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.jobs.stages import STAGES
from elatbot_flows.running.watch.seen import JobSeen, Snapshot, State
from elatbot_flows.running.watch.table import stage_rows, whole_row

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def done(name, minutes_ago, stage="build"):
    return JobSeen("1", name, stage, "done", ended=NOW - minutes_ago * MINUTE)


def seen(name, state, stage="build"):
    return JobSeen("1", name, stage, state)


def rows_of(*jobs):
    snapshot = Snapshot("here", list(jobs), at=NOW)
    rows = stage_rows(snapshot)
    return {row.stage: row for row in (*rows, whole_row(rows, snapshot))}


def test_the_rate_counts_from_the_plan_and_tells_what_is_left():
    jobs = [done(f"build {n}/6 Cu", ago) for n, ago in enumerate((25, 20, 10), start=1)]
    jobs += [done("build", 30), seen("build 4/6 Cu", "running"), seen("build 5/6 Cu", "waiting")]
    row = rows_of(*jobs)["build"]
    assert (row.done, row.running, row.waiting, row.open) == (3, 1, 1, False)
    assert row.per_hour == pytest.approx(6)
    assert row.seconds_left == pytest.approx(20 * 60)
    assert row.newest == NOW - 10 * MINUTE


def test_the_rate_counts_from_the_first_start_where_nobody_planned():
    start = NOW - 40 * MINUTE
    jobs = [
        JobSeen("1", f"predict elasticity {n}/3", "predict", "done", start, NOW - ago * MINUTE)
        for n, ago in enumerate((20, 10))
    ]
    row = rows_of(*jobs, seen("predict elasticity 3/3", "running", "predict"))["predict"]
    assert row.per_hour == pytest.approx(3)


def test_only_the_last_hour_counts():
    jobs = [done(f"build {n}", ago) for n, ago in enumerate((600, 500, 30, 15))]
    row = rows_of(*jobs, seen("build 9", "running"))["build"]
    assert row.per_hour == pytest.approx(2)


def test_nobody_guesses_what_is_not_born():
    rows = rows_of(done("begin", 5, "begin"), seen("judge", "waiting", "judge"))
    assert not rows["judge"].born
    assert rows["judge"].open
    assert rows["begin"].seconds_left == 0.0
    assert rows["all"].seconds_left is None
    assert rows["all"].left == 0, "planning is no work"


def test_what_plans_a_campaign_may_bring_any_stage():
    rows = rows_of(done("begin", 5, "begin"), seen("ladder", "waiting", "other"))
    assert rows["all"].open
    assert rows["all"].seconds_left is None


def test_a_stage_may_be_done_without_jobs_of_its_own():
    assert rows_of(done("propose", 5, "propose"))["propose"].born


def test_stages_that_follow_add_up_and_the_last_words_cost_nothing():
    both = [done("build", 60), done("build 1", 30), seen("build 2", "running")]
    both += [
        done("hull", 60, "hull"),
        done("hull 1", 30, "hull"),
        seen("hull 2", "waiting", "hull"),
    ]
    rows = rows_of(*both, seen("conclude", "waiting", "conclude"))
    assert rows["build"].seconds_left == rows["hull"].seconds_left == pytest.approx(3600)
    assert rows["all"].seconds_left == pytest.approx(7200)


def test_what_is_blocked_is_neither_waited_for_nor_forgotten():
    rows = rows_of(seen("hull 1", "blocked", "hull"), seen("build 1", "failed"))
    assert (rows["hull"].blocked, rows["hull"].left, rows["build"].failed) == (1, 0, 1)
    assert Snapshot("here", [seen("hull 1", "blocked", "hull")]).ended


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*STAGES, "other"]),
            st.sampled_from(get_args(State)),
            st.integers(0, 200),
        )
    )
)
def test_every_job_is_counted_once_and_numbers_are_sane(jobs):
    made = [
        JobSeen("1", f"{stage} 1/2 Cu", stage, state, ended=NOW - ago * MINUTE)
        if state == "done"
        else seen(f"{stage} 1/2 Cu", state, stage)
        for stage, state, ago in jobs
    ]
    whole = rows_of(*made)["all"]
    counts = [getattr(whole, state) for state in get_args(State)]
    assert sum(counts) == len(jobs)
    assert whole.per_hour is None or whole.per_hour > 0
    assert whole.seconds_left is None or whole.seconds_left >= 0
