"""Known crystals from files, stores and a stand-in for the Materials Project."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest
from maggma.stores import MemoryStore
from monty.json import jsanitize

import samples
from elatbot_flows.crystals import KnownMaterial
from elatbot_flows.errors import StructureError
from elatbot_flows.stability import (
    HullSettings,
    PhaseCache,
    energy_above_hull,
    folder_source,
    materials_project_source,
    search_chemical_systems,
    store_source,
)
from elatbot_flows.stability.known import chemical_systems
from elatbot_flows.stability.systems import simple_formulas

CUAU = ("Au", "Cu")


def test_folder_gives_cif_and_json_of_the_system(crystal, tmp_path):
    (tmp_path / "deeper").mkdir()
    crystal("CuAu").to(str(tmp_path / "deeper" / "cuau.cif"))
    documents = [
        {"structure": crystal("Cu").as_dict()},
        {"structure": None},
        crystal("NiAl").as_dict(),
    ]
    (tmp_path / "many.json").write_text(json.dumps(documents))
    (tmp_path / "notes.txt").write_text("nothing")
    source = folder_source(tmp_path)
    assert [c.label for c in source(CUAU)] == ["deeper/cuau.cif", "many.json 1"]
    assert [c.label for c in source(("Al", "Ni"))] == ["many.json 3"]


def test_folder_that_is_not_there_or_spoilt_makes_the_answer_unknown(crystal, emt, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(StructureError) as raised:
            list(folder_source(folder)(CUAU))
        assert raised.value.reason == "unreadable_file"
        (found,) = energy_above_hull([crystal("Cu")], emt, sources=[folder_source(folder)])
        assert found.reason == "source_failed"


def test_store_gives_validated_crystals_of_the_system(crystal):
    store = MemoryStore(key="candidate_id")
    store.connect()
    crystals = [crystal("CuAu"), crystal("Cu"), crystal("NiAl"), crystal("CuAu")]
    documents = [
        samples.candidate(
            number,
            structure.composition.reduced_formula,
            structure=structure,
            status="failed" if number == 3 else "validated",
        )
        for number, structure in enumerate(crystals)
    ]
    store.update([jsanitize(d.model_dump(), strict=True) for d in documents])
    found = list(store_source(store)(CUAU))
    assert sorted(c.label for c in found) == ["run-00000", "run-00001"]
    outputs = MemoryStore(key="uuid")
    outputs.connect()
    outputs.update({"uuid": "1", "output": jsanitize(documents[0].model_dump(), strict=True)})
    (one,) = store_source(outputs, prefix="output.")(CUAU)
    assert one.structure.composition.reduced_formula == "CuAu"


def test_materials_project_gives_crystals_not_energies(crystal, emt):
    asked = []

    def search(systems, highest):
        asked.append((list(systems), highest))
        structure = crystal("CuAu").copy().add_oxidation_state_by_element({"Cu": 1, "Au": -1})
        return [KnownMaterial("mp-1", structure, -99.0)]

    (found,) = energy_above_hull(
        [crystal("CuAu")],
        emt,
        sources=[materials_project_source(search)],
        settings=HullSettings(prototypes=False),
        cache=PhaseCache(),
    )
    assert asked == [(["Au", "Cu", "Au-Cu"], 0.1)]
    assert found.left_out == ["materials_project: mp-1"]


def test_the_service_is_asked_for_near_stable_crystals(crystal, monkeypatch):
    asked = {}

    class Rester:
        def __init__(self, key, **_):
            asked["key"] = key
            self.materials = SimpleNamespace(summary=SimpleNamespace(search=self.search))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def search(self, **query):
            asked.update(query)
            document = {"material_id": "mp-2", "structure": crystal("CuAu")}
            return [SimpleNamespace(**document, energy_above_hull=0.02)]

    monkeypatch.setitem(sys.modules, "mp_api.client", SimpleNamespace(MPRester=Rester))
    (found,) = search_chemical_systems("secret")(["Au-Cu"], 0.1)
    assert (found.identifier, found.energy_above_hull) == ("mp-2", 0.02)
    assert (asked["key"], asked["chemsys"]) == ("secret", ["Au-Cu"])
    assert asked["energy_above_hull"] == (0, 0.1)


def test_the_query_has_only_settings_the_client_knows():
    import inspect

    from mp_api.client.routes.materials import summary

    known = inspect.signature(summary.SummaryRester.search).parameters
    assert {"chemsys", "energy_above_hull", "num_sites", "deprecated", "fields"} <= set(known)


def test_simple_formulas_cover_every_order_of_a_pair_and_a_triple():
    assert simple_formulas(["Ni"]) == simple_formulas(list("HCNO")) == []
    pair = simple_formulas(["Ni", "Al"])
    assert pair[:5] == ["AlNi", "Al2Ni", "AlNi2", "Al3Ni", "AlNi3"]
    assert {"Al3Ni2", "Al2Ni3", "Al3Ni5", "Al5Ni3", "Al4Ni", "AlNi4", "Al5Ni", "AlNi5"} == set(
        pair[5:]
    )
    assert simple_formulas(["Ni", "Al", "Ti"]) == ["AlNiTi", "Al2NiTi", "AlNi2Ti", "AlNiTi2"]
    assert len(chemical_systems(["Ni", "Al", "Ti"])) == 7
