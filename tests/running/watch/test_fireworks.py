"""Fireworks of FireWorks itself, at a moment when some are done and others are not."""

from __future__ import annotations

import jobflow
import pytest
from jobflow import Flow, JobStore
from maggma.stores import MemoryStore

import sample_jobs
from elatbot_flows.errors import StoreError
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.running.watch.table import stage_rows
from sample_campaign import design

pytest.importorskip("fireworks")

from fireworks import FWorker
from fireworks.core.rocket_launcher import rapidfire
from jobflow.managers.fireworks import flow_to_workflow

from elatbot_flows.running.watch.fireworks import read_fireworks, snapshot_of_fireworks
from fireworks_trial import launchpad_in_memory


@pytest.fixture
def pad(monkeypatch, tmp_path):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    monkeypatch.chdir(tmp_path)
    with launchpad_in_memory() as made:
        yield made


def launch(pad, folder, number=0):
    rapidfire(pad, FWorker(), m_dir=str(folder), nlaunches=number, strm_lvl="ERROR")


def rows_of(pad, **choice):
    snapshot = snapshot_of_fireworks(read_fireworks(pad, **choice))
    return snapshot, {row.stage: row for row in stage_rows(snapshot)}


def test_a_design_on_its_way(pad, tmp_path):
    flow = design()
    flow.update_metadata({"tags": ["campaign 3"]})
    pad.add_wf(flow_to_workflow(flow))
    launch(pad, tmp_path, 5)  # begin, two of propose, the plan of build, one of two
    snapshot, rows = rows_of(pad, tag="campaign 3")
    assert list(rows) == ["begin", "propose", "build", "judge", "conclude", "publish"]
    assert (rows["begin"].done, rows["propose"].done) == (1, 1)
    assert (rows["build"].done, rows["build"].waiting, rows["build"].open) == (1, 1, True)
    assert rows["build"].per_hour > 0
    assert rows["build"].seconds_left > 0
    assert (rows["judge"].born, rows["judge"].open) == (False, True)
    assert not snapshot.ended
    assert "inverse design" in snapshot.where
    assert snapshot.progress.reached == {"propose": 2, "build": 1}
    launch(pad, tmp_path)
    snapshot, rows = rows_of(pad)
    assert snapshot.ended
    assert rows["judge"].done == 4
    assert not any(row.open or row.left for row in rows.values())
    assert (snapshot.progress.passed, snapshot.progress.requested) == (2, 2)


def test_what_waits_for_a_failure_is_blocked(pad, tmp_path):
    bad = in_stage(sample_jobs.fail("no"), "judge")
    child = in_stage(sample_jobs.add(bad.output, 1), "hull")
    other = in_stage(sample_jobs.add(1, 1), "build")
    pad.add_wf(flow_to_workflow(Flow([bad, child, other])))
    launch(pad, tmp_path)
    snapshot, rows = rows_of(pad)
    assert (rows["judge"].failed, rows["hull"].blocked, rows["build"].done) == (1, 1, 1)
    assert snapshot.ended


def test_only_ours_are_shown_and_a_choice_that_finds_nothing_is_told(pad):
    pad.add_wf(flow_to_workflow(Flow([sample_jobs.add(1, 1)])))
    with pytest.raises(StoreError, match="no Fireworks that this package submitted"):
        read_fireworks(pad)
    flow = design()
    pad.add_wf(flow_to_workflow(flow))
    assert len(read_fireworks(pad).documents) == len(list(flow.iterflow()))
    assert read_fireworks(pad).flows == [flow.uuid]
    with pytest.raises(StoreError, match="with the tag nobody"):
        read_fireworks(pad, tag="nobody")


def test_a_run_is_found_by_its_number(pad, tmp_path):
    for _ in range(2):
        pad.add_wf(flow_to_workflow(design()))
    launch(pad, tmp_path, 1)
    (record,) = jobflow.SETTINGS.JOB_STORE.query({"output.@class": "RunRecord"})
    seen = read_fireworks(pad, run_id=record["output"]["run_id"])
    assert len(seen.workflows) == 1
    assert seen.flows == [record["hosts"][-1]]
