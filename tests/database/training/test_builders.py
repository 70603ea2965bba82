"""From materials to descriptions to records: incremental, with every failure in its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from describing import stand_in  # noqa: F401 - a fixture
from elatbot_flows.database.training.building import build
from elatbot_flows.database.training.descriptions import DescriptionBuilder
from elatbot_flows.database.training.elasticity import ElasticityBuilder
from elatbot_flows.database.training.task_records import TaskRecordBuilder
from elatbot_flows.documents import MaterialRecords
from recorded_elasticity import fcc


@pytest.fixture
def described(service, stand_in, stores):  # noqa: F811
    """All seven materials, their crystals described as far as can be."""
    build(ElasticityBuilder(stores.materials))
    done = build(DescriptionBuilder(stores.materials, stores.descriptions, workers=2, limit=0.3))
    assert done == 7
    return stores


def reasons(stores):
    return {d["material_id"]: d["reason"] for d in stores.descriptions.query({"words": None})}


def test_descriptions_are_made_once_and_failures_are_told(described):
    assert reasons(described) == {
        "mp-2": "timed_out", "mp-3": "process_died", "mp-4": "not_described",
    }  # fmt: skip
    again = DescriptionBuilder(described.materials, described.descriptions, limit=0.3)
    assert build(again) == 0
    retry = DescriptionBuilder(described.materials, described.descriptions, limit=0.3, retry=True)
    assert build(retry) == 2
    crystal = {"structure": fcc("Ag", 4.2).as_dict(), "material_id": "mp-1"}
    (old,) = described.materials.query({"material_id": "mp-1"})
    described.materials.update({**old, **crystal})
    assert build(again) == 1


def record_builder(stores, **settings):
    return TaskRecordBuilder(stores.materials, stores.descriptions, stores.records, **settings)


def by_name(stores):
    return {d["material_id"]: MaterialRecords.model_validate(d) for d in stores.records.query()}


def test_records_are_made_of_what_is_clean(described):
    dialects = ["elatbot", "elatbot-constants", "compact-2"]
    assert build(record_builder(described, dialects=dialects)) == 7
    found = by_name(described)
    assert {name: each.step for name, each in found.items()} == {
        "mp-30": None, "mp-2593": None, "mp-522": None, "mp-1": "youngs_modulus",
        "mp-2": "moduli_recorded", "mp-3": "moduli_within_range", "mp-4": "labelled",
    }  # fmt: skip
    assert [len(found[name].records) for name in ("mp-30", "mp-2593", "mp-522")] == [21] * 3
    assert [name for name, each in found.items() if each.turned] == ["mp-522"]
    record = found["mp-2593"].records[0]
    assert (record.label, record.labelled_by) == ("dft", "Materials Project 2030.01.02")
    assert (found["mp-522"].on_hull, found["mp-522"].place) == (False, 4)


def test_records_are_made_anew_when_something_has_changed(described):
    assert build(record_builder(described)) == 7
    assert build(record_builder(described)) == 0
    (words,) = described.descriptions.query({"material_id": "mp-30"})
    described.descriptions.update({**words, "words": "other words"})
    assert build(record_builder(described)) == 1
    assert "other words" in by_name(described)["mp-30"].records[-1].input
    assert build(record_builder(described, turn=False)) == 7
    described.materials.remove_docs({"material_id": "mp-30"})
    assert build(record_builder(described, turn=False)) == 0
    assert "mp-30" not in by_name(described)


def test_words_of_another_crystal_are_not_used(described):
    (copper,) = described.materials.query({"material_id": "mp-30"})
    described.materials.update({**copper, "structure": fcc("Cu", 3.7).as_dict()})
    build(record_builder(described))
    assert by_name(described)["mp-30"].dropped["elatbot/tensor"] == "no_description"


def test_only_some_origins(described):
    (copper,) = described.materials.query({"material_id": "mp-30"})
    del copper["_id"]
    described.materials.update({**copper, "material_id": "own", "origin": "own.csv"})
    assert build(record_builder(described, origins=["own.csv"], tasks=["infill"])) == 1
    (found,) = described.records.query()
    assert [record["task"] for record in found["records"]] == ["infill"]
    assert found["last_updated"] <= datetime.now(tz=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("kind", [DescriptionBuilder, TaskRecordBuilder])
def test_maggma_can_send_them_elsewhere(stores, kind):
    collections = [stores.materials, stores.descriptions, stores.records]
    first = kind(*collections[: 2 if kind is DescriptionBuilder else 3], chunk_size=3)
    again = kind.from_dict(first.as_dict())
    assert again.chunk_size == 3
