"""Jobs in a queue of jobflow-remote, at a moment when some are done and others are not."""

from __future__ import annotations

import pytest
from jobflow import Flow

import sample_jobs
from elatbot_flows.errors import StoreError
from elatbot_flows.flows.stages import Stage, assign_stages
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.running.watch.table import stage_rows
from sample_campaign import campaign, design

pytest.importorskip("jobflow_remote")

from elatbot_flows.running.watch.remote import read_remote, snapshot_of_remote
from remote_queue import add, remote_queue, work_off


@pytest.fixture
def queue(tmp_path):
    with remote_queue(tmp_path) as made:
        yield made


def rows_of(queue, **choice):
    snapshot = snapshot_of_remote(read_remote(queue, **choice))
    return snapshot, {row.stage: row for row in stage_rows(snapshot)}


def test_a_design_on_its_way(queue, tmp_path):
    flow = design()
    flow.update_metadata({"tags": ["campaign 3"]})
    add(queue, flow)
    work_off(queue, tmp_path / "1", 5)
    snapshot, rows = rows_of(queue, tag="campaign 3")
    assert list(rows) == ["begin", "propose", "build", "judge", "conclude", "publish"]
    assert (rows["begin"].done, rows["propose"].done) == (1, 1)
    assert (rows["build"].done, rows["build"].waiting, rows["build"].open) == (1, 1, True)
    assert (rows["judge"].born, rows["judge"].open) == (False, True)
    assert (snapshot.ended, snapshot.where) == (False, "jobflow-remote's project elat")
    assert snapshot.progress.reached == {"propose": 2, "build": 1}
    work_off(queue, tmp_path / "2")
    snapshot, rows = rows_of(queue)
    assert snapshot.ended
    assert rows["judge"].done == 4
    assert rows["judge"].per_hour > 0
    assert (snapshot.progress.passed, snapshot.progress.requested) == (2, 2)


def test_what_waits_for_a_failure_is_blocked(queue, tmp_path):
    bad = in_stage(sample_jobs.fail("no"), "judge")
    child = in_stage(sample_jobs.add(bad.output, 1), "hull")
    add(queue, Flow([bad, child, in_stage(sample_jobs.add(1, 1), "build")]))
    work_off(queue, tmp_path)
    snapshot, rows = rows_of(queue)
    assert (rows["judge"].failed, rows["hull"].blocked, rows["build"].done) == (1, 1, 1)
    assert snapshot.ended


def test_only_ours_are_shown_and_a_run_is_found_by_its_number(queue, tmp_path):
    add(queue, Flow([sample_jobs.add(1, 1)]))
    with pytest.raises(StoreError, match="no jobs that this package submitted"):
        read_remote(queue)
    add(queue, design())
    work_off(queue, tmp_path, 2)
    (record,) = queue.jobstore.query({"output.@class": "RunRecord"})
    add(queue, design())
    assert len(read_remote(queue).flows) == 2
    assert read_remote(queue, run_id=record["output"]["run_id"]).flows == [record["hosts"][-1]]
    with pytest.raises(StoreError, match="with the tag nobody"):
        read_remote(queue, tag="nobody")


def test_jobs_go_to_the_workers_of_their_stages(queue, tmp_path):
    stages = {"propose": Stage("gpu"), "judge": Stage("gpu", {"ntasks": 3})}
    add(queue, assign_stages(campaign(), stages))
    work_off(queue, tmp_path)
    jobs = [(j["job"]["metadata"].get("stage"), j) for j in queue.jobs.find({})]
    assert {job["state"] for _, job in jobs} == {"COMPLETED"}
    for stage, job in jobs:
        assert job["worker"] == ("gpu" if stage in stages else "hpc")
        assert job["resources"] == ({"ntasks": 3} if stage == "judge" else None)
