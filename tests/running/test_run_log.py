"""What a local run writes of itself, and how it is read when the run is gone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jobflow import Flow

import sample_jobs
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.running.run_log import LoggedRun, logged_runs
from elatbot_flows.running.runner import run_flow

PATHS = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)}
SCRIPT = """
import sys
from pathlib import Path
from jobflow import Flow
import sample_jobs
from elatbot_flows.running.runner import run_flow
from elatbot_flows.database.stores import embedded_store

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    store = embedded_store(folder)
    store.connect()
    first = sample_jobs.announce(folder, 1)
    jobs = [first, sample_jobs.block(folder / "go"), sample_jobs.block(folder / "go")]
    tell = lambda event: print(event.kind, event.job, flush=True)
    run_flow(Flow(jobs), store, folder=folder, on_event=tell)
"""


@pytest.fixture
def run(tmp_path):
    store = embedded_store(tmp_path)
    store.connect()

    def run(flow):
        run_flow(flow, store, folder=tmp_path)
        return logged_runs(tmp_path)

    return run


def test_a_run_that_ended_well(run, tmp_path):
    flow = sample_jobs.chain(tmp_path, 1)
    flow.update_metadata({"tags": ["campaign 3"]})
    (logged,) = run(flow)
    said = logged.document
    assert (logged.alive, logged.ended, said["outcome"]) == (False, True, "finished")
    assert said["running"] == said["waiting"] == said["failed"] == []
    assert said["flow_uuid"] == flow.uuid
    assert said["tags"] == ["campaign 3"]
    assert list((tmp_path / "running").iterdir()) == [next((tmp_path / "running").glob("*.json"))]


def test_failures_are_kept_with_reason_and_the_place_they_came_from(run):
    bad, awkward = sample_jobs.fail("no such luck"), sample_jobs.fail_awkwardly()
    bad.append_name(" 1/2 Ni3Al")
    (logged,) = run(Flow([bad, awkward, sample_jobs.add(bad.output, 1)]))
    assert logged.document["outcome"] == "failed"
    assert [job["name"] for job in logged.document["waiting"]] == ["add"]
    failed = {job["name"]: job for job in logged.document["failed"]}
    assert failed["fail 1/2 Ni3Al"]["message"] == "ValueError: no such luck"
    assert "raise ValueError(message)" in failed["fail 1/2 Ni3Al"]["traceback"]
    assert failed["fail_awkwardly"]["message"] == "AwkwardError: awkward 7"
    assert "raise AwkwardError(code=7)" in failed["fail_awkwardly"]["traceback"]


def test_the_same_flow_again_takes_the_place_of_the_first_and_another_does_not(run, tmp_path):
    assert len(run(sample_jobs.chain(tmp_path, 1))) == 1
    assert len(run(sample_jobs.chain(tmp_path, 1))) == 1
    assert len(run(sample_jobs.chain(tmp_path, 2))) == 2


@pytest.mark.slow
def test_a_run_that_was_killed_is_seen_although_it_could_not_say_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script), str(tmp_path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = iter(process.stdout.readline, "")
    while next(lines).strip() != "finished announce":
        pass
    (living,) = logged_runs(tmp_path)
    process.kill()
    process.wait()
    (killed,) = logged_runs(tmp_path)
    assert (living.alive, living.ended) == (True, False)
    assert (killed.alive, killed.ended) == (False, False)
    assert killed.document["pid"] == process.pid
    jobs = killed.document
    assert {job["name"] for job in (*jobs["running"], *jobs["waiting"])} >= {"block"}
    assert len(jobs["running"]) == 1, "there is one process"

    (tmp_path / "go").touch()
    again = [sys.executable, str(script), str(tmp_path)]
    subprocess.run(again, env=ENVIRONMENT, check=True, capture_output=True, timeout=120)  # noqa: S603
    (ended,) = logged_runs(tmp_path)
    assert ended.document["outcome"] == "finished"


@pytest.mark.parametrize(("seconds", "alive"), [(5, True), (500, False)])
def test_of_another_machine_signs_of_life_count(tmp_path, seconds, alive):
    said = {
        "host": f"not {socket.gethostname()}",
        "ended": None,
        "started": "2026",
        "updated": (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(),
    }
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "a-1.json").write_text(json.dumps(said))
    (logged,) = logged_runs(tmp_path)
    assert isinstance(logged, LoggedRun)
    assert logged.alive is alive
    assert logged.silent_for == pytest.approx(seconds, abs=60)
