"""Figure of the moduli: the band of every property in the target and the validated candidates."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from elatbot_flows.report.style import BAND, FAINT, INK, MARKERS, centred, dress, literal
from elatbot_flows.report.words import (
    number,
    plain_formula,
    property_words,
    signed,
    target_intervals,
    validated,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from elatbot_flows.documents import CandidateDocument, DesignDocument
    from elatbot_flows.targets import Interval

__all__ = ["MOST_ROWS", "draw_moduli", "moduli_rows"]

MOST_ROWS = 100
"""Candidates drawn at most, best first; the table of the report lists all."""

_FEWEST_ROWS = 3
_TEXT_MODEL, _SCREENING = "text model ± std", "screening (clamped ions)"
_GREEK = {"nu": r"$\nu$"}
_LEGEND = ("target", *MARKERS, _TEXT_MODEL, _SCREENING)


def moduli_rows(document: DesignDocument) -> int:
    """Rows that :func:`draw_moduli` needs room for."""
    return max(_FEWEST_ROWS, min(len(validated(document)), MOST_ROWS))


def draw_moduli(figure: FigureBase, document: DesignDocument) -> None:
    """Draw one panel per property of the target, a row per candidate, best on top.

    The points of a verdict have the group id ``"<verdict>-<property>"``.
    """
    candidates = validated(document)
    shown = candidates[:MOST_ROWS]
    intervals = target_intervals(document.run.target)
    panels = figure.subplots(1, len(intervals), sharey=True, squeeze=False)[0]
    for panel, (name, interval) in zip(panels, intervals.items(), strict=True):
        _draw_band(panel, name, interval)
        if name == "bulk_modulus":
            _draw_expected(panel, shown)
            _draw_screened(panel, shown)
        _draw_values(panel, name, shown)
        if not shown:
            low, high = _drawn_edges(interval)
            aside = (high - low) or 1.0
            panel.set_xlim(low - aside, high + aside)
            centred(panel, "no validated candidates")
    panels[0].set_yticks(range(len(shown)), [_row_label(c) for c in shown])
    panels[0].set_ylim(moduli_rows(document) - 0.4, -0.6)
    _legend(figure, panels)
    if len(candidates) > len(shown):
        figure.supxlabel(f"the best {len(shown)} of {len(candidates)}", color=FAINT, fontsize=9)


def _draw_band(axes: Axes, name: str, interval: Interval) -> None:
    prop = PROPERTIES[name]
    axes.axvspan(*_drawn_edges(interval), color=BAND, alpha=0.25, lw=0, label="target")
    for edge in filter(isfinite, interval.edges):
        axes.axvline(edge, color=BAND, lw=1)
    unit = f" ({prop.unit})" if prop.unit else ""
    axes.set_xlabel(f"{property_words(name)} {_GREEK.get(prop.symbol, prop.symbol)}{unit}")
    axes.margins(x=0.08)
    dress(axes)


def _drawn_edges(interval: Interval) -> tuple[float, float]:
    """Where the band ends; on an open side as far away as the other edge is from zero."""
    low, high = interval.edges
    return (
        low if isfinite(low) else high - abs(high or 1.0),
        high if isfinite(high) else low + abs(low or 1.0),
    )


_BEHIND: dict[str, Any] = {"color": FAINT, "alpha": 0.8, "zorder": 2, "linestyle": "none"}


def _draw_expected(axes: Axes, candidates: Sequence[CandidateDocument]) -> None:
    """What the text model expected, faint and behind the values."""
    points = [
        (c.predicted_bulk_modulus, row, c.predicted_bulk_modulus_std or 0.0)
        for row, c in enumerate(candidates)
        if c.predicted_bulk_modulus is not None
    ]
    if points:
        x, y, std = zip(*points, strict=True)
        axes.errorbar(
            x, y, xerr=std, marker="D", ms=4, mfc="none", elinewidth=0.8, label=_TEXT_MODEL,
            **_BEHIND,
        )  # fmt: skip


def _draw_screened(axes: Axes, candidates: Sequence[CandidateDocument]) -> None:
    """What the cheap screening estimated, faint and behind the values."""
    points = [
        (c.screening_bulk_modulus, row)
        for row, c in enumerate(candidates)
        if c.screening_bulk_modulus is not None
    ]
    if points:
        x, y = zip(*points, strict=True)
        axes.plot(x, y, marker="|", ms=9, mew=1.6, label=_SCREENING, **_BEHIND)


def _draw_values(axes: Axes, name: str, candidates: Sequence[CandidateDocument]) -> None:
    """Validated values by verdict, and in a column at the right value and margin in numbers."""
    values = {row: getattr(c, name) for row, c in enumerate(candidates)}
    for verdict, (marker, colour) in MARKERS.items():
        rows = [
            r for r, c in enumerate(candidates) if c.verdict == verdict and values[r] is not None
        ]
        if rows:
            axes.scatter(
                [values[row] for row in rows], rows, s=52, marker=marker, color=colour, zorder=3,
                edgecolor="white", linewidth=0.6, label=verdict, gid=f"{verdict}-{name}",
            )  # fmt: skip
    column: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 8.5}
    column |= {"va": "center", "ha": "left"}
    for row, candidate in enumerate(candidates):
        margin = signed(candidate.margins.get(name), name)
        axes.text(1.02, row, f"{number(values[row], name)}  ({margin})", color=INK, **column)
    if candidates:
        axes.text(1.02, -0.9, "value (margin)", color=FAINT, **column)


def _legend(figure: FigureBase, panels: Sequence[Axes]) -> None:
    """One legend for all panels, in a fixed order."""
    handles: dict[str, Artist] = {}
    for panel in panels:
        found, names = panel.get_legend_handles_labels()
        handles |= dict(zip(names, found, strict=True))
    labels = [label for label in _LEGEND if label in handles]
    style: dict[str, Any] = {"frameon": False, "labelcolor": INK, "fontsize": 9}
    figure.legend(
        [handles[label] for label in labels],
        labels,
        loc="outside upper left",
        ncols=len(_LEGEND),
        handletextpad=0.5,
        **style,
    )


def _row_label(candidate: CandidateDocument) -> str:
    from pymatgen.util.string import latexify

    formula = candidate.formula or "?"
    typeset = latexify(formula) if plain_formula(formula) else literal(formula[:30])
    return f"{candidate.rank or ''}   {typeset}"
