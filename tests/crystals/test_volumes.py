"""Volumes of compounds as known compounds tell."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Composition

from elatbot_flows.crystals.volumes import VolumeFit, describe_volume


def test_a_fit_without_coefficients_leaves_the_volume_of_the_elements():
    nothing = VolumeFit(np.zeros(len(describe_volume(Composition("NaCl"), 0.3))))
    assert nothing.volume(Composition("NaCl"), 40.0, 30.0) == pytest.approx(40.0)


def test_the_size_of_the_cell_and_the_order_of_the_elements_do_not_matter():
    one = describe_volume(Composition("Ni3Al"), -0.2)
    assert np.allclose(one, describe_volume(Composition("Al2Ni6"), -0.2))
