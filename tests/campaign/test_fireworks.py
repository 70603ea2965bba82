"""Flows through FireWorks itself: dynamic ones run, and documents above 16 MB are refused."""

from __future__ import annotations

import pytest
from jobflow import Flow
from pymongo.errors import DocumentTooLarge

import sample_jobs
from fireworks_trial import LIMIT, LimitedStore
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
