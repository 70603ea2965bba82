"""Crystals, potentials, and one cache for each potential, so that the tests relax nothing twice."""

from __future__ import annotations

import pytest
from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.potentials import load_potential
from elatbot_flows.stability import PhaseCache


def _crystal(name):
    if name == "Ni3Al":
        return Structure.from_spacegroup(
            221, Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
        )
    kind = {
        "NiAl": ("NiAl", "cesiumchloride", 2.89),
        "NiAl as salt": ("NiAl", "rocksalt", 5.2),
        "CuW": ("CuW", "cesiumchloride", 3.0),
        "CuAu": ("CuAu", "cesiumchloride", 3.1),
        "TiN": ("TiN", "rocksalt", 4.24),
        "Al": ("Al", "fcc", 4.05),
        "Cu": ("Cu", "fcc", 3.61),
        "Ar": ("Ar", "fcc", 5.3),
        "bcc Cu": ("Cu", "bcc", 2.87),
    }[name]
    return AseAtomsAdaptor.get_structure(bulk(kind[0], kind[1], a=kind[2]))


@pytest.fixture(scope="session")
def crystal():
    """Function that gives a known crystal, not relaxed."""
    return _crystal


@pytest.fixture(scope="session")
def emt():
    return load_potential("ase.calculators.emt:EMT")


@pytest.fixture(scope="session")
def sevennet():
    return load_potential("7net-0")


@pytest.fixture(scope="session")
def tensornet(shared):
    return load_potential(str(shared / "models" / "TensorNet-PES-MatPES-PBE-2025.1"))


@pytest.fixture(scope="session")
def cache():
    return PhaseCache()
