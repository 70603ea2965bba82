"""Every way in which Fireworks stay behind is found, named and mended, by FireWorks itself."""

from __future__ import annotations

from datetime import timedelta

import jobflow
import pytest
from jobflow import Flow, JobStore
from maggma.stores import MemoryStore

import sample_jobs
from elatbot_flows.jobs.stages import in_stage

pytest.importorskip("fireworks")

from fireworks import FWorker
from fireworks.core.rocket_launcher import rapidfire
from jobflow.managers.fireworks import flow_to_workflow

from elatbot_flows.running.doctor import fireworks as doctor
from elatbot_flows.running.watch.fireworks import read_fireworks
from fireworks_trial import launchpad_in_memory

HOUR = timedelta(hours=1)
NOW = timedelta(0)


@pytest.fixture
def pad(monkeypatch, tmp_path):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    monkeypatch.setattr(doctor, "queued_jobs", lambda: None)
    monkeypatch.chdir(tmp_path)
    with launchpad_in_memory() as made:
        yield made


def launch(pad, folder):
    rapidfire(pad, FWorker(), m_dir=str(folder), strm_lvl="ERROR")


def judged(*jobs, **config):
    """A workflow of jobs that judge."""
    for number, one in enumerate(jobs, start=1):
        in_stage(one, "judge").name = f"judge {number}/{len(jobs)} Ni3Al"
        one.update_config({"manager_config": config})
    return flow_to_workflow(Flow(list(jobs)))


def problems(pad, patience=HOUR, silence=None):
    return doctor.problems_of_fireworks(read_fireworks(pad), patience, silence)


def test_all_is_well_with_what_is_done_or_fresh(pad, tmp_path):
    pad.add_wf(judged(sample_jobs.add(1, 1)))
    assert problems(pad) == []
    launch(pad, tmp_path)
    assert problems(pad) == []


def test_failures_are_grouped_by_reason_and_run_again(pad, tmp_path):
    bad = sample_jobs.fail("no such luck")
    fails = [bad, sample_jobs.fail("no such luck"), sample_jobs.fail("another")]
    pad.add_wf(judged(*fails, sample_jobs.add(bad.output, 1)))
    launch(pad, tmp_path)
    two, one = problems(pad)
    assert (two.kind, two.stage, two.reason) == ("failed", "judge", "ValueError: no such luck")
    assert (one.reason, len(one.jobs), two.blocked) == ("ValueError: another", 1, 1)
    assert {name for _, name in two.jobs} == {"judge 1/4 Ni3Al", "judge 2/4 Ni3Al"}
    assert two.remedy == f"lpad rerun_fws -i {','.join(two.numbers)}"
    two.mend(two.numbers)
    assert {pad.get_fw_by_id(int(n)).state for n in two.numbers} == {"READY"}
    assert [left.reason for left in problems(pad)] == ["ValueError: another"]


def test_one_that_runs_and_says_nothing_is_lost(pad):
    pad.add_wf(judged(sample_jobs.add(1, 1)))
    firework, _ = pad.checkout_fw(FWorker(), "")
    assert problems(pad) == [], "a sign of life may take an hour"
    (lost,) = problems(pad, silence=NOW)
    assert lost.kind == "lost"
    assert "nothing was heard" in lost.reason
    assert "--rerun" in lost.remedy
    lost.mend(lost.numbers)
    assert pad.get_fw_by_id(firework.fw_id).state == "READY"


@pytest.mark.parametrize("state", ["RESERVED", "RUNNING"])
def test_one_whose_job_has_gone_from_slurm_is_lost(pad, monkeypatch, state):
    pad.add_wf(judged(sample_jobs.add(1, 1)))
    firework, launch_id = pad.reserve_fw(FWorker("here"), "")
    pad.set_reservation_id(launch_id, 17)
    if state == "RUNNING":
        pad.checkout_fw(FWorker("here"), "", fw_id=firework.fw_id)
    assert pad.get_fw_by_id(firework.fw_id).state == state
    monkeypatch.setattr(doctor, "queued_jobs", lambda: {"17"})
    monkeypatch.setattr(doctor, "here", lambda: "here")
    assert problems(pad) == []
    monkeypatch.setattr(doctor, "queued_jobs", lambda: {"18"})
    seen = read_fireworks(pad)
    (lost,) = problems(pad)
    assert lost.reason == f"it is {state}, and its job has gone from Slurm"
    pad.launches.update_many({}, {"$set": {"state": "COMPLETED"}})
    assert doctor.problems_of_fireworks(seen, HOUR) == [], "it has ended since it was read"
    pad.launches.update_many({}, {"$set": {"state": state}})
    monkeypatch.setattr(doctor, "here", lambda: "elsewhere")
    assert problems(pad) == [], "another machine may have another Slurm"
    monkeypatch.setattr(doctor, "here", lambda: "here")
    lost.mend(lost.numbers)
    assert pad.get_fw_by_id(firework.fw_id).state == "READY"
    assert problems(pad) == []


def test_one_that_nobody_takes_is_stuck_until_somebody_of_its_category_works(pad):
    pad.add_wf(judged(sample_jobs.add(1, 1), sample_jobs.add(2, 2), _category="gpu"))
    assert problems(pad) == [], "it may be taken yet"
    (stuck,) = problems(pad, patience=NOW)
    assert (stuck.kind, len(stuck.jobs)) == ("stuck", 2)
    assert "category gpu; no FireWorker of this category was ever seen" in stuck.reason
    assert "category: gpu in my_fworker.yaml" in stuck.remedy
    assert stuck.mend is None
    pad.checkout_fw(FWorker(category="gpu"), "")
    assert problems(pad, patience=NOW, silence=HOUR) == []


def test_one_that_somebody_paused_is_told_and_left_alone(pad):
    pad.add_wf(judged(sample_jobs.add(1, 1)))
    pad.pause_fw(1)
    (paused,) = problems(pad)
    assert (paused.kind, paused.remedy, paused.mend) == ("paused", "lpad resume_fws -i 1", None)
