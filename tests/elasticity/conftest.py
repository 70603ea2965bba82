"""Crystals with many and with few symmetry operations."""

import pytest
from pymatgen.core import Lattice, Structure


@pytest.fixture(scope="session")
def l12():
    return Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.55), ["Al", "Ni"], [[0, 0, 0], [0.5, 0.5, 0]]
    )


@pytest.fixture(scope="session")
def quartz():
    return Structure.from_spacegroup(
        "P3_221",
        Lattice.hexagonal(4.91, 5.40),
        ["Si", "O"],
        [[0.4697, 0, 2 / 3], [0.4135, 0.2669, 0.7858]],
    )
