"""Hand-made rows."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.evaluation.baselines import read_material


def cubic(bulk, shear=50.0):
    """Isotropic tensor of a bulk and a shear modulus, as lists."""
    tensor = np.diag([2 * shear] * 3 + [shear] * 3).astype(float)
    tensor[:3, :3] += bulk - 2 * shear / 3
    return tensor.tolist()


def record(formula, bulk, system="cubic", **more):
    """A training record."""
    return {
        "formula": formula,
        "elastic_tensor_GPa": cubic(bulk),
        "crystal_system": system,
        **more,
    }


@pytest.fixture(scope="session")
def metals():
    """Bulk moduli (GPa) of some cubic elements and alloys, as materials with tensors."""
    bulk = {
        "Al": 76, "Cu": 140, "Ni": 180, "Ag": 100, "Au": 180, "Pt": 230, "Pd": 180, "W": 310,
        "Mo": 230, "Ta": 200, "Nb": 170, "V": 160, "Cr": 160, "Fe": 170, "Na": 6, "K": 3, "Li": 11,
        "NiAl": 160, "TiNi": 150, "CuZn": 115, "AgMg": 65, "AuCu": 165, "Ni3Al": 175,
    }  # fmt: skip
    records = [record(formula, value) for formula, value in bulk.items()]
    return [read_material(r, n, with_tensor=True) for n, r in enumerate(records, start=1)]
