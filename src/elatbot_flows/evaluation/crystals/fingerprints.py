"""Fingerprints by which CDVAE tells how alike two crystals are: structure and composition."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    Array = NDArray[np.float64]

__all__ = ["Fingerprints", "fingerprints"]

_SYMPREC = 0.01


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of crystals; those that have none are rows of NaN.

    Parameters
    ----------
    structure
        Shape (crystals, 61): mean over sites of matminer's CrystalNN fingerprint (``ops``).
    composition
        Shape (crystals, 132): matminer's Magpie statistics of element properties.
    """

    structure: Array
    composition: Array

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which crystals have both."""
        return np.asarray(~np.isnan(self.structure).any(1) & ~np.isnan(self.composition).any(1))


def fingerprints(structures: Iterable[Structure | None]) -> Fingerprints:
    """Fingerprints as in CDVAE (Xie et al., ICLR 2022), made with matminer.

    Equivalent sites are looked at once.

    Parameters
    ----------
    structures
        Ordered crystals; None and what matminer cannot look at have none.

    Raises
    ------
    ElatbotError
        If matminer is not installed.
    """
    sites, elements = _featurizers()
    rows: list[Array] = []
    made: list[Array] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for structure in structures:
            rows.append(_of_structure(structure, sites))
            made.append(_of_composition(structure, elements))
    return Fingerprints(
        np.array(rows).reshape(len(rows), -1), np.array(made).reshape(len(made), -1)
    )


@cache
def _featurizers() -> tuple[Any, Any]:
    try:
        from matminer.featurizers.composition.composite import ElementProperty
        from matminer.featurizers.site.fingerprint import CrystalNNFingerprint
    except ImportError as error:
        raise ElatbotError(
            "coverage needs matminer: pip install 'elatbot_flows[evaluation]', or give "
            "--no-coverage"
        ) from error
    return CrystalNNFingerprint.from_preset("ops"), ElementProperty.from_preset("magpie")


def _of_structure(structure: Structure | None, featurizer: Any) -> Array:
    nothing = np.full(len(featurizer.feature_labels()), np.nan)
    if structure is None:
        return nothing
    try:
        first, counts = np.unique(_orbits(structure), return_counts=True)
        found = [featurizer.featurize(structure, int(site)) for site in first]
    except Exception:  # noqa: BLE001 - Voronoi cells of odd crystals fail in many ways
        return nothing
    return np.asarray(np.average(found, axis=0, weights=counts))


def _orbits(structure: Structure) -> Any:
    """For every site the first that symmetry takes it to."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

    try:
        analyzer = SpacegroupAnalyzer(structure, symprec=_SYMPREC)
    except SymmetryUndeterminedError:
        return np.arange(len(structure))
    return analyzer.get_symmetry_dataset().equivalent_atoms


def _of_composition(structure: Structure | None, featurizer: Any) -> Array:
    if structure is None:
        return np.full(len(featurizer.feature_labels()), np.nan)
    return np.asarray(featurizer.featurize(structure.composition), dtype=float)
