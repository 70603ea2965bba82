"""Distances and volumes of crystals nobody has relaxed yet."""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from pymatgen.core.composition import Composition
    from pymatgen.core.structure import Structure

__all__ = [
    "OVERLAP",
    "atomic_radius",
    "bonded_volume",
    "elemental_volume",
    "minimum_distance_ratio",
    "predict_volume",
    "scaled_to_predicted_volume",
]

_BOND_REACH = 4.0
"""Neighbours further away than this and the radius of an atom, A, make no bond with it."""

CM3_PER_MOL = 0.602214076
"""1 A^3 per atom in cm^3 per mole: the Avogadro constant times 1e-24."""

OVERLAP = 0.6
"""`minimum_distance_ratio` below which atoms count as overlapping."""

BOND_WEIGHT_METALS = 1 / 2
BOND_WEIGHT_OTHERS = 3 / 4
"""Exponent of the bond-length prediction in the weighted geometric mean for elements."""

BOND_SCALING = (0.2, 1.3)
"""Limits of the bond-length prediction relative to the elemental volumes. Known metals stay near
them; without the upper one a single short bond of a random crystal would inflate its cell."""


@lru_cache(maxsize=128)
def atomic_radius(symbol: str) -> float:
    """Radius of an atom in A: Slater's empirical one, else a calculated or a metallic one.

    Slater, J. Chem. Phys. 41, 3199 (1964); values from pymatgen.

    Raises
    ------
    StructureError
        If none of them is tabulated (astatine, francium and beyond einsteinium).
    """
    from pymatgen.core.periodic_table import Element

    element = Element(symbol)
    for name in ("atomic_radius", "atomic_radius_calculated", "metallic_radius"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pymatgen warns where a table has a gap
            radius = getattr(element, name)
        if radius:
            return float(radius)
    raise StructureError(
        f"no atomic radius is tabulated for {symbol}; exclude this element", "unknown_element_size"
    )


def minimum_distance_ratio(structure: Structure) -> float:
    """Smallest interatomic distance over the sum of the two atomic radii.

    Periodic images are counted, those of the same atom too. Below about 0.6 atoms overlap.

    Parameters
    ----------
    structure
        An ordered crystal.

    Returns
    -------
    float
        The ratio, without unit; 0 if two atoms coincide.
    """
    radii = np.array([atomic_radius(site.specie.symbol) for site in structure])
    cutoff = 2.0 * float(radii.max())
    # A sphere that holds at least one neighbour: every atom has an image one lattice vector away.
    cutoff = max(cutoff, min(structure.lattice.abc) + 1e-3)
    centers, others, images, distances = structure.get_neighbor_list(cutoff, numerical_tol=0.0)
    self_pairs = (centers == others) & np.all(images == 0, axis=1)
    ratios = distances / (radii[centers] + radii[others])
    return float(ratios[~self_pairs].min())


def elemental_volume(composition: Composition) -> float:
    """Volume in A^3 of `composition` if every atom kept its volume in the solid element.

    Zen's law (often called Vegard's) with the molar volumes that pymatgen tabulates.

    Raises
    ------
    StructureError
        If an element has no tabulated molar volume (astatine, francium, beyond einsteinium).
    """
    total = 0.0
    for element, amount in composition.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pymatgen warns where a table has a gap
            volume = element.molar_volume
        if not volume:
            raise StructureError(
                f"no molar volume is tabulated for {element}; exclude this element",
                "unknown_element_size",
            )
        total += amount * float(volume) / CM3_PER_MOL
    return total


def predict_volume(structure: Structure) -> float:
    """Predict the equilibrium volume (A^3) of a crystal whose shape is known but not its size.

    Two predictions with errors of opposite sign, the sum of elemental volumes (too large for
    compounds) and that by the shortest bond (see `bonded_volume`; too small on average), are
    combined as known compounds tell (:mod:`~elatbot_flows.crystals.volumes`). Of an element it is
    their weighted geometric mean: one half for metals, three quarters for the bond length of
    others. Elements without a data-mined bond length have their elemental volumes.

    Parameters
    ----------
    structure
        An ordered crystal; its present volume does not matter.

    Raises
    ------
    StructureError
        If an element has no tabulated molar volume.
    """
    from elatbot_flows.crystals.volumes import load_volume_fit

    elemental, bonded = elemental_volume(structure.composition), bonded_volume(structure)
    if bonded is None:
        return elemental
    if len(structure.composition) > 1:
        return load_volume_fit().volume(structure.composition, elemental, bonded)
    metal = all(element.is_metal for element in structure.composition)
    weight = BOND_WEIGHT_METALS if metal else BOND_WEIGHT_OTHERS
    return float(elemental ** (1 - weight) * bonded**weight)


def bonded_volume(structure: Structure) -> float | None:
    """Volume (A^3) at which the shortest bond has the length usual for its elements.

    Data-mined bond lengths of Chu et al., Comput. Mater. Sci. 146, 184 (2018) (pymatgen's
    DLSVolumePredictor), within `BOND_SCALING` of the elemental volumes.

    Parameters
    ----------
    structure
        An ordered crystal; its present volume does not matter.

    Returns
    -------
    float or None
        None if there is an element without a radius.
    """
    if not all(element.atomic_radius for element in structure.composition):
        return None
    return _bond_length_volume(_scaled(structure, elemental_volume(structure.composition)))


def scaled_to_predicted_volume(structure: Structure) -> Structure:
    """Copy `structure` with the volume of `predict_volume` and the same shape."""
    return _scaled(structure, predict_volume(structure))


def _scaled(structure: Structure, volume: float) -> Structure:
    copy: Structure = structure.copy()
    copy.scale_lattice(volume)
    return copy


def _bond_length_volume(structure: Structure) -> float:
    """Volume (A^3) at which the shortest bond has its data-mined length, within `BOND_SCALING`.

    The numbers of pymatgen's DLSVolumePredictor, with all neighbours looked up at once.
    """
    from pymatgen.analysis.structure_prediction.volume_predictor import bond_params

    symbols = [site.specie.symbol for site in structure]
    spread = float(np.std([site.specie.X for site in structure]))
    mined = np.array([_mined_radius(bond_params.get(symbol), spread) for symbol in symbols])
    radii = np.array([atomic_radius(symbol) for symbol in symbols])
    reach = radii + _BOND_REACH
    centers, others, _, distances = structure.get_neighbor_list(float(reach.max()))
    both = mined[centers] + mined[others]
    expected = np.where(np.isfinite(both), both, radii[centers] + radii[others])
    ratios = (distances / expected)[distances <= reach[centers]]
    low, high = BOND_SCALING
    volume = float(structure.volume * np.clip(ratios.min(initial=np.inf) ** -3.0, low, high))
    if not (math.isfinite(spread) and len(ratios)):
        raise StructureError(
            f"the volume predicted for {structure.formula} is not finite", "no_volume"
        )
    return volume


def _mined_radius(parameters: dict[str, float] | None, spread: float) -> float:
    """Part of an atom in a bond, A, by the spread of electronegativities; NaN if not tabulated."""
    if parameters is None:
        return math.nan
    return float(parameters["r"]) + float(parameters["k"]) * spread
