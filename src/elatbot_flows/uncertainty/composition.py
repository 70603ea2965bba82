"""Moduli of a composition, and errors of potentials: Gaussian processes over its elements.

The mean and variance are those of Rasmussen and Williams, Gaussian Processes for Machine
Learning (2006), eqs. 2.25 and 2.26; the variance uses a subset of the training rows (eq. 8.27).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.elements import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["CompositionModel", "kernel", "load_composition_model"]

Array = NDArray[np.float64]

_FILE = "weights/composition_moduli.npz"
_VOLUME_FEATURES = 2


def kernel(first: Any, second: Any, parameters: Any, xp: Any = np) -> Any:
    """Covariance of the logarithms of moduli of compositions.

    A squared exponential, an exponential and a linear part.

    Parameters
    ----------
    first, second
        Features over their length scales, shapes ``(n, d)`` and ``(m, d)``.
    parameters
        Logarithms of the three variances and of the inverse length of the exponential part.
    xp
        The library of the arrays: numpy or torch.
    """
    dot = first @ second.T
    distance2 = (first**2).sum(1)[:, None] + (second**2).sum(1)[None, :] - 2 * dot
    distance2 = xp.clip(distance2, 1e-12, None)
    variances = xp.exp(parameters)
    smooth = variances[0] * xp.exp(-distance2 / 2)
    return smooth + variances[1] * xp.exp(-variances[3] * distance2**0.5) + variances[2] * dot


@dataclass(frozen=True)
class CompositionModel:
    """Gaussian processes of ln K, of ln G (GPa) and of errors of ln G over compositions.

    Parameters
    ----------
    symbols, table
        Elements and their columns, shape ``(e, c)``.
    center, scale
        Mean and standard deviation of the features, shape ``(d,)``.
    rows
        Standardised features of the training rows, shape ``(n, d)``.
    lengths
        Logarithms of the inverse length scales for K and G, shape ``(2, d)``.
    parameters
        Of `kernel`, for K and G, shape ``(2, 4)``.
    mean
        Mean of ln K and ln G of the training rows, then zeros, shape ``(2 + s,)``.
    weights
        Of the training rows, with and without the volume, for K, for G, and for the error of ln G
        by each of ``s`` sources, shape ``(2, 2 + s, n)``. The errors share the kernel of G.
    chosen
        Places of the rows that the variance uses, shape ``(m,)``.
    precision
        What these rows take from the variance of ln K, shape ``(m, m)``.
    noise
        Variance of the labels about the process, for ln K.
    """

    symbols: NDArray[np.str_]
    table: Array
    center: Array
    scale: Array
    rows: Array
    lengths: Array
    parameters: Array
    mean: Array
    weights: Array
    chosen: NDArray[np.int64]
    precision: Array
    noise: Array

    @cached_property
    def _by_symbol(self) -> dict[str, Array]:
        return dict(zip(self.symbols.tolist(), self.table, strict=True))

    def knows(self, shares: Mapping[str, float]) -> bool:
        """Whether all elements are in the table."""
        return set(shares) <= set(self._by_symbol)

    def features(
        self, shares: Sequence[Mapping[str, float]], volumes: Sequence[float | None]
    ) -> Array:
        """Standardised features, shape ``(n, d)``; those of a volume not given are zero."""
        pairs = zip(shares, volumes, strict=True)
        raw = np.array([describe(share, volume, self._by_symbol) for share, volume in pairs])
        found: Array = (raw - self.center) / self.scale
        found[[volume is None for volume in volumes], -_VOLUME_FEATURES:] = 0.0
        return found

    def predict(
        self, shares: Sequence[Mapping[str, float]], volumes: Sequence[float | None]
    ) -> tuple[Array, Array]:
        """Estimate moduli.

        Parameters
        ----------
        shares
            Shares of atoms by symbol, of every material.
        volumes
            Volume per atom (A^3) of every material; None if not known.

        Returns
        -------
        (numpy.ndarray, numpy.ndarray)
            ln K, ln G (GPa) and the errors of ln G to expect of the sources about their mean, shape
            ``(n, 2 + s)``; standard deviation of ln K, shape ``(n,)``.

        Raises
        ------
        UncertaintyError
            If an element is not in the table.
        """
        if not all(self.knows(share) for share in shares):
            raise UncertaintyError("the composition model does not know one of the elements")
        rows = self.features(shares, volumes)
        blind = np.array([volume is None for volume in volumes], dtype=int)
        bulk, shear = (self._covariance(rows, place, blind) for place in (0, 1))
        first = np.einsum("ni,nqi->nq", bulk, self.weights[blind, :1])
        others = np.einsum("ni,nqi->nq", shear, self.weights[blind, 1:])
        deviation = self._deviation(rows, bulk[:, self.chosen], blind)
        return self.mean + np.concatenate([first, others], axis=1), deviation

    def _covariance(self, rows: Array, place: int, blind: NDArray[np.int64]) -> Array:
        found = np.empty((len(rows), len(self.rows)))
        for kind in (0, 1):
            lengths = self._lengths(place, blind=bool(kind))
            first, second = rows[blind == kind] * lengths, self.rows * lengths
            found[blind == kind] = kernel(first, second, self.parameters[place])
        return found

    def _lengths(self, place: int, *, blind: bool) -> Array:
        lengths: Array = np.exp(self.lengths[place])
        lengths[-_VOLUME_FEATURES:] *= not blind
        return np.asarray(lengths)

    def _deviation(self, rows: Array, covariance: Array, blind: NDArray[np.int64]) -> Array:
        lengths = np.array([self._lengths(0, blind=bool(kind)) for kind in blind])
        parts = np.exp(self.parameters[0, :3])
        own = parts[0] + parts[1] + parts[2] * ((rows * lengths) ** 2).sum(axis=1)
        told: Array = np.einsum("ni,ij,nj->n", covariance, self.precision, covariance)
        floor = float(self.noise)
        found: Array = np.sqrt(np.maximum(own - told, 0.0) + floor)
        return found

    def save(self, path: Path) -> None:
        """Write a file for `load_composition_model`."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        small = {n: a.astype(np.float32) for n, a in arrays.items() if n in _SINGLE}
        np.savez_compressed(path, **(arrays | small))


_SINGLE = ("table", "rows", "precision")
"""Arrays that single precision is enough for, and that make the file large."""


def load_composition_model(path: Path | None = None) -> CompositionModel:
    """Load a model; the shipped one if there is no path.

    Raises
    ------
    UncertaintyError
        If the file is absent or not one of `CompositionModel.save`.
    """
    file = resources.files("elatbot_flows") / _FILE if path is None else path
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            found = {f.name: arrays[f.name] for f in fields(CompositionModel)}
    except (OSError, ValueError, KeyError) as error:
        raise UncertaintyError(f"{file} cannot be read as a composition model: {error}") from error
    double = {n: a.astype(np.float64) if a.dtype == np.float32 else a for n, a in found.items()}
    return CompositionModel(**double)
