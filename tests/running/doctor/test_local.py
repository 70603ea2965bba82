"""What keeps the runs of a folder from going on."""

from __future__ import annotations

import fcntl
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from jobflow import Flow

import sample_jobs
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.errors import StoreError
from elatbot_flows.running.doctor.local import problems_in_folder
from elatbot_flows.running.runner import run_flow
from elatbot_flows.running.watch.local import local_snapshot

MINUTE = timedelta(minutes=1)
JOB = {"uuid": "u", "name": "judge 1/2 Ni3Al", "stage": "judge"}


@pytest.fixture
def store(tmp_path):
    made = embedded_store(tmp_path)
    made.connect()
    return made


@pytest.fixture
def written(store, tmp_path):
    """The file of a run that never happened."""
    del store

    def write(**fields):
        said = {
            "flow_uuid": "f", "flow": "inverse design", "tags": [], "pid": 1, "outcome": "running",
            "host": socket.gethostname(), "directory": "/home/me",
            "command": "elatbot design -K 1:2", "ended": None,
            "started": "2026-01-01T00:00:00+00:00", "updated": datetime.now(UTC).isoformat(),
            "running": [JOB], "waiting": [], "failed": [],
        } | fields  # fmt: skip
        (tmp_path / "running").mkdir(exist_ok=True)
        (tmp_path / "running" / "k-1.json").write_text(json.dumps(said))
        (tmp_path / "running" / "k-1.lock").touch()
        return tmp_path

    return write


def test_all_is_well_with_a_run_that_ended_well(store, tmp_path):
    run_flow(sample_jobs.chain(tmp_path, 1), store, folder=tmp_path)
    assert problems_in_folder(tmp_path, MINUTE) == []


def test_failures_are_grouped_and_say_what_to_do(store, tmp_path):
    bad = sample_jobs.fail("no such luck")
    flow = Flow([bad, sample_jobs.fail("no such luck"), sample_jobs.add(bad.output, 1)])
    run_flow(flow, store, folder=tmp_path)
    (found,) = problems_in_folder(tmp_path, MINUTE)
    assert (found.kind, found.reason) == ("failed", "ValueError: no such luck")
    assert (len(found.jobs), found.blocked, found.mend) == (2, 1, None)
    assert found.remedy.startswith("give the same command again in ")
    snapshot = local_snapshot(tmp_path)
    assert [job.state for job in snapshot.jobs] == ["blocked", "failed", "failed"]
    assert snapshot.ended


def test_a_run_that_was_killed_says_what_it_was_doing(written):
    folder = written()
    (found,) = problems_in_folder(folder, MINUTE)
    assert found.kind == "not running"
    assert "was killed after" in found.reason
    assert "while it ran judge 1/2 Ni3Al" in found.reason
    assert found.remedy == "give the same command again in /home/me: elatbot design -K 1:2"
    snapshot = local_snapshot(folder)
    assert (snapshot.ended, snapshot.worked_on) == (True, False)
    assert "not running" in snapshot.notes[0]


@pytest.mark.parametrize("outcome", ["interrupted", "BrokenProcessPool"])
def test_a_run_that_was_ended_by_force_is_told(written, outcome):
    folder = written(ended="2026-01-01T00:00:00+00:00", outcome=outcome)
    (found,) = problems_in_folder(folder, MINUTE)
    assert found.reason == f"the run was ended ({outcome}), while it ran judge 1/2 Ni3Al"


def test_a_process_that_is_silent_is_stuck(written):
    folder = written(updated="2026-01-01T00:00:00+00:00", pid=17)
    with (folder / "running" / "k-1.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (found,) = problems_in_folder(folder, MINUTE)
        assert local_snapshot(folder).worked_on
    assert found.kind == "stuck"
    assert found.remedy == "kill -CONT 17"


def test_runs_are_chosen_by_their_tag(written):
    folder = written(tags=["campaign 3"])
    assert len(problems_in_folder(folder, MINUTE, tag="campaign 3")) == 1
    with pytest.raises(StoreError, match="no run with the tag campaign 4"):
        problems_in_folder(folder, MINUTE, tag="campaign 4")
