"""The Materials Project in a store: fetched once, kept up to date, resumed."""

from __future__ import annotations

import inspect

import pytest
from pymatgen.core import SETTINGS

from elatbot_flows.database.training.building import build
from elatbot_flows.database.training.elasticity import ElasticityBuilder
from elatbot_flows.documents import LabelledMaterial
from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data import materials_project
from recorded_elasticity import TURNED, VERSION, cubic


def fetched(service):
    """Materials whose tensors were asked for, in order."""
    asks = [query for path, query in service.asked if "elasticity" in path]
    return [name for query in asks for name in query["material_ids"].split(",")]


def test_documents_come_with_hull_version_and_place(service, stores):
    told = []
    builder = ElasticityBuilder(stores.materials, chunk_size=3)
    assert build(builder, lambda *counts: told.append(counts)) == 7
    assert told == [(3, 7), (6, 7), (7, 7)]
    lists = [query for path, query in service.asked if "summary" in path]
    assert [query["is_stable"] for query in lists] == ["True", "False"]
    assert {(query["has_props"], query["deprecated"]) for query in lists} == {
        ("elasticity", "False")
    }
    found = {d["material_id"]: d for d in stores.materials.query()}
    nickel = LabelledMaterial.model_validate(found["mp-2593"])
    assert (nickel.formula, nickel.chemsys, nickel.crystal_system) == ("AlNi3", "Al-Ni", "Cubic")
    assert nickel.elastic_tensor == cubic(230.0, 150.0, 120.0)
    assert nickel.bulk_modulus.voigt == pytest.approx(530 / 3)
    assert (nickel.shear_modulus.reuss, nickel.shear_modulus.vrh) == (45.0, 47.5)
    assert nickel.structure.composition.reduced_formula == "AlNi3"
    assert (nickel.label, nickel.database_version) == ("dft", VERSION)
    assert nickel.labelled_by == f"Materials Project {VERSION}"
    gold = LabelledMaterial.model_validate(found["mp-522"])
    assert (gold.on_hull, gold.energy_above_hull, gold.place) == (False, 0.031, 4)
    assert gold.elastic_tensor == TURNED  # as the database has it
    assert sorted(d["place"] for d in found.values()) == list(range(7))


def test_a_download_that_breaks_off_goes_on_where_it_was(service, stores):
    service.patience = 1
    builder = ElasticityBuilder(stores.materials, chunk_size=2)
    with pytest.raises(ElatbotError, match=r"does not answer.*give the same command again"):
        build(builder)
    assert stores.materials.count() == 2
    service.patience, service.asked = None, []
    assert build(ElasticityBuilder(stores.materials, chunk_size=2)) == 5
    assert len(fetched(service)) == 5
    assert stores.materials.count() == 7


def test_only_what_has_changed_is_fetched_again(service, stores):
    build(ElasticityBuilder(stores.materials))
    service.asked = []
    assert build(ElasticityBuilder(stores.materials)) == 0
    service.documents[0]["last_updated"] = "2030-01-01T00:00:00"
    del service.documents[1]
    assert build(ElasticityBuilder(stores.materials)) == 6  # all places moved up by one
    assert fetched(service) == ["mp-30"]
    assert stores.materials.count({"material_id": "mp-2593"}) == 0


def test_a_new_version_is_noted_without_a_download(service, stores):
    build(ElasticityBuilder(stores.materials))
    service.asked, service.version = [], "2031.01.01"
    build(ElasticityBuilder(stores.materials))
    assert fetched(service) == []
    assert stores.materials.distinct("database_version") == ["2031.01.01"]


def test_it_may_be_limited(service, stores):
    assert build(ElasticityBuilder(stores.materials, limit=2)) == 2
    assert build(ElasticityBuilder(stores.materials, limit=2)) == 2
    assert stores.materials.count() == 4


def test_without_a_key_one_line_says_what_to_do(monkeypatch, stores):
    for name in ("MP_API_KEY", "PMG_MAPI_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(SETTINGS, "PMG_MAPI_KEY", raising=False)
    with pytest.raises(ElatbotError, match=r"set MP_API_KEY to the one that https://") as raised:
        build(ElasticityBuilder(stores.materials))
    assert "\n" not in str(raised.value)


def test_the_service_offers_what_is_asked_for():
    from emmet.core.elasticity import ElasticityDoc
    from emmet.core.summary import HasProps, SummaryDoc
    from mp_api.client.routes.materials import summary

    known = inspect.signature(summary.SummaryRester.search).parameters
    assert {"has_props", "is_stable", "deprecated", "fields", "all_fields"} <= set(known)
    assert "elasticity" in {each.value for each in HasProps}
    assert set(materials_project._LISTED) <= set(SummaryDoc.model_fields)
    assert set(materials_project._FETCHED) <= set(ElasticityDoc.model_fields)


def test_maggma_can_send_it_elsewhere(stores):
    again = ElasticityBuilder.from_dict(ElasticityBuilder(stores.materials, limit=3).as_dict())
    assert (again.limit, again.materials) == (3, stores.materials)
