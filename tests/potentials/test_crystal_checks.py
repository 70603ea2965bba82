"""Distances and elements that are looked at before anything is computed."""

import pytest
from ase.build import bulk
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.potentials.crystal_checks import magnetic_elements, nearest_distance_ratios


def test_nearest_distances_count_images():
    copper = AseAtomsAdaptor.get_structure(bulk("Cu", "fcc", a=3.61))
    assert nearest_distance_ratios(copper) == pytest.approx([3.61 / 2**0.5 / (2 * 1.35)])


@pytest.mark.parametrize(
    ("symbols", "found"), [(["Ti", "Ni", "Fe"], ["Fe", "Ni"]), (["Cu", "Al"], []), ([], [])]
)
def test_magnetic_elements_are_named(symbols, found):
    assert magnetic_elements(symbols) == found
