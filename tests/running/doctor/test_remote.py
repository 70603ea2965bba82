"""Every way in which jobs of jobflow-remote stay behind is found, named and mended."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from jobflow import Flow

import sample_jobs
from elatbot_flows.jobs.stages import in_stage

pytest.importorskip("jobflow_remote")

from elatbot_flows.running.doctor import remote as doctor
from elatbot_flows.running.watch.remote import read_remote
from remote_queue import add, remote_queue, work_off

HOUR = timedelta(hours=1)
LONG_AGO = datetime.now(UTC) - timedelta(hours=3)
ERROR = "Remote error: no route\ncaused by:\nTraceback (most recent call last):\n  File\nOSError: x"


@pytest.fixture
def queue(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "queued_jobs", lambda: None)
    with remote_queue(tmp_path) as made:
        made.ping_running_runner()  # as a runner in the foreground
        yield made


def judged(*jobs):
    for number, one in enumerate(jobs, start=1):
        in_stage(one, "judge").name = f"judge {number}/{len(jobs)} Ni3Al"
    return Flow(list(jobs))


def problems(queue, patience=HOUR):
    return doctor.problems_of_remote(read_remote(queue), patience)


def make(queue, **fields):
    """Have the only job look as if something had happened to it."""
    names = {name.replace("__", "."): value for name, value in fields.items()}
    queue.jobs.update_one({"db_id": "1"}, {"$set": names})


def state(queue, number="1"):
    return queue.jobs.find_one({"db_id": number})["state"]


def test_all_is_well_with_what_is_done_or_fresh(queue, tmp_path):
    add(queue, judged(sample_jobs.add(1, 1)))
    assert problems(queue) == []
    work_off(queue, tmp_path)
    assert problems(queue) == []


def test_failures_are_grouped_by_reason_and_run_again(queue, tmp_path):
    bad = sample_jobs.fail("no such luck")
    fails = [bad, sample_jobs.fail("no such luck"), sample_jobs.fail("another")]
    add(queue, judged(*fails, sample_jobs.add(bad.output, 1)))
    work_off(queue, tmp_path)
    two, one = problems(queue)
    assert (two.kind, two.stage, two.reason) == ("failed", "judge", "ValueError: no such luck")
    assert (one.reason, len(one.jobs), two.blocked) == ("ValueError: another", 1, 1)
    assert two.remedy == "jf job rerun " + " ".join(f"-did {number}" for number in two.numbers)
    two.mend(two.numbers)
    assert {state(queue, number) for number in two.numbers} == {"READY"}
    assert [left.reason for left in problems(queue)] == ["ValueError: another"]


def test_a_transfer_that_failed_is_tried_again(queue):
    add(queue, judged(sample_jobs.add(1, 1)))
    make(queue, state="REMOTE_ERROR", previous_state="UPLOADED", remote__error=ERROR)
    (found,) = problems(queue)
    assert (found.kind, found.reason) == ("failed", "remote error after UPLOADED: OSError: x")
    assert found.remedy == "jf job retry -did 1"
    found.mend(found.numbers)
    assert state(queue) == "UPLOADED"
    assert problems(queue) == []


def test_a_transfer_that_is_tried_again_by_itself_is_told(queue):
    add(queue, judged(sample_jobs.add(1, 1)))
    make(queue, state="UPLOADED", remote__error="Remote error: no route")
    (found,) = problems(queue)
    assert found.kind == "stuck"
    assert "in UPLOADED, to be tried again: Remote error: no route" in found.reason


def test_a_job_that_is_locked_for_long_is_unlocked(queue):
    add(queue, judged(sample_jobs.add(1, 1)))
    make(queue, state="UPLOADED", lock_id="gone", lock_time=datetime.now(UTC))
    assert problems(queue) == []
    make(queue, lock_time=LONG_AGO)
    (found,) = problems(queue)
    assert (found.kind, found.remedy) == ("locked", "jf admin unlock -did 1")
    found.mend(found.numbers)
    assert queue.jobs.find_one({"db_id": "1"})["lock_id"] is None


@pytest.mark.parametrize("word", ["CHECKED_OUT", "UPLOADED", "RUN_FINISHED", "DOWNLOADED"])
def test_a_state_that_should_pass_and_does_not_is_stuck(queue, word):
    add(queue, judged(sample_jobs.add(1, 1)))
    make(queue, state=word)
    assert problems(queue) == []
    make(queue, updated_on=LONG_AGO)
    (found,) = problems(queue)
    assert (found.kind, found.reason) == ("stuck", f"{word} for more than 60 min")


def test_a_job_that_has_gone_from_slurm_is_lost(queue, monkeypatch):
    add(queue, judged(sample_jobs.add(1, 1)))
    make(queue, state="RUNNING", updated_on=LONG_AGO, remote__process_id="17")
    monkeypatch.setattr(doctor, "queued_jobs", lambda: {"17"})
    assert problems(queue) == []
    monkeypatch.setattr(doctor, "queued_jobs", set)
    (found,) = problems(queue)
    assert found.kind == "lost"
    assert "its job 17 has gone from Slurm" in found.reason
    assert found.remedy == "jf job rerun -did 1"


def test_a_worker_that_is_not_in_the_project_is_named(queue):
    add(queue, judged(sample_jobs.add(1, 1)), worker="moon")
    (found,) = problems(queue)
    assert found.reason == "the project has no worker moon, only gpu, hpc"


def test_a_job_that_somebody_paused_is_told_and_left_alone(queue):
    add(queue, judged(sample_jobs.add(1, 1)))
    queue.pause_job(db_id="1")
    (found,) = problems(queue)
    assert (found.kind, found.remedy, found.mend) == ("paused", "jf job resume -did 1", None)


def test_a_runner_that_does_not_run_is_told_if_there_is_something_to_do(queue, tmp_path):
    add(queue, judged(sample_jobs.add(1, 1)))
    queue.clean_runner_pings()
    (found,) = problems(queue)
    assert (found.kind, found.remedy) == ("not running", "jf -p elat runner start")
    assert found.reason == "the runner was never started; 1 jobs wait for it"
    said = {"hostname": socket.gethostname(), "last_pinged": datetime.now(UTC)}
    queue.auxiliary.update_one(
        {"running_runner": {"$exists": True}}, {"$set": {"running_runner": said}}
    )
    (found,) = problems(queue)
    assert found.reason.startswith("the runner is SHUT_DOWN"), "whatever it said of itself"
    said = {"hostname": "elsewhere", "last_pinged": LONG_AGO}
    queue.auxiliary.update_one(
        {"running_runner": {"$exists": True}}, {"$set": {"running_runner": said}}
    )
    (found,) = problems(queue)
    assert found.reason.startswith("the runner on elsewhere was last heard of at")
    work_off(queue, tmp_path)
    assert problems(queue) == []
