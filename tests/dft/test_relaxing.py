"""Of two starts of the moments the lower one is gone on with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from ase.calculators.emt import EMT

import samples
from elatbot_flows.dft.relaxing import relax_by_dft
from elatbot_flows.potentials.settings import ValidationSettings
from emt_code import EMTCode, SCFStuckError


@dataclass(frozen=True)
class TwoStates(EMTCode):
    """A metal whose state depends on the moments it starts from.

    Parameters
    ----------
    low
        Energy of the state of low spin over that of high spin, eV/atom; not a number where
        calculations that start so do not end.
    high
        The same of the state of high spin over itself: zero or not a number.
    """

    low: float = 0.0
    high: float = 0.0

    def calculator(self, frame):
        return _Magnet(self)


class _Magnet(EMT):
    def __init__(self, code):
        super().__init__()
        self.code = code

    def calculate(self, atoms=None, *arguments, **more):
        high = atoms.get_initial_magnetic_moments().max() > 1
        energy = self.code.high if high else self.code.low
        if np.isnan(energy):
            raise SCFStuckError("no self-consistency after 7 cycles")
        super().calculate(atoms, *arguments, **more)
        self.results["energy"] += energy * len(atoms)
        self.results["magmoms"] = np.full(len(atoms), 1.8 if high else 0.4)


NAN = float("nan")


@pytest.mark.parametrize(
    ("low", "high", "moment", "difference"),
    [
        (0.01, 0.0, 1.8, 0.01),
        (-0.01, 0.0, 0.4, -0.01),
        (-0.0005, 0.0, 1.8, -0.0005),
        (NAN, 0.0, 1.8, None),
        (0.0, NAN, 0.4, None),
    ],
)
def test_the_lower_of_two_starts_is_relaxed(low, high, moment, difference):
    found = relax_by_dft(
        samples.fcc("Ni", 3.5), TwoStates(low=low, high=high), ValidationSettings()
    )
    assert found.ended.converged
    assert found.frame.moments == [moment]
    assert found.low_spin_energy == (None if difference is None else pytest.approx(difference))
    assert found.calculations[-1].moments == [moment]
    others = [one for one in found.calculations if one.moments != [moment]]
    assert len(others) == 1
