"""Colours of the figures and the dress of their axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BAND", "FAINT", "INK", "MARKERS", "centred", "dress", "literal"]

INK, FAINT = "#1f2430", "#7b8494"
"""Colours of text and of what stays in the background, readable on white and on black."""

# Colours of Okabe and Ito, which people with colour-blindness can tell apart.
BAND = "#56b4e9"
"""Colour of a target band."""

MARKERS = {
    "hit": ("o", "#009e73"),
    "open": ("D", "#e69f00"),
    "miss": ("X", "#d55e00"),
    "unknown": ("s", "#cc79a7"),
}
"""Marker and colour of every verdict, in the order in which candidates are ranked."""


def dress(axes: Axes) -> None:
    """Ink for everything that is not data, and no frame but the axis at the bottom."""
    axes.patch.set_visible(False)
    axes.xaxis.label.set_color(INK)
    axes.title.set_color(INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.tick_params(axis="y", length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(FAINT)


def centred(axes: Axes, text: str) -> None:
    """Write `text` in the middle of empty axes."""
    place: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, text, color=INK, **place)


def literal(text: str) -> str:
    """Text in which Matplotlib finds no mathematics."""
    return text.replace("$", r"\$")
