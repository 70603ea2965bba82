"""Space groups, orbits and cells, restored from what is stated."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice
from pymatgen.symmetry.groups import SpaceGroup

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import lines, symmetry
from elatbot_flows.text.crystals.symmetry import Operations


def test_symbols_and_numbers():
    for number in range(1, 231):
        assert symmetry.number_of(symmetry.symbol_of(number)) == number
    for wrong in ("", "Fm3m", "P4/nmm:1"):
        with pytest.raises(ParseError) as error:
            symmetry.number_of(wrong)
        assert error.value.reason == "unknown_space_group"


@pytest.mark.parametrize("number", [2, 14, 62, 129, 148, 166, 194, 203])
def test_standard_settings_are_those_that_published_models_are_read_with(number):
    group = SpaceGroup(symmetry.symbol_of(number)).symmetry_ops
    rotations = np.array([np.rint(each.rotation_matrix) for each in group], dtype=int)
    shifts = np.array([each.translation_vector for each in group], dtype=float)
    assert Operations(rotations, shifts).key == symmetry.settings(number)[0].key


def test_a_cell_is_brought_to_its_symmetry():
    cubic = symmetry.settings(225)[0]
    whole, strain = symmetry.conform(Lattice.from_parameters(5.64, 5.65, 5.64, 90, 90, 90.1), cubic)
    assert whole.parameters == pytest.approx((5.6433, 5.6433, 5.6433, 90, 90, 90), abs=1e-3)
    assert 1e-4 < strain < 2e-3
    assert symmetry.conform(Lattice.cubic(4), cubic)[1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("point", "count"), [([0, 0, 0], 4), ([0.2501, 0.25, 0.25], 8), ([0.11, 0.23, 0.37], 192)]
)
def test_orbits(point, count):
    cubic = symmetry.settings(225)[0]
    atoms = symmetry.orbit(point, Lattice.cubic(5), cubic)
    assert len(atoms) == count
    assert symmetry.orbit(point, Lattice.cubic(5), cubic, multiplicity=7) is None


def test_two_decimals_are_put_back_on_wyckoff_positions(omega):
    read = lines.parse(lines.render(omega, shift=(0.123, 0.456, 0.789))).structure
    found = symmetry.restore(read, 191)
    assert found is not None
    assert symmetry.find_space_group(found.structure, 1e-4) == 191
    assert symmetry.restore(read, 225) is None
