"""Crystals with textbook cells, and the potentials that judge them."""

from __future__ import annotations

import pytest
from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.potentials import load_potential

EMT = "ase.calculators.emt:EMT"


def _crystal(name):
    """Primitive cell of a known crystal near its measured lattice constant."""
    if name == "Ni3Al":
        return Structure.from_spacegroup(
            221, Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
        )
    atoms = {
        "Al": lambda: bulk("Al", "fcc", a=4.05),
        "Cu": lambda: bulk("Cu", "fcc", a=3.61),
        "W": lambda: bulk("W", "bcc", a=3.165),
        "Si": lambda: bulk("Si", "diamond", a=5.43),
        "MgO": lambda: bulk("MgO", "rocksalt", a=4.21),
        "NiAl": lambda: bulk("NiAl", "cesiumchloride", a=2.89),
    }[name]()
    return AseAtomsAdaptor.get_structure(atoms)


@pytest.fixture(scope="session")
def crystal():
    """Function that gives the primitive cell of a known crystal."""
    return _crystal


@pytest.fixture(scope="session")
def emt():
    return load_potential(EMT)


@pytest.fixture(scope="session")
def sevennet():
    return load_potential("7net-0")


@pytest.fixture(scope="session")
def tensornet(shared):
    return load_potential(str(shared / "models" / "TensorNet-PES-MatPES-PBE-2025.1"))
