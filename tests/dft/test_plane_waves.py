"""The number of plane waves, and what is made of it."""

import numpy as np
import pytest
from pymatgen.core import Lattice

import samples
from elatbot_flows.dft import DFTSettings
from elatbot_flows.dft.basis import measure_basis
from elatbot_flows.dft.plane_waves import completed, log_excess, log_number
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import DFTFrame, StaticCalculation
from elatbot_flows.errors import StructureError
from emt_code import EMTCode


def test_waves_of_a_cube_are_counted():
    """At Gamma: none, six of length 1, twelve of length sqrt 2, and the constant, in 2 pi / a."""
    unit = 3.80998 * (2 * np.pi / 4) ** 2
    cube = Lattice.cubic(4.0)
    for highest, number in ((0.5, 1), (1.5, 7), (2.5, 19)):
        found = log_number(cube, highest * unit) + log_excess(cube, (1, 1, 1), highest * unit)
        assert np.exp(found) == pytest.approx(number)


@pytest.mark.parametrize("mesh", [(2, 2, 2), (3, 2, 1)])
def test_other_vectors_of_the_same_lattice_have_the_same_number(mesh):
    lattice = Lattice([[3.0, 0.0, 0.0], [0.0, 3.2, 0.0], [0.0, 0.0, 3.4]])
    skew = Lattice(np.array([[1, 0, 0], [3, 1, 0], [0, 0, 1]]) @ lattice.matrix)
    if mesh[0] == mesh[1]:
        assert log_excess(skew, mesh, 80.0) == pytest.approx(log_excess(lattice, mesh, 80.0))
    assert abs(log_excess(lattice, mesh, 5000.0)) < 0.01


def test_a_slope_becomes_a_stress_and_an_energy():
    crystal = samples.fcc("Cu")
    frame = DFTFrame(mesh=(2, 2, 2))
    plain = StaticCalculation(energy=-1.0, stress=np.zeros((3, 3)).tolist())
    assert completed(plain, crystal, frame, 300.0) is plain
    frame = frame.model_copy(update={"basis_slope": -0.5})
    found = completed(plain, crystal, frame, 300.0)
    pulay = -0.5 / crystal.volume * 160.21766
    np.testing.assert_allclose(found.stress, pulay * np.eye(3))
    assert found.energy == -1 + 0.5 * log_excess(crystal.lattice, (2, 2, 2), 300.0)


def test_two_more_calculations_give_the_slope():
    crystal, frame = samples.fcc("Cu"), DFTFrame(mesh=(2, 2, 2))
    code = EMTCode(DFTSettings(cutoff=150), slope=-0.3)
    found, _ = calculate(crystal, frame, code)
    basis = measure_basis(crystal, frame, code, found)
    assert basis.slope == pytest.approx(-0.3)
    assert basis.doubt == pytest.approx(0, abs=1e-6)
    assert type(basis.doubt) is type(basis.slope) is float
    assert len(basis.calculations) == 2


def test_stresses_that_do_not_follow_the_energies_are_doubted():
    """Half as steep at the higher cut-off, which the stresses must show."""
    crystal, frame = samples.fcc("Cu"), DFTFrame(mesh=(2, 2, 2))
    code = EMTCode(DFTSettings(cutoff=150), slope=-0.3)
    found, _ = calculate(crystal, frame, code)
    less = found.model_copy(update={"energy": found.energy - 0.005})
    assert measure_basis(crystal, frame, code, less).doubt > 0.3


def test_a_failure_at_another_cutoff_is_told():
    code, frame = (
        EMTCode(DFTSettings(cutoff=150), slope=-0.3, fails_below=1000),
        DFTFrame(mesh=(1, 1, 1)),
    )
    with pytest.raises(StructureError, match="at another cut-off failed: SCFStuckError"):
        measure_basis(samples.fcc("Cu"), frame, code, StaticCalculation())
