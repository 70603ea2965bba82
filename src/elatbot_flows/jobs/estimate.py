"""From what several sources say of a material to an estimate with an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.documents import MemberValue, ModulusEstimate
from elatbot_flows.errors import UncertaintyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from elatbot_flows.documents import MethodRecord
    from elatbot_flows.targets import Interval

__all__ = ["combined_estimate", "member_key"]


def member_key(potential: MethodRecord) -> str:
    """What the calibration knows a potential by: its name, or else the hash of its weights."""
    from elatbot_flows.uncertainty import load_combination

    known = load_combination().member(potential.name)
    return potential.name if known else (potential.weights_sha256 or potential.name)


def combined_estimate(
    values: Mapping[str, float | tuple[float, float] | None],
    modulus: str,
    elements: Iterable[str],
    interval: Interval | None = None,
) -> ModulusEstimate | None:
    """Combine the sources that the calibration knows; None if it knows none of them.

    The interval is the one calibrated on materials of the same kind, all-metal or not.

    Parameters
    ----------
    values
        By source: a modulus (GPa), a pair of modulus and standard deviation, or None.
    modulus
        ``"bulk_modulus"`` or ``"shear_modulus"``.
    elements
        Chemical symbols of the material.
    interval
        Interval of the target, for the probability to lie in it.
    """
    from elatbot_flows.uncertainty import kind_of, load_combination

    try:
        found = load_combination().combine(values, modulus, kind=kind_of(elements))
    except UncertaintyError:
        return None
    return ModulusEstimate(
        property=modulus,
        value=found.value,
        low=found.low,
        high=found.high,
        coverage=found.coverage,
        kind=found.kind,
        sigma=found.sigma,
        members=[MemberValue(source=name, value=v) for name, v in found.members.items()],
        unused=list(found.unused),
        outlier=found.outlier,
        target_probability=None if interval is None else found.probability(interval),
    )
