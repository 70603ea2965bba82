"""Designs through Slurm: by jobflow-remote, and by FireWorks with qlaunch.

Slurm has to run on this machine. MongoDB is the server that ELATBOT_TEST_MONGODB_URI names, else
the one of our own in ``mongo_server``.
"""

from __future__ import annotations

import json
import time

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.serialization import dumpfn

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import TextProposer
from running.programs import PATIENCE, call

pytestmark = pytest.mark.slow

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
            time.sleep(15)  # asking takes three seconds of a core
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
        time.sleep(15)  # asking takes three seconds of a core
        states = json.loads(call("lpad", "get_wflows", "-d", "less"))
        if states["state"] in {"COMPLETED", "FIZZLED"}:
            break
    assert states["state"] == "COMPLETED", states
    candidates = found()
    assert {name: fate(candidate) for name, candidate in candidates.items()} == expected
