"""Flows through FireWorks itself: dynamic ones run, and documents above 16 MB are refused."""

from __future__ import annotations

from uuid import uuid4

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MongoStore
from pymongo.errors import BulkWriteError, DocumentTooLarge

import sample_jobs
import samples
from fireworks_trial import LIMIT, LimitedStore, run_through_fireworks
from sample_jobs import executions


def test_a_flow_that_replaces_itself_runs_and_is_measured(through_fireworks, tmp_path):
    first = sample_jobs.give("x" * 100_000)
    fan = sample_jobs.fan_out(tmp_path, 3)
    last = sample_jobs.add(fan.output, 100)
    trial = through_fireworks(Flow([first, fan, last]))
    assert trial.store.get_output(last.uuid) == 103
    assert executions(tmp_path) == ["0", "1", "2"]
    assert trial.states == {"COMPLETED": 8}
    assert (trial.spec.name, trial.output.name) == ("give", "give")
    assert 100_000 < trial.output.size < 110_000
    assert trial.launch.name == "fan_out"
    assert trial.fits_mongodb()


def test_a_failure_shows_in_the_states(through_fireworks):
    bad = sample_jobs.fail("no")
    trial = through_fireworks(Flow([bad, sample_jobs.add(bad.output, 1)]))
    assert trial.states == {"FIZZLED": 1, "WAITING": 1}


def test_documents_above_16_mb_are_refused():
    with LimitedStore() as store:
        store.update({"task_id": 1, "text": "x" * (LIMIT - 100)})
        with pytest.raises(DocumentTooLarge, match="MongoDB takes"):
            store.update({"task_id": 2, "text": "x" * LIMIT})
        assert store.count() == 1
        assert store.largest.size > LIMIT


@pytest.mark.slow
def test_a_mongodb_takes_the_shortlist_of_the_largest_run(mongodb, tmp_path):
    moment = (123.456789012345, 12.3456789012345)
    full = {"score": 0.123456789012345, "sample_uuid": f"{uuid4()}:123", "times_proposed": 12}
    full |= {"expected": moment, "status": "rejected", "reason": "outranked_after_screening"}
    rows = [samples.row(number, "Ni3AlTiCo", **full) for number in range(20_000)]
    trial = run_through_fireworks(
        Flow([sample_jobs.give(samples.shortlist(rows))]), tmp_path, mongodb
    )
    assert trial.states == {"COMPLETED": 1}
    assert 7_000_000 < trial.output.size < LIMIT


def test_a_mongodb_refuses_the_output_of_a_job_above_16_mb(mongodb):
    store = JobStore(MongoStore.from_uri(mongodb, "outputs", f"elatbot_{uuid4().hex[:8]}"))
    with store, pytest.raises((BulkWriteError, DocumentTooLarge)):
        run_locally(sample_jobs.repeat("x", LIMIT), store=store, raise_immediately=True, log=False)
    with store:
        assert store.count() == 0
