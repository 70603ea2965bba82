"""Ways down from a saddle: few, symmetric, and lower in energy."""

import numpy as np
import pytest
from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials.coordinates import evaluate
from elatbot_flows.potentials.descent import descent_starts, symmetric_directions
from elatbot_flows.potentials.measuring import measure, relax_crystal
from elatbot_flows.potentials.settings import ValidationSettings

B2 = Structure(Lattice.cubic(3), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def strains(*rows):
    """Strains of a crystal of two atoms, as columns."""
    return np.array([[*row, *[0] * 6] for row in rows], dtype=float).T


SHEARS = strains([0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1])
STRETCHES = strains(np.array([2, -1, -1, 0, 0, 0]) / 6**0.5, np.array([0, 1, -1, 0, 0, 0]) / 2**0.5)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        # one edge of the cube and both signs of its diagonal
        (SHEARS, [[0, 0, 1], [1 / 3**0.5] * 3, [1 / 3**0.5] * 3]),
        # longer and shorter along an axis
        (STRETCHES, [[1 / 6**0.5, 1 / 6**0.5, 2 / 6**0.5]] * 2),
    ],
)
def test_of_degenerate_strains_the_symmetric_ones_are_taken_once(space, expected):
    found = symmetric_directions(space, crystal_symmetry(B2))
    part = slice(3, 6) if space is SHEARS else slice(0, 3)
    sizes = sorted(sorted(np.abs(direction[part]).round(6)) for direction in found)
    assert np.allclose(sizes, sorted(expected), atol=1e-5)
    assert all(np.linalg.norm(direction) == pytest.approx(1) for direction in found)


def test_without_symmetry_there_is_a_direction_and_its_opposite():
    found = symmetric_directions(SHEARS[:, :1], crystal_symmetry(B2, None))
    assert len(found) == 2
    np.testing.assert_allclose(np.abs(found), [SHEARS[:, 0]] * 2)
    np.testing.assert_allclose(found[0], -found[1])


def test_starts_are_lower_and_less_symmetric(emt):
    copper = AseAtomsAdaptor.get_structure(bulk("Cu", "bcc", a=2.86))
    ended = relax_crystal(copper, emt, ValidationSettings())
    found = measure(ended.structure, emt, ValidationSettings())
    energy, symmetry = ended.point.energy, crystal_symmetry(ended.structure)
    space = found.descents["born_unstable"]
    starts = list(descent_starts(ended.structure, space, symmetry, emt, energy))
    energies = [evaluate(start, np.zeros(9), emt).energy for start in starts]
    assert starts
    assert energies == sorted(energies)
    assert energies[-1] < energy
    for start in starts:
        assert len(crystal_symmetry(start).matrices) < len(symmetry.matrices)


def test_a_soft_mode_moves_atoms_by_little_and_strains_nothing(emt):
    """A trace of strain, left by rounding, once made steps as long as it was short."""
    crystal = Structure(Lattice.cubic(2.9), ["Ni", "Al"], B2.frac_coords)
    mode = np.zeros((12, 1))
    mode[:, 0] = [1e-17, 0, 0, 0, 0, 1e-17, 0, 0, 1, 0, 0, -1]
    symmetry = crystal_symmetry(crystal)
    for start in descent_starts(crystal, mode, symmetry, emt, np.inf):
        assert start.volume == pytest.approx(crystal.volume)
        moved = start.lattice.get_all_distances(start.frac_coords, crystal.frac_coords).diagonal()
        assert 0.05 < moved.max() < 0.33


def test_a_minimum_has_no_way_down(emt):
    copper = AseAtomsAdaptor.get_structure(bulk("Cu", "fcc", a=3.6))
    ended = relax_crystal(copper, emt, ValidationSettings())
    space = measure(ended.structure, emt, ValidationSettings()).descents["born_unstable"]
    symmetry = crystal_symmetry(ended.structure)
    assert not list(descent_starts(ended.structure, space, symmetry, emt, ended.point.energy))
