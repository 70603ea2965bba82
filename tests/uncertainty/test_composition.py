"""The composition model that ships, and its features."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.composition import kernel, load_composition_model
from elatbot_flows.uncertainty.elements import (
    ELEMENT_COLUMNS,
    describe,
    element_table,
    feature_groups,
    ionicity_of,
    shares_of,
)

WEIGHTS = Path(__file__).parents[2] / "src" / "elatbot_flows" / "weights"


def test_features_of_a_mixture():
    symbols, table = element_table()
    known = dict(zip(symbols, table, strict=True))
    found = describe({"Ni": 0.75, "Al": 0.25}, 11.0, known)
    column = ELEMENT_COLUMNS.index("X")
    size = len(ELEMENT_COLUMNS)
    assert found[column] == pytest.approx(0.75 * 1.91 + 0.25 * 1.61)
    assert found[2 * size + column] == pytest.approx(1.61)
    assert found[3 * size + column] == pytest.approx(1.91)
    assert found[-2] == pytest.approx(math.log(11.0))
    assert len(found) == len(feature_groups()[0]) == len(feature_groups()[1])


def test_ionicity_is_the_spread_of_electronegativity():
    assert ionicity_of({"Na": 0.5, "Cl": 0.5}) == pytest.approx((3.16 - 0.93) / 2)
    assert ionicity_of({"Ni": 0.75, "Al": 0.25}) == pytest.approx(0.3 * math.sqrt(0.75 * 0.25))
    assert ionicity_of({"Ar": 1.0}) == 0.0


def test_valence_electrons():
    symbols, table = element_table()
    first = ELEMENT_COLUMNS.index("s electrons")
    counts = {s: table[symbols.index(s)][first : first + 4].tolist() for s in ("Ni", "Al", "Ce")}
    assert counts == {"Ni": [2, 0, 8, 0], "Al": [2, 1, 0, 0], "Ce": [2, 0, 1, 1]}


def test_shares_of_a_formula():
    assert shares_of("Ni3Al") == {"Ni": 0.75, "Al": 0.25}


def test_a_kernel_is_symmetric_and_positive():
    rows = np.random.default_rng(0).normal(size=(20, 5))
    found = kernel(rows, rows, np.array([0.0, -1.0, -3.0, 0.0]))
    assert np.allclose(found, found.T)
    assert np.linalg.eigvalsh(found).min() > -1e-9


def test_it_knows_the_elements_roughly():
    model = load_composition_model()
    shares = [shares_of(formula) for formula in ("W", "Cu", "NiAl", "TiC")]
    means, deviations = model.predict(shares, [None, 11.8, 12.0, 10.1])
    moduli = np.exp(means)
    assert moduli[:, 0] == pytest.approx([300, 140, 160, 245], rel=0.4)
    assert (deviations > 0).all()


def test_a_material_does_not_depend_on_its_company():
    model = load_composition_model()
    shares = [shares_of(formula) for formula in ("CuZr", "NiAl", "Mg2Si")]
    together = model.predict(shares, [16.0, None, 20.0])
    alone = model.predict(shares[1:2], [None])
    assert together[0][1] == pytest.approx(alone[0][0])
    assert together[1][1] == pytest.approx(alone[1][0])


def test_an_unknown_element_is_refused():
    model = load_composition_model()
    assert not model.knows({"Rf": 1.0})
    with pytest.raises(UncertaintyError, match="elements"):
        model.predict([{"Rf": 1.0}], [None])


def test_the_file_is_small_and_holds_no_objects():
    file = WEIGHTS / "composition_moduli.npz"
    assert file.stat().st_size < 2_000_000
    with np.load(file, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_a_model_survives_a_file(tmp_path):
    model = load_composition_model()
    model.save(tmp_path / "again.npz")
    again = load_composition_model(tmp_path / "again.npz")
    for found, expected in zip(
        again.predict([{"Ni": 1.0}], [11.0]), model.predict([{"Ni": 1.0}], [11.0]), strict=True
    ):
        assert np.allclose(found, expected)


def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "bad.npz").write_text("no arrays", encoding="utf-8")
    for name in ("bad.npz", "absent.npz"):
        with pytest.raises(UncertaintyError, match=name):
            load_composition_model(tmp_path / name)
