"""ElaTBot's answer to a question for a bulk modulus: one number in GPa with up to two decimals."""

from __future__ import annotations

from elatbot_flows.text.literal import parse_number

__all__ = ["parse", "render"]


def render(value: float) -> str:
    """Write a modulus in GPa rounded to 0.01: 255.2222 becomes ``"255.22"``, 77 ``"77.0"``."""
    return str(round(float(value), 2))


def parse(text: str) -> float:
    """Read a modulus in GPa.

    Raises
    ------
    ParseError
        With reason ``"not_a_number"`` or ``"not_finite"``.
    """
    return parse_number(text)
