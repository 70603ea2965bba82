"""Elastic tensors: units, symmetry, relaxed ions, and agreement with atomate2's own flow."""

from __future__ import annotations

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure
from pymatgen.transformations.standard_transformations import RotationTransformation

from elatbot_flows.elasticity import moduli_from_tensor, smallest_eigenvalue
from elatbot_flows.potentials.finite_strain import elastic_tensor
from elatbot_flows.potentials.relaxation import relax


def relaxed(structure, potential, max_force=1e-4):
    found = relax(structure, potential, max_force=max_force, max_steps=300)
    assert found.converged
    return found.structure


def test_emt_copper_fixes_the_units(emt, crystal):
    fit = elastic_tensor(relaxed(crystal("Cu"), emt), emt)
    assert fit.tensor[0, 0] == pytest.approx(172.6, abs=0.5)
    assert fit.tensor[0, 1] == pytest.approx(115.4, abs=0.5)
    assert fit.tensor[3, 3] == pytest.approx(89.9, abs=0.5)
    assert fit.tensor == pytest.approx(fit.tensor.T)
    assert np.abs(fit.tensor[:3, 3:]).max() < 0.1
    assert (fit.n_deformations, fit.n_unconverged) == (6, 0)
    assert fit.fit_residual < 0.1
    assert fit.evaluations >= fit.n_deformations


def test_the_axes_of_the_given_cell_do_not_matter(emt, crystal):
    """Strains in oblique axes must not be undone by refining the strained cell's symmetry."""
    copper = relaxed(crystal("Cu"), emt)
    turned = RotationTransformation([1, 2, 3], 37).apply_transformation(copper)
    first, second = (elastic_tensor(structure, emt).tensor for structure in (copper, turned))
    assert second == pytest.approx(first, abs=0.2)


def test_a_residual_stress_changes_neither_residual_nor_tensor_much(emt, crystal):
    copper = relaxed(crystal("Cu"), emt)
    fit = elastic_tensor(copper, emt)
    strained = copper.copy()
    strained.apply_strain(5e-4)
    other = elastic_tensor(strained, emt)
    assert other.fit_residual == pytest.approx(fit.fit_residual, abs=0.02)
    assert other.tensor == pytest.approx(fit.tensor, rel=0.02, abs=0.5)


HEXAGONAL = Structure(
    Lattice.hexagonal(2.56, 4.15), ["Ni", "Ni"], [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
)
TETRAGONAL = Structure(Lattice.tetragonal(2.80, 3.60), ["Cu", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize("structure", [HEXAGONAL, TETRAGONAL], ids=["hexagonal", "tetragonal"])
def test_symmetry_saves_deformations_and_changes_nothing(structure, emt, monkeypatch):
    from atomate2.common.jobs import elastic

    structure = relaxed(structure, emt, max_force=1e-4)
    reduced = elastic_tensor(structure, emt, max_force=1e-4)
    every = elastic.generate_elastic_deformations.original
    monkeypatch.setattr(
        elastic.generate_elastic_deformations,
        "original",
        lambda *args, **kwargs: every(*args, **kwargs, sym_reduce=False),
    )
    full = elastic_tensor(structure, emt, max_force=1e-4)
    assert reduced.n_deformations < full.n_deformations == 24
    largest = np.abs(full.tensor).max()
    assert np.abs(reduced.tensor - full.tensor).max() < 0.01 * largest
    a, b = (smallest_eigenvalue(fit.tensor) for fit in (reduced, full))
    assert a == pytest.approx(b, abs=0.01 * largest)


def test_ions_that_do_not_settle_are_counted(sevennet, crystal):
    silicon = relaxed(crystal("Si"), sevennet, max_force=1e-3)
    fit = elastic_tensor(silicon, sevennet, max_force=1e-6, max_steps=2)
    assert 0 < fit.n_unconverged <= fit.n_deformations


@pytest.mark.shared
def test_ions_relax_in_strained_cells(tensornet, crystal):
    """Silicon has an internal degree of freedom: G is 38 GPa relaxed and 54 clamped."""
    silicon = relaxed(crystal("Si"), tensornet, max_force=1e-3)
    free = moduli_from_tensor(elastic_tensor(silicon, tensornet).tensor)
    clamped = moduli_from_tensor(elastic_tensor(silicon, tensornet, max_force=100.0).tensor)
    assert free.shear_modulus == pytest.approx(38.0, abs=1.0)
    assert clamped.shear_modulus == pytest.approx(53.9, abs=1.0)
    assert free.bulk_modulus == pytest.approx(clamped.bulk_modulus, abs=0.5)


@pytest.mark.slow
def test_it_agrees_with_atomate2s_elastic_flow(sevennet, crystal, tmp_path, monkeypatch):
    from atomate2.forcefields.flows.elastic import ElasticMaker

    monkeypatch.chdir(tmp_path)  # it writes the final atoms
    maker = ElasticMaker.from_force_field_name(
        "SevenNet", calculator_kwargs={"model": "7net-0", "device": "cpu"}, socket=True
    )
    flow = maker.make(crystal("NiAl"))
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, ensure_success=True, log=False)
    document = responses[flow.jobs[-1].uuid][1].output
    theirs = np.array(document.elastic_tensor.ieee_format)

    ours = elastic_tensor(relaxed(crystal("NiAl"), sevennet, 1e-4), sevennet, max_force=1e-4)
    assert ours.tensor == pytest.approx(theirs, rel=0.01, abs=0.5)
    moduli = moduli_from_tensor(ours.tensor)
    assert moduli.bulk_modulus == pytest.approx(document.derived_properties.k_vrh, rel=0.01)
    assert moduli.shear_modulus == pytest.approx(document.derived_properties.g_vrh, rel=0.01)
