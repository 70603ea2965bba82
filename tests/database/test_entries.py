"""Fields that others join by, as emmet has them."""

from __future__ import annotations

import pytest
from emmet.core.symmetry import SymmetryData
from pymatgen.core import Lattice, Structure

from elatbot_flows.database.entries import _symmetry

CRYSTALS = {
    "rutile": Structure.from_spacegroup(
        136, Lattice.tetragonal(4.59, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]
    ),
    "hcp": Structure.from_spacegroup(
        194, Lattice.hexagonal(3.2, 5.2), ["Mg"], [[1 / 3, 2 / 3, 0.25]]
    ),
    "diamond": Structure.from_spacegroup(227, Lattice.cubic(5.43), ["Si"], [[0, 0, 0]]),
    "corundum": Structure.from_spacegroup(
        167, Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]
    ),
    "quartz": Structure.from_spacegroup(
        152, Lattice.hexagonal(4.91, 5.4), ["Si", "O"], [[0.47, 0, 1 / 3], [0.41, 0.27, 0.79]]
    ),
    "monoclinic": Structure.from_spacegroup(
        12, Lattice.monoclinic(6, 3.5, 5, 104), ["Cu", "Au"], [[0, 0, 0], [0.3, 0, 0.6]]
    ),
}


@pytest.mark.parametrize("structure", CRYSTALS.values(), ids=CRYSTALS.keys())
@pytest.mark.parametrize("primitive", [True, False])
def test_space_groups_have_the_names_that_emmet_gives(structure, primitive):
    theirs = SymmetryData.from_structure(
        structure.get_primitive_structure() if primitive else structure
    ).model_dump(mode="json")
    ours = _symmetry(theirs["number"])
    for name in ("crystal_system", "symbol", "point_group", "version", "hall"):
        assert ours[name] == theirs[name]
