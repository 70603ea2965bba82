"""Stores: what survives, what is published, what can be asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jobflow
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import JSONStore, MemoryStore

import sample_jobs
import samples
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.database.stores import embedded_store, open_store
from elatbot_flows.documents import Reading, SampleChunk
from elatbot_flows.errors import StoreError
from elatbot_flows.jobs.conclude import conclude

TESTS = Path(__file__).parent

READ = """
import json, sys
from pathlib import Path
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.stores import open_store
store, words = open_store(Path(sys.argv[1]), existing=True)
found = find_candidates(candidate_store(store))
print(json.dumps([words, store.get_output(sys.argv[2]), found], default=str))
"""


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    """As on a machine where jobflow was never configured."""
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "run")[0]


def store_outputs(store, *batches):
    """Put documents into the store as jobs would."""
    for document in batches:
        job = sample_jobs.give(document)
        run_locally(Flow([job]), store=store, ensure_success=True, log=False)


# --- where outputs go --------------------------------------------------------------------------


def test_without_configuration_outputs_go_to_files_in_the_folder(tmp_path):
    store, words = open_store(tmp_path / "run")
    assert isinstance(store.docs_store, SqliteStore)
    assert "embedded store" in words
    assert str(tmp_path / "run") in words
    assert list(store.additional_stores) == ["data"]


def test_the_embedded_store_outlives_the_process(store, tmp_path):
    job = sample_jobs.add(40, 2)
    run_locally(Flow([job]), store=store, ensure_success=True, log=False)
    store_outputs(store, samples.run_record(), samples.shortlist([samples.row(1)]))
    publish_candidates(store)
    command = [sys.executable, "-c", READ, str(tmp_path / "run"), job.uuid]
    environment = os.environ | {"JOBFLOW_CONFIG_FILE": str(tmp_path / "none.yaml")}
    read = subprocess.run(  # noqa: S603 - our own script
        command, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    words, output, found = json.loads(read.stdout)
    assert "embedded store" in words
    assert output == 42
    assert [document["candidate_id"] for document in found] == ["run-00001"]


def test_a_store_configured_for_jobflow_wins(tmp_path, monkeypatch):
    own = JobStore(SqliteStore(tmp_path / "own.sqlite", "outputs"))
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", own)
    store, words = open_store(tmp_path / "run")
    assert store is own
    assert "jobflow's store" in words
    assert not (tmp_path / "run" / "store").exists()


def test_results_that_lie_in_the_folder_are_read_before_the_configured_store(tmp_path, monkeypatch):
    open_store(tmp_path / "run")
    own = JobStore(SqliteStore(tmp_path / "own.sqlite", "outputs"))
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", own)
    assert "embedded store" in open_store(tmp_path / "run", existing=True)[1]
    assert "jobflow's store" in open_store(tmp_path / "elsewhere", existing=True)[1]


def test_nothing_to_read_is_an_error_that_names_the_remedy(tmp_path):
    with pytest.raises(StoreError, match=r"give the --out folder of a run, or configure JOB_STORE"):
        open_store(tmp_path / "empty", existing=True)


def test_a_store_that_loses_documents_is_refused(tmp_path, monkeypatch):
    own = JobStore(JSONStore(str(tmp_path / "jobs.json"), read_only=False))
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", own)
    with pytest.raises(StoreError, match="configure a MongoStore"):
        open_store(tmp_path / "run")


@pytest.mark.parametrize("existing", [True, False])
def test_a_store_of_an_earlier_version_is_an_error_that_says_what_to_do(tmp_path, existing):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "monty.storage.cfg").write_text("storage: sqlite")
    with pytest.raises(StoreError, match="the version that wrote it, or choose another --out"):
        open_store(tmp_path, existing=existing)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "file" / "run")


def test_opening_again_leaves_what_is_there(store, tmp_path):
    job = sample_jobs.add(1, 1)
    run_locally(Flow([job]), store=store, ensure_success=True, log=False)
    other = embedded_store(tmp_path / "run")
    for _ in range(2):
        other.connect(force_reset=True)
        assert other.get_output(job.uuid) == 2


# --- publishing --------------------------------------------------------------------------------


def proposed(count, run_id="run"):
    """Record and shortlist of a run, as its first jobs store them."""
    rows = [samples.row(number, run_id=run_id) for number in range(count)]
    return samples.run_record(run_id), samples.shortlist(rows, run_id=run_id)


def test_publishing_makes_one_document_for_each_candidate(store):
    done = samples.candidate(0).updated(status="passed", bulk_modulus=160.0)
    store_outputs(store, *proposed(3), samples.chunk("judge", [done]))
    assert publish_candidates(store) == 3
    found = {d["candidate_id"]: d for d in find_candidates(candidate_store(store))}
    assert len(found) == 3
    assert found["run-00000"]["status"] == "passed"
    assert found["run-00000"]["rung"] == "judge"
    assert found["run-00001"]["status"] == "proposed"
    assert found["run-00001"]["target"] == {"bulk_modulus": [80, 180]}


def test_publishing_again_updates_and_duplicates_nothing(store):
    store_outputs(store, *proposed(3))
    publish_candidates(store)
    failed = samples.candidate(2).failed("born_unstable", "it is")
    store_outputs(store, samples.chunk("judge", [failed]))
    assert publish_candidates(store) == 3
    assert publish_candidates(store) == 3
    found = {d["candidate_id"]: d for d in find_candidates(candidate_store(store))}
    assert candidate_store(store).count() == 3
    assert found["run-00002"]["reason"] == "born_unstable"


def test_runs_are_kept_apart_and_may_be_published_alone(store):
    for run_id in ("a", "b"):
        store_outputs(store, *proposed(2, run_id))
    assert publish_candidates(store, "a") == 2
    assert candidate_store(store).distinct("run_id") == ["a"]
    assert publish_candidates(store) == 4
    assert len(find_candidates(candidate_store(store), run_id="b")) == 2


def test_ranks_and_closing_reasons_of_a_finished_run_are_published(store):
    run, opened = proposed(2)
    passed = samples.candidate(0).updated(status="passed", verdict="hit", probability=0.7)
    rows = [
        samples.row(
            0, rung="judge", status="passed", verdict="hit", probability=0.7, uuid="chunk-uuid"
        ),
        samples.row(1),
    ]
    document = conclude.original(run, opened, samples.ledger(rows, "judge"))
    store_outputs(store, run, opened, samples.chunk("judge", [passed]), document)
    publish_candidates(store)
    first, second = find_candidates(candidate_store(store), sort="rank", descending=False)
    assert (first["status"], first["rank"], first["verdict"]) == ("passed", 1, "hit")
    assert second["reason"] == "outranked"


def test_the_completion_of_a_candidate_comes_from_its_sample(store):
    rows = [samples.row(0, sample_uuid="s:1"), samples.row(1)]
    sample = SampleChunk(
        uuid="s", run_id="run", readings=[Reading(), Reading()], completions=[None, {"text": "x"}]
    )
    store_outputs(store, samples.run_record(), samples.shortlist(rows), sample)
    publish_candidates(store)
    found = {d["candidate_id"]: d for d in find_candidates(candidate_store(store))}
    assert found["run-00000"]["completion"] == {"text": "x"}
    assert found["run-00001"]["completion"] is None


def test_of_two_tries_the_later_crystal_counts(store):
    crystals = [samples.polymorph(samples.fcc(), energy) for energy in (0.0, 0.05)]
    given_back = samples.candidate(0, polymorphs=crystals, status="built", polymorph=1)
    passed = given_back.updated(status="passed")
    chunks = [samples.chunk("judge", [passed]), samples.chunk("build", [given_back])]
    store_outputs(store, *proposed(1), *chunks)
    publish_candidates(store)
    (found,) = find_candidates(candidate_store(store))
    assert (found["status"], found["polymorph"]) == ("passed", 1)


def test_an_empty_store_publishes_nothing(store):
    assert publish_candidates(store) == 0
    assert find_candidates(candidate_store(store)) == []
