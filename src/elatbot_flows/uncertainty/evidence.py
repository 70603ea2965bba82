"""Opinions on materials as arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from elatbot_flows.uncertainty.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elatbot_flows.uncertainty.opinions import Opinion

__all__ = ["FEATURES", "Evidence", "Prior", "gather", "levels", "prior_of"]

Array = NDArray[np.float64]

FEATURES = ("constant", "other", "magnetic", "level of ln K", "level of ln K/G", "ionicity")
"""What biases and spreads of the sources may depend on; see `gather`."""
_LEVELS = (4.5, 0.8)
"""Values of ln K (GPa) and ln K/G about which features are centred."""
_IONICITY = 0.3
"""The same for ionicity."""
_STATED = (0.02, 1.0)
"""Stated relative standard deviations beyond these are taken to be these."""


@dataclass(frozen=True)
class Prior:
    """What the composition says of a material before anybody else.

    Parameters
    ----------
    log_moduli
        ln K and ln G (GPa).
    deviation
        Standard deviation of ln K.
    with_volume
        Whether the volume per atom was known.
    ionicity
        See `elatbot_flows.uncertainty.elements.ionicity_of`.
    shear_errors
        Errors of ln G to expect of the sources that say it, in their order; they are taken off.
    """

    log_moduli: tuple[float, float]
    deviation: float
    with_volume: bool
    ionicity: float
    shear_errors: tuple[float, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is said of ``n`` materials by ``s`` sources with ``p`` numbers in all.

    The first source is the composition model.

    Parameters
    ----------
    values
        Logarithms of moduli (GPa), shape ``(n, p)``; zero where not given.
    given
        Ones where given, else zeros, shape ``(n, p)``.
    failed
        Ones where the crystal failed, shape ``(n, s)``.
    stated
        Logarithm of the standard deviation that a source states of its own logarithm, shape
        ``(n, s)``; NaN where it states none.
    features
        See `FEATURES`, shape ``(n, 6)``.
    blind
        Ones where the composition model did not know the volume, shape ``(n,)``.
    """

    values: Any
    given: Any
    failed: Any
    stated: Any
    features: Any
    blind: Any

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Any) -> Evidence:
        """The evidence on some materials."""
        return Evidence(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def only(self, sources: Any, source_of: Any) -> Evidence:
        """The evidence of some sources.

        Parameters
        ----------
        sources
            Ones for those to keep, shape ``(n, s)`` or ``(s,)``.
        source_of
            The source of each number, shape ``(p,)``.
        """
        keep = sources + 0 * self.failed
        given = self.given * keep[:, source_of]
        parts = (self.values * given, given, self.failed * keep, self.stated)
        return Evidence(*parts, self.features, self.blind)


def prior_of(means: Array, deviation: float, *, with_volume: bool, ionicity: float) -> Prior:
    """From the numbers that a composition model predicts for one material."""
    bulk, shear, *errors = means.tolist()
    return Prior((bulk, shear), deviation, with_volume, ionicity, tuple(errors))


def levels(bulk: Any, shear: Any) -> tuple[Any, Any]:
    """The level of ln K and that of ln K/G, from ln K and ln G."""
    return bulk - _LEVELS[0], bulk - shear - _LEVELS[1]


def gather(
    rows: Sequence[tuple[Prior, str, Mapping[str, Opinion]]], sources: Mapping[str, bool]
) -> Evidence:
    """Arrays for materials.

    Parameters
    ----------
    rows
        Of every material what its composition says, its kind, and opinions by source.
    sources
        The sources after the composition model in the order wanted, and whether each says
        anything of the shear modulus.
    """
    parts = [_row(prior, kind, opinions, sources) for prior, kind, opinions in rows]
    values, failed, stated, features, blind = (np.array(part) for part in zip(*parts, strict=True))
    given = np.isfinite(values)
    return Evidence(
        np.where(given, values, 0.0), given.astype(float), failed, stated, features, blind
    )


def _row(
    prior: Prior, kind: str, opinions: Mapping[str, Opinion], sources: Mapping[str, bool]
) -> tuple[list[float], list[float], list[float], list[float], float]:
    values, failed, stated = list(prior.log_moduli), [0.0], [math.log(prior.deviation)]
    errors = iter(prior.shear_errors)
    for name, has_shear in sources.items():
        opinion = opinions.get(name)
        bulk = math.nan if opinion is None else opinion.log_bulk
        shear = math.nan if opinion is None else opinion.log_shear
        values += [bulk, shear - next(errors, 0.0)] if has_shear else [bulk]
        failed.append(float(opinion is not None and opinion.failed))
        stated.append(_stated(opinion))
    of_kind = [float(kind == name) for name in KINDS[1:]]
    features = [1.0, *of_kind, *levels(*prior.log_moduli), prior.ionicity - _IONICITY]
    return values, failed, stated, features, float(not prior.with_volume)


def _stated(opinion: Opinion | None) -> float:
    if opinion is None or opinion.bulk_modulus_std is None or not opinion.bulk_modulus:
        return math.nan
    return math.log(float(np.clip(opinion.bulk_modulus_std / opinion.bulk_modulus, *_STATED)))
