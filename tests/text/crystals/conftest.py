"""Crystals that are written and read."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure


@pytest.fixture(scope="session")
def rocksalt():
    return Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )


@pytest.fixture(scope="session")
def omega():
    """Hexagonal, with atoms on thirds, which four decimals do not hit."""
    return Structure.from_spacegroup(
        "P6/mmm", Lattice.hexagonal(4.577, 2.829), ["Ti", "Ti"], [[0, 0, 0], [1 / 3, 2 / 3, 0.5]]
    )


@pytest.fixture(scope="session")
def diamond():
    """A group with two origins."""
    return Structure.from_spacegroup("Fd-3m", Lattice.cubic(3.567), ["C"], [[0, 0, 0]])


@pytest.fixture(scope="session")
def crystals(rocksalt, omega, diamond):
    return [rocksalt, rocksalt.get_primitive_structure(), omega, diamond]


@pytest.fixture
def same():
    from pymatgen.analysis.structure_matcher import StructureMatcher

    return StructureMatcher().fit
