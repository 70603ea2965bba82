"""What a generator may be asked for: targets near its training rows, elements it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from elatbot_flows.engines.mini.generator_files import GeneratorInfo
    from elatbot_flows.targets import DesignTarget, Interval
    from elatbot_flows.text.compact_questions import Property

__all__ = ["check_target"]

_FEWEST_ROWS = 20
_WIDENING = 0.15


def check_target(info: GeneratorInfo, target: DesignTarget) -> None:
    """Refuse a target that lies outside of what a generator was trained on.

    Parameters
    ----------
    info
        What the generator knows.
    target
        The target.

    Raises
    ------
    TargetError
        If the temperature is not 0 K, an element asked for is unknown or none is left, or
        hardly any training row has a bulk or shear modulus near the one asked for.
    """
    if target.temperature != 0:
        raise TargetError(
            f"{info.name} knows 0 K only, the target asks for {target.temperature:g} K; "
            "set temperature to 0 or choose another generator"
        )
    unknown = sorted(set(target.elements or ()) - set(info.elements))
    if unknown:
        raise TargetError(
            f"{info.name} does not know {', '.join(unknown)}: its training rows have "
            f"none; leave them out or choose another generator"
        )
    if not target.allowed(info.elements):
        raise TargetError(f"no element that {info.name} knows is left; exclude fewer elements")
    _check_range(info, target.implied_bulk_modulus(), "bulk")
    _check_range(info, target.shear_modulus, "shear")


def _check_range(info: GeneratorInfo, wanted: Interval | None, what: Property) -> None:
    if wanted is None:
        return
    near = wanted.widened(_WIDENING)
    if info.rows_between(near.low, near.high, what) < _FEWEST_ROWS:
        low, high = (
            (info.bulk_modulus_low, info.bulk_modulus_high)
            if what == "bulk"
            else (info.shear_modulus_low, info.shear_modulus_high)
        )
        raise TargetError(
            f"{info.name} was trained on {what} moduli of {low:.0f} "
            f"to {high:.0f} GPa and saw fewer than {_FEWEST_ROWS} "
            f"materials near {wanted} GPa; choose an interval closer to what it knows"
        )
