"""Batches give what one evaluation after the other gives."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.batch import evaluate_batch
from elatbot_flows.potentials.evaluation import energy_forces_stress

TENSORNET = "TensorNet-PES-MatPES-PBE-2025.1"


@pytest.fixture(scope="module")
def crystals():
    """Crystals of one to four atoms that feel forces and stresses, one across the cell border."""
    cells = [
        bulk("NiAl", "cesiumchloride", a=2.9) * (1, 1, 2),
        bulk("Cu", "fcc", a=3.55),
        bulk("MgO", "rocksalt", a=4.2),
        bulk("Ti", "hcp", a=2.95, c=4.68),
    ]
    noise = np.random.default_rng(0)
    for cell in cells:
        cell.rattle(0.05, seed=1)
        cell.positions -= 0.1
        cell.set_cell(cell.cell @ (np.eye(3) + 0.01 * noise.normal(size=(3, 3))), scale_atoms=True)
    return [AseAtomsAdaptor.get_structure(cell) for cell in cells]


def agree(crystals, potential, **tolerance):
    before = potential.evaluations
    together = evaluate_batch(crystals, potential, max_atoms=1000)
    assert potential.evaluations - before == len(crystals)
    for crystal, found in zip(crystals, together, strict=True):
        for part, expected in zip(found, energy_forces_stress(crystal, potential), strict=True):
            np.testing.assert_allclose(part, expected, **tolerance)
        energy, forces, stress = found
        assert (type(energy), forces.shape, stress.shape) == (float, (len(crystal), 3), (3, 3))


@pytest.mark.parametrize("name", ["7net-0", "chgnet"])
def test_single_precision(name, crystals):
    if name == "chgnet":
        pytest.importorskip("chgnet")
    agree(crystals, load_potential(name), rtol=1e-5, atol=2e-4)


def test_sevennet_in_double_precision(crystals):
    agree(crystals, load_potential("7net-0", dtype="float64"), atol=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize(("dtype", "atol"), [("float32", 2e-4), ("float64", 1e-9)])
def test_tensornet(dtype, atol, crystals, shared):
    potential = load_potential(str(shared / "models" / TENSORNET), dtype=dtype)
    agree(crystals, potential, rtol=1e-5, atol=atol)


def test_a_family_without_batches_goes_one_by_one(emt):
    cells = [AseAtomsAdaptor.get_structure(bulk("Cu", a=a)) for a in (3.5, 3.6, 3.7)]
    before = emt.evaluations
    energies = [energy for energy, _, _ in evaluate_batch(cells, emt)]
    assert emt.evaluations - before == 3
    assert energies == [energy_forces_stress(cell, emt)[0] for cell in cells]


def test_calls_hold_no_more_atoms_than_allowed(crystals, monkeypatch):
    potential = load_potential("7net-0")
    sizes = []
    original = potential.batch

    def watched(atoms):
        sizes.append([len(one) for one in atoms])
        return original(atoms)

    monkeypatch.setattr(potential, "batch", watched)
    whole = evaluate_batch(crystals, potential)
    parts = evaluate_batch(crystals, potential, max_atoms=3)
    assert sizes == [[4, 1, 2, 2], [4], [1, 2], [2]]
    assert [one[0] for one in whole] == pytest.approx([one[0] for one in parts], abs=1e-4)
    assert evaluate_batch([], potential) == []


def test_an_unknown_element_is_refused_before_anything_is_computed(sevennet, crystals):
    polonium = Structure(np.eye(3) * 3.3, ["Po"], [[0, 0, 0]])
    before = sevennet.evaluations
    with pytest.raises(PotentialError, match="does not know Po"):
        evaluate_batch([*crystals, polonium], sevennet)
    assert sevennet.evaluations == before


def test_numbers_that_are_not_finite_are_refused(crystals, monkeypatch):
    potential = load_potential("7net-0")
    broken = (0.0, np.full((1, 3), np.nan), np.zeros((3, 3)))
    monkeypatch.setattr(potential, "batch", lambda _: [broken])
    with pytest.raises(PotentialError, match="not finite"):
        evaluate_batch(crystals[1:2], potential)
