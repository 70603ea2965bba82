"""What a text model expects of formulas, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, isfinite, prod, sqrt
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import MethodRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["Expected", "expectation_record", "expected", "promise"]

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


@dataclass(frozen=True)
class Expected:
    """Mean and spread of moduli, GPa; None where the model does not know the material.

    Parameters
    ----------
    bulk, shear
        Which.
    """

    bulk: Moments | None = None
    shear: Moments | None = None

    def fields(self) -> dict[str, Any]:
        """As a row of the ledger has them."""
        return {"expected": self.bulk, "expected_shear": self.shear}


def expected(name: str | None, materials: Sequence[tuple[str, str | None]]) -> list[Expected]:
    """What is expected of materials.

    Parameters
    ----------
    name
        As `expectation_record`.
    materials
        Formula and crystal system, None where it is not known.
    """
    if name is None:
        return [Expected()] * len(materials)
    from pymatgen.core import Composition

    from elatbot_flows.engines.mini.generator import load_generator

    generator = load_generator(name)
    known = set(generator.info.elements)
    usable = [
        (formula, system)
        for formula, system in materials
        if system and {element.symbol for element in Composition(formula).elements} <= known
    ]
    bulk, shear = generator.predict_bulk_modulus(usable), generator.predict_shear_modulus(usable)
    told = dict(zip(usable, map(Expected, bulk, shear), strict=True))
    return [told.get((formula, system or ""), Expected()) for formula, system in materials]


def promise(moduli: Expected, target: DesignTarget | None) -> float:
    """Probability that the moduli lie where the target needs them, were they normal and apart."""
    if target is None:
        return 0.0
    wanted = ((moduli.bulk, target.implied_bulk_modulus()), (moduli.shear, target.shear_modulus))
    asked = [(moments, interval) for moments, interval in wanted if interval is not None]
    if not asked or any(moments is None for moments, _ in asked):
        return 0.0
    return prod(_inside(interval, moments) for moments, interval in asked if moments)


def _inside(interval: Interval, moments: Moments) -> float:
    return _below(interval.high, moments) - _below(interval.low, moments)


def _below(edge: float, moments: Moments) -> float:
    mean, spread = moments
    if not isfinite(edge):
        return 1.0 if edge > 0 else 0.0
    return 0.5 * (1 + erf((edge - mean) / (sqrt(2) * max(spread, 1.0))))
