"""What a text model expects of formulas, before anything is built."""

from __future__ import annotations

from math import erf, isfinite, sqrt
from typing import TYPE_CHECKING

from elatbot_flows.documents import MethodRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.targets import DesignTarget

__all__ = ["expectation_record", "expected", "promise"]

Moments = tuple[float, float]


def expectation_record(name: str | None) -> MethodRecord | None:
    """Who says what it expects.

    Parameters
    ----------
    name
        A text model with a predictor, such as ``"elatbot-mini"``; None for nobody.
    """
    if name is None:
        return None
    from elatbot_flows.engines.mini.generator import load_generator

    info = load_generator(name).info
    return MethodRecord(
        kind="text",
        name=info.name,
        family="elatbot-mini",
        package="elatbot_flows",
        package_version=info.version,
        weights_sha256=info.weights_sha256,
        device="cpu",
        dtype="float32",
    )


def expected(name: str | None, materials: Sequence[tuple[str, str | None]]) -> list[Moments | None]:
    """Mean and spread of the bulk modulus, GPa, and None for what the model does not know.

    Parameters
    ----------
    name
        As `expectation_record`.
    materials
        Formula and crystal system, None where it is not known.
    """
    if name is None:
        return [None] * len(materials)
    from pymatgen.core import Composition

    from elatbot_flows.engines.mini.generator import load_generator

    generator = load_generator(name)
    known = set(generator.info.elements)
    usable = [
        (formula, system)
        for formula, system in materials
        if system and {element.symbol for element in Composition(formula).elements} <= known
    ]
    moments = dict(zip(usable, generator.predict_bulk_modulus(usable), strict=True))
    return [moments.get((formula, system or "")) for formula, system in materials]


def promise(moments: Moments | None, target: DesignTarget | None) -> float:
    """Probability that the bulk modulus lies where the target needs it, were it normal."""
    interval = None if target is None else target.implied_bulk_modulus()
    if interval is None or moments is None:
        return 0.0
    return _below(interval.high, moments) - _below(interval.low, moments)


def _below(edge: float, moments: Moments) -> float:
    mean, spread = moments
    if not isfinite(edge):
        return 1.0 if edge > 0 else 0.0
    return 0.5 * (1 + erf((edge - mean) / (sqrt(2) * max(spread, 1.0))))
