"""What one source says of one material."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import UncertaintyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Member", "Opinion", "opinion_of", "sort_opinions"]

_SMALLEST = 0.5
"""GPa; what a failed crystal's tensor gives below this is no modulus."""


@dataclass(frozen=True)
class Opinion:
    """Moduli of one material by one source, or that its crystal failed.

    Parameters
    ----------
    bulk_modulus, shear_modulus
        GPa; None if the source does not say. Of a failed crystal, the bulk modulus is the Voigt
        average of its tensor and the shear modulus is not looked at.
    bulk_modulus_std
        Standard deviation that the source states itself, GPa.
    failed
        Whether the crystal was found unstable.
    """

    bulk_modulus: float | None = None
    shear_modulus: float | None = None
    bulk_modulus_std: float | None = None
    failed: bool = False

    @property
    def log_bulk(self) -> float:
        """Logarithm of the bulk modulus (GPa); NaN if there is none that makes sense."""
        return _log(self.bulk_modulus, _SMALLEST if self.failed else 0.0)

    @property
    def log_shear(self) -> float:
        """Logarithm of the shear modulus (GPa); NaN if there is none that makes sense."""
        return math.nan if self.failed else _log(self.shear_modulus, 0.0)

    @property
    def says_something(self) -> bool:
        """Whether it can change an estimate."""
        return self.failed or not (math.isnan(self.log_bulk) and math.isnan(self.log_shear))


def _log(value: float | None, least: float) -> float:
    given = value is not None and math.isfinite(value) and value > least
    return math.log(value) if given and value is not None else math.nan


def opinion_of(result: Any) -> Opinion:
    """The opinion in an `ElasticResult`.

    A crystal that failed counts as evidence if there is a tensor that it failed by; without one
    nothing was learned about the material.
    """
    if result.bulk_modulus is not None:
        deviation = getattr(result, "bulk_modulus_std", None)
        return Opinion(result.bulk_modulus, result.shear_modulus, deviation)
    if result.elastic_tensor is None:
        return Opinion()
    tensor = result.elastic_tensor
    return Opinion(bulk_modulus=_voigt(tensor), failed=True)


def _voigt(tensor: list[list[float]]) -> float:
    return sum(tensor[i][j] for i in range(3) for j in range(3)) / 9


@dataclass(frozen=True)
class Member:
    """A source that the calibration was fitted with.

    Parameters
    ----------
    name
        Its name; for a potential in a directory, that of the directory.
    weights_sha256
        Hashes of its weights (of the file, of the numbers in it), where known.
    """

    name: str
    weights_sha256: tuple[str, ...] = ()

    def is_meant_by(self, name: str) -> bool:
        """Whether `name` is its name, a path that ends in it, or a hash of its weights."""
        return name in self.weights_sha256 or Path(name).name.lower() == self.name.lower()


def sort_opinions(
    opinions: Mapping[str, Opinion], members: Iterable[Member]
) -> tuple[dict[str, Opinion], tuple[str, ...]]:
    """Opinions that can be used, by member, and the names of the others.

    Raises
    ------
    UncertaintyError
        If two names mean one member.
    """
    known = tuple(members)
    used: dict[str, Opinion] = {}
    unused = []
    for name, opinion in opinions.items():
        member = next((m.name for m in known if m.is_meant_by(name)), None)
        if member is None or not opinion.says_something:
            unused.append(name)
        elif member in used:
            raise UncertaintyError(f"two opinions were given for {member}; give one")
        else:
            used[member] = opinion
    return used, tuple(sorted(unused))
