"""Numbers that describe a material."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.evaluation.baselines import composition_features, feature_names, read_material


def column(features, name):
    return features[0, feature_names().index(name)]


def test_statistics_are_weighted_by_atoms():
    features = composition_features(
        [read_material({"formula": "Ni3Al", "crystal_system": "Cubic", "temperature_K": 90})]
    )
    assert column(features, "mean X") == pytest.approx(0.75 * 1.91 + 0.25 * 1.61)
    assert column(features, "min X") == pytest.approx(1.61)
    assert column(features, "range X") == pytest.approx(0.3)
    assert column(features, "std X") == pytest.approx(0.3 * np.sqrt(0.75 * 0.25))
    assert column(features, "share of d block") == pytest.approx(0.75)
    assert (column(features, "cubic"), column(features, "hexagonal")) == (1, 0)
    assert (column(features, "elements"), column(features, "temperature")) == (2, 90)


def test_elements_without_a_property_are_left_out_of_it():
    oxide = composition_features([read_material({"formula": "MgO"})])
    magnesium = composition_features([read_material({"formula": "Mg"})])
    name = "mean bulk_modulus"  # oxygen has none
    assert column(oxide, name) == column(magnesium, name)
    neon = composition_features([read_material({"formula": "Ne"})])
    assert np.isnan(column(neon, "mean X"))
    assert np.isnan(column(neon, "range X"))
    assert np.isnan(column(neon, "temperature"))
    assert column(neon, "cubic") == 0
