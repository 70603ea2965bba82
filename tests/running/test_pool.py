from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from jobflow import Flow

import sample_jobs
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.running import pool
from elatbot_flows.running.preloaded import WANTED
from elatbot_flows.running.runner import run_flow

SCRIPT = """
import json, os, sys
from pathlib import Path
from jobflow import Flow
import sample_jobs
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.running.runner import run_flow

if __name__ == "__main__":
    store = embedded_store(Path(sys.argv[1]))
    store.connect()
    jobs = [sample_jobs.tell_preloaded("COLOUR", number) for number in (1, 2)]
    os.environ["COLOUR"] = "red"
    run_flow(Flow(jobs[:1]), store, potentials=sys.argv[2:])
    os.environ["COLOUR"] = "blue"
    run_flow(Flow(jobs[1:]), store)
    print(json.dumps([store.get_output(job.uuid) for job in jobs]))
"""


def told(*command, **variables):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *command],
        env=environment, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked under Linux")
def test_workers_begin_with_libraries_potentials_and_variables_of_the_moment(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    first, second = json.loads(told(str(script), str(tmp_path), "7net-0", "no-such-potential"))
    assert first == [True, 1, "red", 1]
    assert second == [True, 1, "blue", 2]


def test_where_there_is_a_driver_of_accelerators_workers_start_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "_ACCELERATORS", (tmp_path,))
    assert not pool.start_server()
    store = embedded_store(tmp_path)
    store.connect()
    job = sample_jobs.tell_preloaded("NOWHERE", 1)
    run_flow(Flow([job]), store)
    assert store.get_output(job.uuid) == [False, 0, None, 1]


def test_nobody_else_loads_anything():
    script = "import sys, elatbot_flows.running.preloaded; print('torch' in sys.modules)"
    assert told("-c", script) == "False\n"


@pytest.mark.slow
def test_what_was_wanted_is_forgotten_once_it_is_loaded():
    script = "import os, elatbot_flows.running.preloaded; print(os.environ.get('{}'))"
    assert told("-c", script.format(WANTED), **{WANTED: "[]"}) == "None\n"
