"""Elastic tensors from second derivatives against known answers and finite strains."""

import numpy as np
import pytest
from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials.finite_strain import elastic_tensor
from elatbot_flows.potentials.linear_response import measure_response, softest_repeated_mode
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry
from elatbot_flows.potentials.validation import validate_crystal


def relaxed(structure, potential):
    symmetry = crystal_symmetry(structure)
    ended = relax_in_symmetry(
        structure, potential, symmetry, max_force=1e-3, max_stress=0.02, max_steps=100
    )
    assert ended.converged
    return ended.structure, crystal_symmetry(ended.structure)


def test_emt_copper(emt, crystal):
    structure, symmetry = relaxed(crystal("Cu"), emt)
    before = emt.evaluations
    tensor = measure_response(structure, emt, symmetry).relaxed
    c11, c12, c44 = tensor[0, 0], tensor[0, 1], tensor[3, 3]
    assert emt.evaluations - before == 2
    assert (c11, c12, c44) == pytest.approx((172.6, 115.4, 89.9), abs=0.6)


def within_one_percent(ours, theirs):
    """Or half a GPa; for numbers and for all elements of a tensor."""
    return bool((np.abs(ours - theirs) <= np.maximum(0.01 * np.abs(theirs), 0.5)).all())


@pytest.mark.parametrize("name", ["Si", "MgO", "Ni3Al"])
def test_it_agrees_with_finite_strains(name, sevennet, crystal):
    structure, symmetry = relaxed(crystal(name), sevennet)
    ours = moduli_from_tensor(measure_response(structure, sevennet, symmetry).relaxed)
    theirs = moduli_from_tensor(elastic_tensor(structure, sevennet).tensor)
    assert within_one_percent(ours.bulk_modulus, theirs.bulk_modulus)
    assert within_one_percent(ours.shear_modulus, theirs.shear_modulus)


CU3AU_OFF = Structure(
    Lattice.tetragonal(3.7, 3.8), ["Au", "Cu", "Cu", "Cu"],
    [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
)  # fmt: skip
CU3TI = Structure.from_spacegroup(
    "Pmmn",
    Lattice.orthorhombic(5.2, 4.4, 4.6),
    ["Cu", "Cu", "Ti"],
    [[0.25, 0, 0.16], [0, 0.5, 0.65], [0, 0, 0.65]],
)


@pytest.mark.parametrize("name", ["W", "NiAl", pytest.param("Cu3Ti", marks=pytest.mark.slow)])
def test_it_agrees_with_finite_strains_as_small_as_its_own(name, sevennet, crystal):
    """Element by element, also where second derivatives of the potential jump nearby."""
    found = validate_crystal(CU3TI if name == "Cu3Ti" else crystal(name), sevennet)
    strains = (-0.0015, 0.0015)
    strained = elastic_tensor(found.structure, sevennet, strain_magnitudes=strains, max_force=1e-4)
    assert strained.n_unconverged == 0
    assert within_one_percent(np.array(found.elastic_tensor), strained.tensor)


def test_neighbours_that_cross_the_cutoff_function_make_large_strains_miss_the_limit(
    sevennet, crystal
):
    """Tungsten's third shell is 0.26 % from where SevenNet-0 begins to switch neighbours off."""
    structure = validate_crystal(crystal("W"), sevennet).structure
    onset = sevennet.calculator.model.edge_embedding.cutoff_function.r_on
    shell = structure.lattice.get_niggli_reduced_lattice().a * (8 / 3) ** 0.5
    assert shell == pytest.approx(onset, rel=0.004)
    symmetry = crystal_symmetry(structure)
    limit = measure_response(structure, sevennet, symmetry).relaxed[3, 3]
    assert limit == pytest.approx(24.9, rel=0.01)
    assert elastic_tensor(structure, sevennet).tensor[3, 3] < 0.95 * limit


def test_it_agrees_for_a_tetragonal_crystal_with_internal_freedom(emt):
    structure = Structure.from_spacegroup(
        "I4/mmm", Lattice.tetragonal(3.3, 11.5), ["Au", "Cu"], [[0, 0, 0.17], [0, 0, 0.5]]
    ).get_primitive_structure()
    structure, symmetry = relaxed(structure, emt)
    measured = measure_response(structure, emt, symmetry)
    strained = elastic_tensor(structure, emt)
    ours, theirs = moduli_from_tensor(measured.relaxed), moduli_from_tensor(strained.tensor)
    assert within_one_percent(ours.bulk_modulus, theirs.bulk_modulus)
    assert measured.asymmetry < 0.01


@pytest.mark.shared
def test_silicon_relaxed_and_clamped(tensornet, crystal):
    structure, symmetry = relaxed(crystal("Si"), tensornet)
    measured = measure_response(structure, tensornet, symmetry)
    assert moduli_from_tensor(measured.relaxed).shear_modulus == pytest.approx(38.0, rel=0.02)
    assert moduli_from_tensor(measured.clamped).shear_modulus == pytest.approx(53.9, rel=0.02)


def test_axes_do_not_matter(emt, crystal):
    structure, symmetry = relaxed(crystal("Cu"), emt)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = Structure(structure.lattice.matrix @ rotation, structure.species, [[0, 0, 0]])
    first = moduli_from_tensor(measure_response(structure, emt, symmetry).relaxed)
    second = moduli_from_tensor(measure_response(turned, emt, crystal_symmetry(turned)).relaxed)
    assert second.bulk_modulus == pytest.approx(first.bulk_modulus, rel=1e-3)
    assert second.shear_modulus == pytest.approx(first.shear_modulus, rel=1e-3)


def test_a_soft_mode_shows(emt):
    """A simple cubic lattice in a doubled cell shears along its layers."""
    doubled = Structure(Lattice.orthorhombic(2.5, 2.5, 5.0), ["Cu"] * 2, [[0, 0, 0], [0, 0, 0.5]])
    structure, symmetry = relaxed(doubled, emt)
    assert measure_response(structure, emt, symmetry).softest_mode < 0


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", ["NiAl", "Si", "Ni3Al"])
def test_it_agrees_with_atomate2s_own_maker(
    name, shared, tensornet, crystal, tmp_path, monkeypatch
):
    """The same potential through atomate2's ElasticMaker as it comes (FIRE, 1e-5 eV/A)."""
    from atomate2.forcefields.flows.elastic import ElasticMaker
    from jobflow import JobStore, run_locally
    from maggma.stores import MemoryStore

    monkeypatch.chdir(tmp_path)  # it writes the final atoms
    flow = ElasticMaker.from_force_field_name(
        {
            "@module": "elatbot_flows.potentials.calculator",
            "@callable": "load_calculator",
        },
        calculator_kwargs={"name": str(shared / "models" / "TensorNet-PES-MatPES-PBE-2025.1")},
        socket=True,
    ).make(crystal(name))
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, ensure_success=True, log=False)
    theirs = responses[flow.jobs[-1].uuid][1].output.derived_properties
    structure, symmetry = relaxed(crystal(name), tensornet)
    ours = moduli_from_tensor(measure_response(structure, tensornet, symmetry).relaxed)
    assert within_one_percent(ours.bulk_modulus, theirs.k_vrh)
    assert within_one_percent(ours.shear_modulus, theirs.g_vrh)


@pytest.mark.parametrize("name", ["Cu", "CuAu"])
def test_one_side_tells_what_both_sides_tell_of_a_repeated_cell(emt, name):
    start = bulk("Cu") if name == "Cu" else bulk("CuAu", "cesiumchloride", a=3.0)
    structure, _ = relaxed(AseAtomsAdaptor.get_structure(start), emt)
    doubled = structure * (2, 2, 2)
    both = measure_response(doubled, emt, crystal_symmetry(doubled)).softest_mode
    before = emt.evaluations
    assert softest_repeated_mode(structure, emt) == pytest.approx(both, abs=0.03)
    assert emt.evaluations - before == (2 if name == "Cu" else 3)


def test_forces_that_are_left_at_rest_are_no_curvature(emt):
    """A crystal that is not quite relaxed has the modes of one that is."""
    relaxed_one, _ = relaxed(CU3AU_OFF, emt)
    near = relaxed_one.copy()
    near.apply_strain(0.002)
    assert softest_repeated_mode(near, emt) == pytest.approx(
        softest_repeated_mode(relaxed_one, emt), rel=0.1
    )
