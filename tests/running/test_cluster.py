"""Designs through Slurm: by jobflow-remote, and by FireWorks with qlaunch.

Slurm has to run on this machine. MongoDB is the server that ELATBOT_TEST_MONGODB_URI names, else
the one of our own in ``mongo_server``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.serialization import dumpfn, loadfn
from pymongo import MongoClient

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import TextProposer
from mongo_server.running import place_of

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
TARGET = DesignTarget(bulk_modulus=(80, 180), elements=("Ni", "Al", "Cu"))
MAKER = InverseDesignMaker(
    n=2,
    screen=2,
    chunk_size=4,
    proposer=TextProposer(oversample=3),
    build=BuildMaker(potential=samples.EMT, max_guesses=4, max_relaxed=2),
    judges=[PotentialJudge(potential=samples.EMT)],
    hull=None,
)
PATIENCE = 600
QUICK = ("delay_checkout", "delay_check_run_status", "delay_advance_status")
SUBMIT = """
import sys
from monty.serialization import loadfn
flow = loadfn(sys.argv[1])
if sys.argv[2] == "remote":
    from jobflow_remote import submit_flow
    submit_flow(flow, worker="hpc", project="elat")
else:
    from fireworks import LaunchPad
    from jobflow.managers.fireworks import flow_to_workflow
    pad = LaunchPad.auto_load()
    pad.reset("", require_password=False)
    pad.add_wf(flow_to_workflow(flow))
"""


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


@pytest.fixture(scope="module")
def expected():
    """What the same seed gives in this process."""
    flow = MAKER.make(TARGET)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, ensure_success=True, log=False)
    return {
        c.candidate_id: fate(c.model_dump())
        for c in read_result(store, flow.output.uuid).candidates
    }


def fate(candidate):
    kept = ("status", "reason", "formula", "verdict", "rank")
    moduli = [
        candidate[name] and round(candidate[name], 3) for name in ("bulk_modulus", "probability")
    ]
    return [*(candidate[name] for name in kept), *moduli]


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


def call(*command):
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(BIN / command[0]), *map(str, command[1:])],
        capture_output=True, text=True, check=False, timeout=PATIENCE, input="y\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def submit(folder, to):
    flow = MAKER.make(TARGET)
    flow.update_metadata({"tags": ["by the test"]})
    dumpfn(flow, folder / "flow.json")
    call("python", "-c", SUBMIT, folder / "flow.json", to)


def found(*where):
    """What a query in a new process says, with nothing in between."""
    text = call(
        "elatbot", "query", *where, "--tag", "by the test", "--all", "--limit", "0", "--json"
    )
    return {candidate["candidate_id"]: candidate for candidate in json.loads(text)}


def test_jobflow_remote_through_slurm_gives_the_same(cluster, expected):
    pytest.importorskip("jobflow_remote")
    call("jf", "admin", "reset")
    submit(cluster, "remote")
    call("jf", "runner", "start", "-s")
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            time.sleep(5)
            states = call("jf", "flow", "list")
            if "COMPLETED" in states or "FAILED" in states:
                break
        assert "COMPLETED" in states, call("jf", "job", "list", "-v")
    finally:
        call("jf", "runner", "kill")
    candidates = found("--project", "elat")
    assert {name: fate(candidate) for name, candidate in candidates.items()} == expected


def test_fireworks_through_slurm_gives_the_same(cluster, expected):
    pytest.importorskip("fireworks")
    submit(cluster, "fireworks")
    call("qlaunch", "singleshot")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(5)
        states = json.loads(call("lpad", "get_wflows", "-d", "less"))
        if states["state"] in {"COMPLETED", "FIZZLED"}:
            break
    assert states["state"] == "COMPLETED", states
    candidates = found()
    assert {name: fate(candidate) for name, candidate in candidates.items()} == expected


DESIGN = (
    "elatbot", "design", "-K", "80:180", "--elements", "Ni,Al,Cu", "--max-sites", "4", "-n", "1",
    "--potential", samples.EMT, "--no-hull", "--tag", "campaign 3",
)  # fmt: skip

RESERVED = """
from fireworks import LaunchPad
(launch,) = LaunchPad.auto_load().launches.find()
print(next(one["reservation_id"] for one in launch["state_history"] if "reservation_id" in one))
"""


def told(*command):
    """How a command ended, and what it said."""
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(BIN / command[0]), *map(str, command[1:])],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    return done.returncode, done.stdout


def stages(folder, **judge):
    file = folder / "stages.yml"
    dumpfn({"default": {"worker": "hpc"}, "judge": {"worker": "gpu", **judge}}, file)
    return file


def scripts(folder, name):
    """What Slurm was asked for by the jobs of a folder."""
    return [file.read_text() for file in folder.rglob(name)]


def test_jobflow_remote_on_slurm_heeds_stages_and_is_watched(cluster):
    pytest.importorskip("jobflow_remote")
    file = Path(os.environ["JFREMOTE_PROJECTS_FOLDER"]) / "elat.yaml"
    project = loadfn(file)
    project["workers"]["gpu"] = project["workers"]["hpc"] | {"work_dir": str(cluster / "gpu")}
    dumpfn(project, file)
    (cluster / "gpu").mkdir()
    wanted = stages(cluster, resources={"ntasks": 2, "time": "00:10:00"})
    call("elatbot", "check", "--quick", "--stages", wanted, "--project", "elat")
    call("jf", "admin", "reset")
    call(*DESIGN, "--submit", "remote", "--project", "elat", "--stages", wanted)
    code, words = told("elatbot", "doctor", "--project", "elat")
    assert code == 1
    assert "not running: the runner was never started; 6 jobs wait for it" in words
    call("jf", "runner", "start", "-s")
    try:
        shown = call("elatbot", "status", "--project", "elat", "--tag", "campaign 3", "--watch")
    finally:
        call("jf", "runner", "kill")
    assert "candidates that passed: 1 of the 1 asked for" in shown
    assert told("elatbot", "doctor", "--project", "elat") == (0, "all is well\n")
    said = json.loads(call("elatbot", "status", "--project", "elat", "--json"))
    judged = next(row for row in said["stages"] if row["stage"] == "judge")
    asked = scripts(cluster / "gpu", "submit.sh")
    assert judged["done"] < len(asked), "those that plan went there too"
    assert all("--ntasks=2" in text for text in asked)
    assert not any("--ntasks=2" in text for text in scripts(cluster / "work", "submit.sh"))


def test_fireworks_on_slurm_heeds_stages_and_what_slurm_lost_is_mended(cluster):
    pytest.importorskip("fireworks")
    file = cluster / "fireworks" / "my_qadapter.yaml"
    adapter = loadfn(file)
    launch = adapter["rocket_launch"].replace("rapidfire", "singleshot")
    dumpfn(adapter | {"rocket_launch": launch}, file)
    call("lpad", "reset", "--password", time.strftime("%Y-%m-%d"))
    file = stages(cluster, resources={"ntasks": 2})
    call(*DESIGN, "--submit", "fireworks", "--stages", file)
    call("qlaunch", "-r", "singleshot")
    number = call("python", "-c", RESERVED).strip()
    call(shutil.which("scancel"), number)
    while number in call(shutil.which("squeue"), "--noheader", "--format=%A").split():
        time.sleep(1)
    code, words = told("elatbot", "doctor", "--fireworks")
    assert code == 1
    assert "lost: begin: " in words
    assert "(campaign 3: begin): it is R" in words
    assert "its job has gone from Slurm; 5 more wait for that" in words
    assert told("elatbot", "doctor", "--fireworks", "--rerun")[0] == 0
    assert told("elatbot", "doctor", "--fireworks") == (0, "all is well\n")
    queue = subprocess.Popen(  # noqa: S603 - our own programs
        [BIN / "qlaunch", "-r", "rapidfire", "-m", "2", "--nlaunches", "infinite", "--sleep", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shown = call("elatbot", "status", "--fireworks", "--watch")
    finally:
        queue.kill()
    assert "candidates that passed: 1 of the 1 asked for" in shown
    assert told("elatbot", "doctor", "--fireworks") == (0, "all is well\n")
    said = json.loads(call("elatbot", "status", "--fireworks", "--json"))
    judged = next(row for row in said["stages"] if row["stage"] == "judge")
    asked = scripts(cluster / "fireworks", "FW_submit.script")
    assert judged["done"] < sum("--ntasks=2" in text for text in asked) < len(asked)
