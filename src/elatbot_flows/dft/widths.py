"""How wide occupations are smeared, by what the first calculation of a crystal finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from elatbot_flows.dft.settings import DFTSettings
    from elatbot_flows.documents import StaticCalculation

__all__ = ["GAPPED", "MAGNETIC", "METALLIC", "band_gap", "first_width", "fitting_width"]

METALLIC, MAGNETIC, GAPPED = 0.5, 0.2, 0.1
"""Widths, eV: shear constants of simple metals want much, those of magnets and of crystals with a
gap little (``benchmarks/dft_known_answers.md``)."""
_LEAST_GAP = 0.4
"""eV: on a coarse mesh metals have small gaps too."""
_WHOLE = 0.05
"""Electrons of one spin are a whole number within this, where there is a gap."""


def first_width(settings: DFTSettings, moments: list[float] | None) -> float:
    """Width to begin with: little where there may be moments, which much would take away.

    Parameters
    ----------
    settings
        Whose width counts, if it has one.
    moments
        That the first calculation starts from.

    Returns
    -------
    float
        eV.
    """
    if settings.width is not None:
        return settings.width
    return METALLIC if moments is None else MAGNETIC


def fitting_width(
    settings: DFTSettings, found: StaticCalculation, moments: list[float] | None
) -> float:
    """Width that a crystal wants.

    Parameters
    ----------
    settings
        Whose width counts, if it has one.
    found
        Its first calculation.
    moments
        That stayed.

    Returns
    -------
    float
        eV.
    """
    if settings.width is None and (found.gap or 0.0) >= _LEAST_GAP:
        return GAPPED
    return first_width(settings, moments)


def band_gap(bands: NDArray[np.float64], electrons: float, moment: float = 0.0) -> float | None:
    """Energy of the lowest empty state less that of the highest full one.

    Parameters
    ----------
    bands
        Energies, eV, shape (spins, k-points, bands), ascending in the last.
    electrons
        How many there are.
    moment
        Of the whole cell, Bohr magnetons; with two spins.

    Returns
    -------
    float or None
        eV; zero without a gap, None if there are too few bands to tell.

    Examples
    --------
    >>> import numpy as np
    >>> band_gap(np.array([[[0.0, 2.5], [1.0, 2.0]]]), 2)
    1.0
    >>> band_gap(np.array([[[0.0, 2.5], [1.0, 2.0]]]), 1)
    0.0
    """
    share = [electrons / 2] if len(bands) == 1 else [(electrons + s * moment) / 2 for s in (1, -1)]
    if any(abs(number - round(number)) > _WHOLE for number in share):
        return 0.0
    full = [round(number) for number in share]
    if min(full) < 1 or max(full) >= bands.shape[2]:
        return None
    highest = max(float(one[:, n - 1].max()) for one, n in zip(bands, full, strict=True))
    lowest = min(float(one[:, n].min()) for one, n in zip(bands, full, strict=True))
    return max(0.0, lowest - highest)
