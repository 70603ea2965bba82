"""Moduli in GPa to and from the unit in which their errors are combined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from elatbot_flows.uncertainty.combination import ErrorModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.combination import Combined

__all__ = ["Opinion", "Scale"]

Opinion: TypeAlias = "float | tuple[float, float]"
"""A modulus in GPa, or a modulus and the standard deviation its source states."""

_NARROWEST, _WIDEST = 0.02, 1.0
"""Stated relative standard deviations beyond these are taken to be these."""


@dataclass(frozen=True)
class Scale:
    """An error model of ``log(modulus + offset)``.

    Parameters
    ----------
    members
        Names of the estimates, in the order of the model.
    offset
        GPa; errors are about relative far above it and about absolute far below it.
    power
        The ordinary error of an estimate with a stated standard deviation is taken to be
        proportional to this power of the stated one.
    typical
        Stated relative standard deviation, by member, at which that factor is one.
    model
        The error model.
    """

    members: tuple[str, ...]
    offset: float
    power: float
    typical: dict[str, float]
    model: ErrorModel

    def forward(self, modulus: float) -> float:
        """From GPa."""
        return math.log(modulus + self.offset)

    def backward(self, value: float) -> float:
        """To GPa, never below zero."""
        return max(0.0, math.exp(value) - self.offset) if value < math.inf else math.inf

    @staticmethod
    def number(opinion: Opinion) -> float:
        """The modulus of an opinion."""
        return float(opinion[0] if isinstance(opinion, tuple) else opinion)

    def is_usable(self, opinion: Opinion) -> bool:
        """Whether it is a positive finite modulus."""
        number = self.number(opinion)
        return math.isfinite(number) and number > 0

    def combine(self, opinions: Mapping[str, Opinion]) -> Combined:
        """Combine the opinions of members; at least one is given."""
        values = np.full(len(self.members), math.nan)
        factors = np.ones(len(self.members))
        for i, name in enumerate(self.members):
            if name in opinions:
                values[i] = self.forward(self.number(opinions[name]))
                factors[i] = self.factor(name, opinions[name])
        return self.model.combine(values, factors)

    def factor(self, name: str, opinion: Opinion) -> float:
        """Factor on the ordinary error of a member for what it says of its own error."""
        if not isinstance(opinion, tuple) or name not in self.typical:
            return 1.0
        return stated_factor(*opinion, self.offset, self.typical[name], self.power)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        arrays: dict[str, NDArray[np.float64]] = {
            "bias": self.model.bias,
            "covariance": self.model.covariance,
            "rate": self.model.rate,
            "excess": self.model.excess,
        }
        return {
            "members": list(self.members),
            "offset": self.offset,
            "power": self.power,
            "typical": self.typical,
            **{name: np.round(array, 6).tolist() for name, array in arrays.items()},
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Scale:
        """What `as_dict` gave."""
        names = ("bias", "covariance", "rate", "excess")
        model = ErrorModel(*(np.array(content[name], dtype=float) for name in names))
        members = tuple(content["members"])
        return cls(members, content["offset"], content["power"], content["typical"], model)


def stated_factor(
    modulus: float, deviation: float, offset: float, typical: float, power: float
) -> float:
    """Stated relative standard deviation over the typical one, to a power."""
    relative = deviation / (modulus + offset)
    return float((np.clip(relative, _NARROWEST, _WIDEST) / typical) ** power)
