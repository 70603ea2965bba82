"""Threads of workers: what the user says, and otherwise a fair share of the cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from elatbot_flows.running.threads import (
    available_cores,
    shared_out_threads,
    thread_variables,
)

NAMES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("4", "4", "1")),
        ({"OMP_NUM_THREADS": "1"}, ("1", "1", "1")),
        ({"OMP_NUM_THREADS": "3,2"}, ("3,2", "3", "3")),
        ({"MKL_NUM_THREADS": "2"}, ("4", "2", "1")),
        ({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2"}, ("1", "1", "2")),
        ({"OMP_NUM_THREADS": ""}, ("4", "4", "1")),
    ],
)
def test_workers_follow_the_user_and_share_out_the_rest(monkeypatch, given, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    merged = given | thread_variables(2, given)
    assert tuple(merged[name] for name in NAMES) == expected


def test_every_worker_has_a_thread_though_cores_are_few(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert thread_variables(5, {})["OMP_NUM_THREADS"] == "1"


def test_the_next_run_shares_out_anew(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    with shared_out_threads(1):
        assert os.environ["OMP_NUM_THREADS"] == str(available_cores())
    assert not set(NAMES) & set(os.environ)


SCRIPT = """
import json, os, sys
from jobflow import Flow
import sample_jobs
from elatbot_flows.running.runner import run_flow
from elatbot_flows.database.stores import embedded_store
from pathlib import Path

if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    store = embedded_store(Path(sys.argv[1]))
    store.connect()
    job = sample_jobs.count_threads()
    run_flow(Flow([job]), store)
    print(json.dumps(store.get_output(job.uuid)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned here")
@pytest.mark.parametrize("omp", [None, "1"])
def test_torch_in_a_worker_uses_what_it_was_given(tmp_path, omp):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {k: v for k, v in os.environ.items() if k not in NAMES}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"OMP_NUM_THREADS": omp} if omp else {}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(script), str(tmp_path)],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    expected = {"torch": int(omp or 1), **dict.fromkeys(NAMES, omp or "1")}
    assert json.loads(done.stdout.splitlines()[-1]) == expected
