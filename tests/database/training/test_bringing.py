"""People's files and stored candidates come into the same store, and say whose word they are."""

from __future__ import annotations

from datetime import UTC, datetime

import jobflow
import pytest
from jobflow import JobStore
from maggma.stores import MemoryStore

import samples
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.entries import described
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.database.training.bringing import bring_candidates, bring_file
from elatbot_flows.database.training.collections import plain
from elatbot_flows.documents import Evidence, LabelledMaterial
from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.task_records import RecordSettings, material_records
from recorded_elasticity import cubic


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The store of a run with a candidate that passed, one without tensor, and a prediction."""
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))
    store = embedded_store(tmp_path / "run")
    store.connect()
    tensor = cubic(180.0, 130.0, 80.0)
    judged = samples.result(
        "Cu", structure=samples.fcc(), elastic_tensor=tensor, bulk_modulus=146.7, shear_modulus=50.0
    )
    fields = {
        "status": "passed", "structure": samples.fcc(), "crystal_system": "Cubic",
        "verdict": "hit", "probability": 0.8, "evidence": [Evidence(polymorph=0, result=judged)],
    }  # fmt: skip
    told = {"last_updated": datetime(2030, 1, 2, tzinfo=UTC), "target": {"elements": ["Cu"]}}
    candidates = [
        described(samples.candidate(1, "Cu", **fields), **told),
        described(samples.candidate(2, "Cu", **fields | {"evidence": []}), **told),
        described(samples.candidate(3, "Cu", **fields), **told, kind="prediction"),
        described(samples.candidate(4, "Cu"), **told),
    ]
    candidate_store(store).update([plain(each) for each in candidates], key="candidate_id")
    return store


def test_what_a_judge_says_is_not_dft(run, stores):
    source = bring_candidates(stores, run)
    assert (source.materials, source.skipped) == (1, {"no_tensor": 1, "prediction": 1})
    (document,) = stores.materials.query()
    material = LabelledMaterial.model_validate(document)
    assert (material.label, material.labelled_by) == ("judge", samples.EMT)
    assert (material.origin, material.verdict, material.probability) == ("candidates", "hit", 0.8)
    assert material.target == {"elements": ["Cu"]}
    assert material.elastic_tensor == cubic(180.0, 130.0, 80.0)
    records = material_records(material, None, RecordSettings(("elatbot-constants",))).records
    assert {(r.label, r.labelled_by) for r in records} == {("judge", samples.EMT)}
    assert "C11=180.0, C12=130.0, C44=80.0" in {r.answer for r in records}
    assert bring_candidates(stores, run).materials == 1


def test_nothing_to_learn_from(stores, run):
    candidate_store(run).remove_docs({})
    with pytest.raises(ElatbotError, match="no candidate can be learned from"):
        bring_candidates(stores, run)


def test_a_file_replaces_what_came_from_one_of_its_name(stores, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("formula,bulk_modulus_voigt\nCu,140\nAl,76\nXx,1\n")
    source = bring_file(stores, path)
    assert (source.materials, source.skipped) == (2, {"unknown_alloy": 1})
    assert len(source.sha256) == 64
    path.write_text("formula,bulk_modulus_voigt\nCu,141\n")
    bring_file(stores, path)
    (document,) = stores.materials.query()
    assert document["bulk_modulus"]["voigt"] == 141.0
    assert stores.sources.count() == 1


def test_names_that_mean_something_else(stores, tmp_path):
    with pytest.raises(ElatbotError, match="rename the file"):
        bring_file(stores, tmp_path / "candidates")
