"""How much smaller or larger compounds are than their elements, as known compounds are.

The logarithm of the volume over that of the elements is linear in the shares of the elements, in
how much their properties differ, and in the volume at which the shortest bond has its usual length.
`elatbot_flows.training.wyckoff.volumes` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.uncertainty.elements import element_table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Composition

    Array = NDArray[np.float64]

__all__ = ["FILE", "VolumeFit", "describe_volume", "load_volume_fit", "standardized_elements"]

FILE = Path(__file__).parents[1] / "weights" / "structure_types" / "volumes.npz"
"""What ships with the package."""


@dataclass(frozen=True)
class VolumeFit:
    """A fit of volumes.

    Parameters
    ----------
    coefficients
        One for each number of `describe_volume`.
    """

    coefficients: Array

    def volume(self, composition: Composition, elemental: float, bonded: float) -> float:
        """Volume, A^3, of a crystal.

        Parameters
        ----------
        composition
            Of the cell.
        elemental, bonded
            Volumes of the cell by its elements and by its shortest bond, A^3.
        """
        described = describe_volume(composition, float(np.log(bonded / elemental)))
        return float(elemental * np.exp(described @ self.coefficients))


def describe_volume(composition: Composition, log_bonded: float) -> Array:
    """Numbers that the logarithm of a volume over that of the elements is linear in.

    Parameters
    ----------
    composition
        Of elements up to Z = 103.
    log_bonded
        Logarithm of the volume by the shortest bond over that of the elements.
    """
    symbols, known = element_table()[0], standardized_elements()
    shares = np.zeros(len(symbols))
    for element, amount in composition.items():
        shares[symbols.index(element.symbol)] = amount
    shares /= shares.sum()
    spread = np.sqrt(np.maximum(shares @ known**2 - (shares @ known) ** 2, 0.0))
    metal = float(all(element.is_metal for element in composition))
    rest = [1.0, log_bonded, log_bonded**2, metal, metal * log_bonded]
    return np.concatenate([shares, log_bonded * shares, spread, log_bonded * spread, rest])


def standardized_elements() -> Array:
    """The table of elements, each column with mean 0 and deviation 1."""
    _, table = element_table()
    return np.asarray((table - table.mean(axis=0)) / table.std(axis=0))


@lru_cache(maxsize=1)
def load_volume_fit() -> VolumeFit:
    """Read what ships."""
    return VolumeFit(np.load(FILE, allow_pickle=False)["coefficients"].astype(float))
