"""Substitution into known materials, with a stand-in for the service."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from elatbot_flows.crystals.materials_project import (
    KnownMaterial,
    find_api_key,
    search_summary,
    substituted,
)
from elatbot_flows.crystals.question import Question

FCC = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]


def l1_2(corner, face):
    return Structure(Lattice.cubic(3.6), [corner, face, face, face], FCC)


def d0_22(corner, face):
    lattice = Lattice([[-1.9, 1.9, 4.2], [1.9, -1.9, 4.2], [1.9, 1.9, -4.2]])
    sites = [[0, 0, 0], [0.5, 0.5, 0], [0.75, 0.25, 0.5], [0.25, 0.75, 0.5]]
    return Structure(lattice, [corner, face, face, face], sites)


def search_among(*materials):
    return lambda *_: materials


QUESTION = Question.read("Ni3Al", "Cubic", 16)


def test_elements_go_where_their_amount_is():
    guesses = substituted(
        QUESTION, search=search_among(KnownMaterial("mp-2", l1_2("Au", "Cu"), 0.1))
    )
    (guess,) = guesses
    assert guess.label == "mp-2 [Au=Al Cu=Ni]"
    assert guess.structure.composition.reduced_formula == "AlNi3"
    assert (guess.spacegroup_number, guess.crystal_system) == (221, "Cubic")
    assert guess.structure.volume == pytest.approx(45.4, rel=0.05)


def test_the_material_itself_then_the_stable_ones():
    found = substituted(
        QUESTION,
        search=search_among(
            KnownMaterial("mp-unstable", l1_2("Cu", "Au"), 0.4),
            KnownMaterial("mp-stable", d0_22("Ti", "Al"), 0.0),
            KnownMaterial("mp-itself", l1_2("Al", "Ni"), 0.2),
        ),
    )
    assert [g.label.split()[0] for g in found] == ["mp-itself", "mp-stable"]


def test_disordered_and_large_materials_are_left_out():
    disordered = Structure(Lattice.cubic(3), [{"Ni": 0.75, "Al": 0.25}], [[0, 0, 0]])
    large = l1_2("Au", "Cu")
    large.make_supercell([5, 1, 1])
    large.translate_sites([0], [0.05, 0.1, 0.0])  # so that no smaller cell repeats
    found = substituted(
        QUESTION,
        search=search_among(KnownMaterial("mp-3", disordered, 0), KnownMaterial("mp-4", large, 0)),
    )
    assert found == []


def test_equal_amounts_are_permuted():
    question = Question.read("TiAl", "Cubic", 16)
    b3 = Structure(Lattice.cubic(4).matrix / 1, ["Zn", "S"], [[0, 0, 0], [0.5, 0.4, 0.3]])
    found = substituted(question, search=search_among(KnownMaterial("mp-5", b3, 0)))
    assert {guess.label for guess in found} <= {"mp-5 [Zn=Ti S=Al]", "mp-5 [Zn=Al S=Ti]"}
    assert found


def test_the_service_is_asked_for_the_formula_type(monkeypatch):
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
            return [
                SimpleNamespace(
                    material_id="mp-6", structure=l1_2("Au", "Cu"), energy_above_hull=0.02
                )
            ]

    monkeypatch.setitem(sys.modules, "mp_api.client", SimpleNamespace(MPRester=Rester))
    (found,) = search_summary("secret")("AB3", "Cubic", 12)
    assert (found.identifier, found.energy_above_hull) == ("mp-6", 0.02)
    assert asked["key"] == "secret"
    assert asked["formula"] == "AB3"
    assert asked["crystal_system"] == "Cubic"
    assert asked["num_sites"] == (1, 12)


def test_the_query_has_only_settings_the_client_knows():
    import inspect

    from mp_api.client.routes.materials import summary

    known = inspect.signature(summary.SummaryRester.search).parameters
    assert {
        "formula", "crystal_system", "num_sites", "deprecated", "fields", "all_fields",
        "num_chunks", "chunk_size", "_sort_fields",
    } <= set(known)  # fmt: skip


def test_the_key_comes_from_the_call_or_the_environment(monkeypatch):
    monkeypatch.setenv("MP_API_KEY", "from the environment")
    assert find_api_key() == "from the environment"
    assert find_api_key("given") == "given"
