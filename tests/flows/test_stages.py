"""Stages on different workers: jobs of a flow, and all that it brings on its way."""

from __future__ import annotations

import json

import pytest
from jobflow import JobStore
from jobflow.core.flow import get_flow
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows import DesignTarget
from elatbot_flows.errors import TargetError
from elatbot_flows.flows import CampaignMaker, PredictManyMaker
from elatbot_flows.flows.stages import Stage, assign_stages, stages_in
from elatbot_flows.jobs.stages import stage_of
from sample_campaign import campaign, design, maker

SETTINGS = {
    "propose": Stage(worker="gpu", resources={"gres": "gpu:1"}),
    "judge": Stage(worker="many", resources={"ntasks": 64}, exec_config="dft"),
}
EXPECTED = {"propose": "gpu", "judge": "many"}


@pytest.fixture
def store():
    with JobStore(MemoryStore(), additional_stores={"data": MemoryStore()}) as made:
        yield made


def run_recorded(flow, store):
    """Run all jobs as managers do, from one JSON text to the next; return what each was told."""
    waiting, done, told = list(get_flow(flow).iterflow()), set(), []
    while waiting:
        made, parents = next(pair for pair in waiting if done.issuperset(pair[1]))
        waiting.remove((made, parents))
        made = MontyDecoder().decode(json.dumps(made, cls=MontyEncoder))
        stage = stage_of(made.name, made.metadata)
        told.append((made.name, stage, made.config.manager_config))
        response = made.run(store)
        if response.replace is None:
            done.add(made.uuid)
        else:
            waiting += list(response.replace.iterflow())
    return told


def ladder(name="ladder"):
    """Two designs of a campaign, one after the other."""
    target = DesignTarget(bulk_modulus=(50, 250))
    made = CampaignMaker(name=name, designs=[maker()], at_once=1, recall=False)
    return made.make([target, target])


@pytest.mark.parametrize("make", [design, campaign, ladder])
@pytest.mark.parametrize("default", [None, Stage(worker="cpu")])
def test_every_job_of_a_stage_is_told_its_worker(make, default, store):
    told = run_recorded(assign_stages(make(), SETTINGS, default), store)
    names = " ".join(name for name, *_ in told)
    assert all(start in names for start in ("build 1/", "judge 1/", "judge, weigh 1/")), names
    other = None if default is None else "cpu"
    for name, stage, config in told:
        expected = EXPECTED.get(stage, other)
        assert config.get("worker") == config.get("_category") == expected, name
        assert config.get("resources") == (SETTINGS[stage].resources if stage in SETTINGS else None)
        assert config.get("_queueadapter") == config.get("resources")
        assert config.get("exec_config") == ("dft" if stage == "judge" else None)


def test_an_unknown_stage_is_refused_with_those_there_are():
    with pytest.raises(TargetError, match="no stage gauge: choose from begin, propose, build"):
        assign_stages(design(), {"gauge": Stage(worker="gpu")})
    with pytest.raises(TargetError, match="no stage hull"):
        assign_stages(design(), {"hull": Stage(worker="gpu")})


def test_a_campaign_with_the_name_of_a_stage_is_refused():
    with pytest.raises(TargetError, match="'judges of copper' contains the name of a stage, judge"):
        assign_stages(ladder("judges of copper"), SETTINGS)
    assign_stages(ladder("hulls of copper"), SETTINGS)


def test_stages_of_the_flows():
    assert stages_in(design()) == ("begin", "propose", "build", "judge", "conclude", "publish")
    predictions = PredictManyMaker(chunk_size=1).make(["Cu", "Ni"], crystal_systems="Cubic")
    assert stages_in(predictions) == ("identify", "predict", "count")
    assert "hull" in stages_in(campaign())


@pytest.mark.parametrize("make", [design, campaign])
def test_fireworks_hands_every_job_to_its_category(make, through_fireworks):
    flow = assign_stages(make(), SETTINGS, Stage(worker="cpu"))
    trial = through_fireworks(flow)
    assert set(trial.states) == {"COMPLETED"}
    specs = [document["spec"] for document in trial.launchpad.fireworks.find()]
    told = {(spec.get("stage"), spec["_category"]) for spec in specs}
    others = {(name, "cpu") for name in ("begin", "build", "conclude", "publish")}
    assert told - {(None, "cpu")} == others | set(EXPECTED.items())
