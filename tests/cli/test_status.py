"""``elatbot status`` and ``elatbot doctor`` as a user gives them."""

from __future__ import annotations

import json
import os
import signal
import time

import jobflow
import pytest
from cli_commands import BAND, QUICK, elatbot, start
from jobflow import JobStore
from maggma.stores import MemoryStore

from elatbot_flows.running.run_log import logged_runs


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))


@pytest.mark.slow
def test_a_run_that_is_done(command, design_run):
    folder, _ = design_run
    ended = command("status", "--out", folder)
    assert ended.code == 0, ended.err
    for word in ("begin", "propose", "build", "judge", "hull", "conclude", "publish", "all"):
        (line,) = (line for line in ended.out.splitlines() if line.split()[:1] == [word])
        assert line.split()[-1] == "done"
    assert "candidates that passed: 2 of the 2 asked for" in ended.out
    said = json.loads(command("status", "--out", folder, "--json").out)
    assert (said["ended"], said["complete"]) == (True, True)
    whole = said["stages"][-1]
    assert (whole["stage"], whole["running"], whole["waiting"], whole["failed"]) == ("all", 0, 0, 0)
    store = command("status", "--store", folder / "store" / "documents.sqlite")
    assert "a store knows only what is done" in store.out
    assert command("status", "--watch", "--out", folder).code == 0, "it ends by itself"
    ended = command("doctor", "--out", folder)
    assert (ended.code, ended.out) == (0, "all is well\n")


@pytest.mark.slow
def test_a_run_is_watched_killed_and_goes_on(tmp_path):
    folder = tmp_path / "run"
    options = ("design", *BAND, *QUICK, "-n", "4", "--no-hull", "--out", folder)
    process = start(*options)
    while "build" not in _running(folder):
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    said = json.loads(elatbot("status", "--out", folder, "--json").out)
    assert (said["ended"], said["worked_on"]) == (False, True)
    assert elatbot("doctor", "--out", folder).code == 0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shown = elatbot("status", "--watch", "--out", folder)
    assert shown.code == 0, "nobody works on it, so there is nothing to wait for"
    assert "not running" in shown.out
    ended = elatbot("doctor", "--out", folder)
    assert ended.code == 1
    assert "was killed after" in ended.out
    assert ": elatbot design --bulk-modulus" in ended.out
    assert elatbot(*options).code == 0
    assert elatbot("doctor", "--out", folder).out == "all is well\n"


def _running(folder):
    """Stages of the jobs that run."""
    return {job["stage"] for run in logged_runs(folder) for job in run.document["running"]}


def test_failures_end_with_1_and_are_json_too(command, tmp_path):
    _write(tmp_path)
    ended = command("doctor", "--out", tmp_path)
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "failed: judge: 2 jobs, a (judge 1/2 Cu), b (judge 2/2 Ni): ValueError: no",
        "  to mend it: give the same command again in /home/me: elatbot design -K 1:2",
    ]
    (said,) = json.loads(command("doctor", "--out", tmp_path, "--rerun", "--json").out)
    assert (said["kind"], said["count"], said["mended"]) == ("failed", 2, None)


def _write(folder):
    from elatbot_flows.database.stores import embedded_store

    embedded_store(folder).connect()
    jobs = [("a", "judge 1/2 Cu"), ("b", "judge 2/2 Ni")]
    said = {
        "flow_uuid": "f", "flow": "inverse design", "tags": [], "pid": 1, "host": "here",
        "command": "elatbot design -K 1:2", "directory": "/home/me",
        "started": "2026", "updated": "2026-01-01T00:00+00:00",
        "ended": "2026-01-01T00:00+00:00", "outcome": "failed", "running": [], "waiting": [],
        "failed": [
            {"uuid": uuid, "name": name, "stage": "judge", "message": "ValueError: no"}
            for uuid, name in jobs
        ],
    }  # fmt: skip
    (folder / "running").mkdir()
    (folder / "running" / "k-1.json").write_text(json.dumps(said))


REFUSED = {
    "nothing there": (("status", "--out", "nowhere"), ("holds no results", "--out folder")),
    "two places": (("status", "--out", "a", "--fireworks"), ("--fireworks: give one",)),
    "no problems in a store": (("doctor", "--store", "x"), ("give --out DIR",)),
    "no time": (("status", "--every", "0"), ("--every",)),
    "no project": (("doctor", "--project", "nope"), ("jf project list",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_looked_at_is_refused_with_a_remedy(command, case):
    if case == "no project":
        pytest.importorskip("jobflow_remote")
    arguments, words = REFUSED[case]
    ended = command(*arguments)
    assert (ended.code, ended.out) == (2, "")
    for word in words:
        assert word in ended.err
