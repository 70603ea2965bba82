"""Materials that several runs found."""

from __future__ import annotations

import json

import pytest

import samples
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.stores import open_store


@pytest.fixture
def store(tmp_path):
    """Two runs for one target that found the same, and one for another target."""
    targets = {"one": [1, 2], "two": [1, 2], "three": [1, 3]}
    documents = []
    for probability, (run_id, edges) in enumerate(targets.items(), start=1):
        found = samples.candidate(1, run_id=run_id, status="passed", spacegroup_number=221)
        found = found.updated(verdict="open", probability=0.1 * probability)
        documents.append(found.model_dump(mode="json") | {"target": {"bulk_modulus": edges}})
    store, _ = open_store(tmp_path)
    candidate_store(store).update(documents, key="candidate_id")
    return tmp_path


def test_each_material_is_shown_once_for_each_target(command, store):
    ended = command("query", "--out", store, "--json")
    assert [d["run_id"] for d in json.loads(ended.out)] == ["three", "two"]
    assert "1 more of the same materials and targets in other runs: see --all" in ended.err
    everything = command("query", "--out", store, "--json", "--all")
    assert [d["run_id"] for d in json.loads(everything.out)] == ["three", "two", "one"]
    assert everything.err == ""
    alone = command("query", "--out", store, "--json", "--run", "one")
    assert [d["run_id"] for d in json.loads(alone.out)] == ["one"]
