"""What each crystal of a call is asked for, drawn from a target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.crystals.questions import CrystalRequest

__all__ = ["aimed"]

_KNOWN = (5.0, 450.0)
"""Moduli that are asked for, GPa."""
_NUMBERS = (0.6, 0.4)
"""How often two and three elements are asked for where a target lists elements."""


def aimed(
    request: CrystalRequest,
    target: DesignTarget,
    rng: np.random.Generator,
    *,
    known: Collection[str] | None,
    elements: Collection[str] | None,
) -> CrystalRequest:
    """A request with what a target wants, for models that have words for it.

    Moduli are drawn uniformly from the intervals. Where the target lists elements, two or three of
    them are asked for; otherwise they are left to the model, which is held to what is allowed.

    Parameters
    ----------
    request
        What is wished beside the target.
    target
        What is wanted.
    rng
        Draws.
    known
        Elements of the model's training; None if nobody wrote them down.
    elements
        Narrows those that the target allows; None for no narrowing.
    """
    allowed = target.allowed(known or element_symbols())
    allowed = tuple(one for one in allowed if elements is None or one in elements)
    # A shear modulus alone leaves so many bulk moduli possible that none is asked for.
    bulk = target.implied_bulk_modulus() if set(target.intervals()) != {"shear_modulus"} else None
    said: dict[str, Any] = {
        "bulk_modulus": _drawn(bulk, rng),
        "shear_modulus": _drawn(target.shear_modulus, rng),
    }
    open_ = request.formula is None and request.elements is None
    if open_ and target.elements is not None and allowed:
        most = min(len(allowed), target.max_elements or len(allowed), len(_NUMBERS) + 1)
        shares = np.array(_NUMBERS[: max(most - 1, 1)])
        number = min(most, 2 + int(rng.choice(len(shares), p=shares / shares.sum())))
        said["elements"] = tuple(rng.choice(allowed, number, replace=False).tolist())
    return replace(
        request,
        **{name: value for name, value in said.items() if value is not None},
        allowed=allowed,
        most_elements=target.max_elements,
        most_sites=target.max_sites,
    )


def _drawn(interval: Any, rng: np.random.Generator) -> float | None:
    if interval is None:
        return None
    low, high = np.clip((interval.low, interval.high), *_KNOWN)
    return float(rng.uniform(low, high))
