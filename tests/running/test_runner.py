"""Running flows on one machine: side by side, dynamic, resumable, robust."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from jobflow import Flow, JobStore
from maggma.stores import MemoryStore

import sample_jobs
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.errors import StoreError
from elatbot_flows.jobs import never_resume
from elatbot_flows.running.runner import run_flow
from sample_jobs import executions

PATHS = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)}


@pytest.fixture
def store(tmp_path):
    made = embedded_store(tmp_path / "run")
    made.connect()
    return made


def run(flow, store, workers=1):
    events = []
    summary = run_flow(flow, store, workers=workers, on_event=events.append)
    return summary, Counter((event.kind, event.job) for event in events)


def test_outputs_travel_from_job_to_job(store, tmp_path):
    flow = sample_jobs.chain(tmp_path, 41)
    summary, events = run(flow, store)
    assert store.get_output(flow.jobs[1].uuid) == 42
    assert summary.finished == ["announce", "add"]
    assert events == Counter(
        (kind, job) for kind in ("added", "started", "finished") for job in ("announce", "add")
    )
    assert (summary.failed, summary.resumed, summary.orphaned) == ({}, [], [])


def test_jobs_run_side_by_side(store, tmp_path):
    pair = [sample_jobs.meet(tmp_path, "a", "b"), sample_jobs.meet(tmp_path, "b", "a")]
    summary, _ = run(Flow(pair), store, workers=2)
    assert summary.finished == ["meet", "meet"]
    assert [store.get_output(job.uuid) for job in pair] == ["a", "b"]


def test_a_job_may_replace_itself(store, tmp_path):
    job = sample_jobs.fan_out(tmp_path, 4)
    after = sample_jobs.add(job.output, 100)
    summary, events = run(Flow([job, after]), store, workers=2)
    assert store.get_output(after.uuid) == 106
    assert executions(tmp_path) == ["0", "1", "2", "3"]
    assert events["added", "announce"] == 4
    assert summary.failed == {}


def test_a_job_may_replace_itself_again_and_again(store, tmp_path):
    job = sample_jobs.count_down(tmp_path, 3)
    after = sample_jobs.add(job.output, "!")
    run(Flow([job, after]), store)
    assert store.get_output(after.uuid) == "lift off!"
    assert executions(tmp_path) == ["1", "2", "3"]


def test_a_job_may_bring_others(store, tmp_path):
    job = sample_jobs.with_addition(tmp_path)
    run(Flow([job]), store)
    assert store.get_output(job.uuid) == "own"
    assert executions(tmp_path) == ["5"]


def test_children_wait_for_the_detour_of_a_job(store, tmp_path):
    job = sample_jobs.with_detour(tmp_path)
    child = sample_jobs.announce(tmp_path, job.output)
    summary, _ = run(Flow([job, child]), store, workers=2)
    assert (tmp_path / "executions").read_text().split() == ["detour", "own"]
    assert summary.finished == ["with_detour", "announce", "announce"]


def test_children_of_a_detour_that_failed_never_run(store, tmp_path):
    job = sample_jobs.with_detour(tmp_path, fails=True)
    summary, _ = run(Flow([job, sample_jobs.announce(tmp_path, job.output)]), store)
    assert (list(summary.failed), summary.orphaned) == (["fail"], ["announce"])


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("with_addition", ["5"]),
        ("with_detour", ["detour"]),
        ("with_replacement_and_addition", ["5"]),
    ],
)
def test_what_a_job_brought_is_made_up_for_if_it_was_never_run(store, tmp_path, kind, known):
    """The job had ended and its output was stored when the run was killed."""
    job = getattr(sample_jobs, kind)
    run(Flow([job(tmp_path)]), store)
    store.docs_store.remove_docs({"name": "announce"})
    (tmp_path / "executions").unlink()
    run(Flow([job(tmp_path)]), store)
    assert executions(tmp_path) == known


@pytest.mark.parametrize("needs", [sample_jobs.give, sample_jobs.make_do])
def test_a_job_may_stop_its_children(store, tmp_path, needs):
    job = sample_jobs.stop("stop_children")
    child = needs(job.output)
    other = sample_jobs.announce(tmp_path, "other")
    flow = Flow([job, child, sample_jobs.make_do(child.output), other])
    for _ in range(2):
        summary, _ = run(flow, store)
        assert sorted(summary.orphaned) == sorted([child.name, "make_do"])
        assert executions(tmp_path) == ["other"]
        assert summary.failed == {}


def test_a_job_may_stop_the_flow(store, tmp_path):
    job = sample_jobs.stop("stop_jobflow")
    last = sample_jobs.announce(tmp_path, job.output)
    summary, _ = run(Flow([job, last]), store)
    assert (summary.finished, summary.orphaned) == (["stop"], ["announce"])
    assert executions(tmp_path) == []


def test_a_failure_stops_its_children_and_nothing_else(store, tmp_path):
    bad = sample_jobs.fail("no such luck")
    child = sample_jobs.add(bad.output, 1)
    grandchild = sample_jobs.total([child.output])
    others = [sample_jobs.announce(tmp_path, number) for number in range(3)]
    summary, events = run(Flow([bad, child, grandchild, *others]), store)
    assert executions(tmp_path) == ["0", "1", "2"]
    assert list(summary.failed) == ["fail"]
    assert isinstance(summary.failed["fail"], ValueError)
    assert str(summary.failed["fail"]) == "no such luck"
    assert sorted(summary.orphaned) == ["add", "total"]
    assert events["failed", "fail"] == 1
    assert events["started", "add"] == 0


def test_an_error_that_cannot_cross_processes_is_one_jobs_failure(store, tmp_path):
    flow = Flow([sample_jobs.fail_awkwardly(), sample_jobs.announce(tmp_path, 1)])
    summary, _ = run(flow, store)
    assert "AwkwardError: awkward 7" in str(summary.failed["fail_awkwardly"])
    assert executions(tmp_path) == ["1"]


def test_an_equal_flow_runs_nothing_anew(store, tmp_path):
    def flow():
        job = sample_jobs.fan_out(tmp_path, 3)
        after = sample_jobs.add(job.output, 1)
        return Flow([job, after], output=after.output)

    run(flow(), store)
    again = flow()
    summary, events = run(again, store)
    assert executions(tmp_path) == ["0", "1", "2"]
    assert summary.finished == []
    assert summary.resumed == ["fan_out", "add"]
    assert events["resumed", "fan_out"] == 1
    assert store.get_output(again.jobs[1].uuid) == 4


def test_changed_inputs_run_anew(store, tmp_path):
    run(sample_jobs.chain(tmp_path, 1), store)
    summary, _ = run(sample_jobs.chain(tmp_path, 2), store)
    assert summary.finished == ["announce", "add"]
    assert executions(tmp_path) == ["1", "2"]


def test_a_failed_job_is_tried_again(store, tmp_path):
    run(Flow([sample_jobs.fail("first")]), store)
    summary, _ = run(Flow([sample_jobs.fail("first")]), store)
    assert list(summary.failed) == ["fail"]


def test_a_job_that_reads_from_outside_is_never_taken_over(store, tmp_path):
    for _ in range(2):
        job = sample_jobs.announce(tmp_path, 1)
        never_resume(job)
        run(Flow([job]), store)
    assert executions(tmp_path) == ["1", "1"]


def test_many_writers_lose_nothing(store, tmp_path):
    jobs = [sample_jobs.add(number, number) for number in range(32)]
    summary, _ = run(Flow(jobs), store, workers=4)
    assert len(summary.finished) == 32
    assert store.count({}) == 32
    assert [store.get_output(job.uuid) for job in jobs] == [2 * n for n in range(32)]


def test_a_store_in_memory_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(StoreError, match="run_locally"):
        run_flow(sample_jobs.chain(tmp_path, 1), JobStore(MemoryStore()))
    assert executions(tmp_path) == []


SCRIPT = """
import signal, sys
from jobflow import Flow
import sample_jobs
from elatbot_flows.running.runner import run_flow
from elatbot_flows.database.stores import embedded_store
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run in the background
    folder = Path(sys.argv[1])
    first = sample_jobs.announce(folder, 1)
    blocked = sample_jobs.block(folder / "go")
    last = sample_jobs.add(first.output, 1)
    store = embedded_store(folder / "run")
    store.connect()
    tell = lambda event: print(event.kind, event.job, flush=True)
    print(run_flow(Flow([first, last, blocked]), store, on_event=tell))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps to list processes")
def test_workers_end_when_the_main_process_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script), str(tmp_path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in process.stdout:
        if line.strip() == "finished announce":
            break
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while _living(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _living(process.pid)


def _living(session):
    """Processes of a session that are still there."""
    listed = subprocess.run(  # noqa: S603
        ["ps", "-s", str(session), "-o", "stat="],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [state for state in listed.stdout.split() if not state.startswith("Z")]


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_is_finished_and_resumes(store, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path)]
    process = subprocess.Popen(  # noqa: S603 - our own script
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.strip() == "finished announce":
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    names = {document["name"] for document in store.query({})}
    assert "announce" in names
    assert "block" not in names

    (tmp_path / "go").touch()
    finished = subprocess.run(  # noqa: S603 - our own script
        command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=True
    )
    lines = finished.stdout.splitlines()
    assert "resumed announce" in lines
    assert "finished block" in lines
    assert executions(tmp_path) == ["1"]
