"""Slurm, and a folder with configurations of both queues."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from monty.serialization import dumpfn
from pymongo import MongoClient

from mongo_server.running import place_of
from running.programs import BIN

QUICK = ("delay_checkout", "delay_check_run_status", "delay_advance_status")


@pytest.fixture(scope="module")
def slurm():
    """Slurm on this machine; with ELATBOT_SLURM its absence is a failure."""
    sinfo, states = shutil.which("sinfo"), []
    if sinfo is not None:
        asked = (sinfo, "-h", "-o", "%T")
        said = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
        states = said.stdout.split()
    if not {"idle", "mixed", "allocated"}.intersection(states):
        assert "ELATBOT_SLURM" not in os.environ
        pytest.skip("Slurm does not run on this machine: .ci/slurm starts it on Debian")


@pytest.fixture
def cluster(slurm, mongodb, tmp_path, monkeypatch):
    """A folder with configurations, and an environment that points to them."""
    server = place_of(mongodb)
    place = {**server, "database": f"elatbot_{uuid4().hex[:8]}"}
    stores = {
        "docs_store": {"type": "MongoStore", "collection_name": "outputs", **place},
        "additional_stores": {"data": {"type": "GridFSStore", "collection_name": "data", **place}},
    }
    pre_run = (
        f"export PATH={BIN}:$PATH PYTHONPATH={os.environ.get('PYTHONPATH', '')} OMP_NUM_THREADS=1"
    )
    paths = {name: tmp_path / name for name in ("work", "fireworks")}
    for path in paths.values():
        path.mkdir()
    # jobflow-remote's daemon has a socket in here, whose path must be short.
    paths["projects"] = Path(tempfile.mkdtemp(prefix="jf"))
    worker = {"type": "local", "scheduler_type": "slurm", "work_dir": str(paths["work"])}
    project = {
        "name": "elat",
        "workers": {"hpc": worker | {"pre_run": pre_run, "max_jobs": 2}},
        "queue": {"store": {"type": "MongoStore", "collection_name": "jobs", **place}},
        "jobstore": stores,
        "runner": {
            f"delay_{what}": 1 for what in ("checkout", "check_run_status", "advance_status")
        },
    }
    dumpfn(project, paths["projects"] / "elat.yaml")
    dumpfn({"JOB_STORE": stores}, tmp_path / "jobflow.yaml")
    folder = paths["fireworks"]
    dumpfn({"CONFIG_FILE_DIR": str(folder), "QUEUE_UPDATE_INTERVAL": 2}, folder / "FW_config.yaml")
    dumpfn({**server, "name": f"{place['database']}_fw"}, folder / "my_launchpad.yaml")
    dumpfn({"name": "here", "category": "", "query": "{}"}, folder / "my_fworker.yaml")
    adapter = {
        "_fw_name": "CommonAdapter",
        "_fw_q_type": "SLURM",
        "rocket_launch": f"{BIN}/rlaunch -c {folder} rapidfire",
        "nodes": 1,
        "ntasks": 1,
        "walltime": "00:30:00",
        "queue": None,
        "pre_rocket": pre_run,
    }
    dumpfn(adapter, folder / "my_qadapter.yaml")
    monkeypatch.setenv("JFREMOTE_PROJECTS_FOLDER", str(paths["projects"]))
    monkeypatch.setenv("FW_CONFIG_FILE", str(folder / "FW_config.yaml"))
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "jobflow.yaml"))
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")  # for supervisord
    monkeypatch.chdir(folder)
    yield tmp_path
    shutil.rmtree(paths["projects"], ignore_errors=True)
    with MongoClient(mongodb) as client:
        for name in (place["database"], f"{place['database']}_fw"):
            client.drop_database(name)
