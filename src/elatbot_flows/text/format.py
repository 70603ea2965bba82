"""What a text model may be asked, whatever its dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elatbot_flows.text.question import Limits

__all__ = ["MaterialRequest"]


@dataclass(frozen=True)
class MaterialRequest:
    """A material that is wanted.

    Parameters
    ----------
    bulk_modulus
        Voigt bulk modulus, GPa; None to leave it open, which only the compact dialect can.
    temperature
        K.
    number, elements
        How many different elements, and which to choose from; None to leave them open. Only the
        compact dialect can say them.
    limits
        What the answer is held to, where the engine can.
    """

    bulk_modulus: float | None
    temperature: float = 0.0
    number: int | None = None
    elements: tuple[str, ...] | None = None
    limits: Limits | None = None
