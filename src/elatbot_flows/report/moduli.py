"""Figure of the moduli: estimates with their intervals against the bands of the target."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from elatbot_flows.report.evidence import judges_of, said_by
from elatbot_flows.report.style import BAND, FAINT, INK, MARKERS, centred, dress, literal
from elatbot_flows.report.words import (
    estimated,
    plain_formula,
    probability_words,
    property_words,
    target_intervals,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument
    from elatbot_flows.targets import Interval

__all__ = ["MOST_ROWS", "draw_moduli", "moduli_rows", "panels_of"]

MOST_ROWS = 100
"""Candidates drawn at most, best first; the table of the report lists all."""

_FEWEST_ROWS = 3
_WITHOUT_TARGET = ("bulk_modulus", "shear_modulus")
_GREEK = {"nu": r"$\nu$"}
_RAW = ("|", "x", "+", "1", "2", "3", "4")
_BEHIND: dict[str, Any] = {"color": FAINT, "alpha": 1.0, "zorder": 2, "linestyle": "none"}


def moduli_rows(result: DesignResult) -> int:
    """Rows that :func:`draw_moduli` needs room for."""
    return max(_FEWEST_ROWS, min(len(result.passed), MOST_ROWS))


def panels_of(result: DesignResult) -> dict[str, Interval | None]:
    """Properties that are drawn, with what is asked of them; K and G if nothing is."""
    asked = target_intervals(result.document.run.target)
    return {**asked} or dict.fromkeys(_WITHOUT_TARGET)


def draw_moduli(figure: FigureBase, result: DesignResult) -> None:
    """Draw one panel per property of the target, a row per candidate, best on top.

    The estimates of a verdict have the group id ``"<verdict>-<property>"``, the bands
    ``"band-<property>"``.
    """
    candidates = result.passed
    shown = candidates[:MOST_ROWS]
    asked = panels_of(result)
    panels = figure.subplots(1, len(asked), sharey=True, squeeze=False)[0]
    for panel, (name, interval) in zip(panels, asked.items(), strict=True):
        _label(panel, name)
        _draw_raw(panel, name, shown)
        _draw_estimates(panel, name, shown)
        if not shown:
            centred(panel, "no candidate passed")
        if interval is not None:
            _draw_band(panel, name, interval, empty=not shown)
    panels[0].set_yticks(range(len(shown)), [_row_label(c) for c in shown])
    panels[0].set_ylim(moduli_rows(result) - 0.4, -0.6)
    _legend(figure, panels)
    if len(candidates) > len(shown):
        figure.supxlabel(f"the best {len(shown)} of {len(candidates)}", color=FAINT, fontsize=9)


def _label(axes: Axes, name: str) -> None:
    prop = PROPERTIES[name]
    unit = f" ({prop.unit})" if prop.unit else ""
    axes.set_xlabel(f"{property_words(name)} {_GREEK.get(prop.symbol, prop.symbol)}{unit}")
    axes.margins(x=0.08)
    dress(axes)


def _draw_band(axes: Axes, name: str, interval: Interval, *, empty: bool) -> None:
    """The wanted values; a band that is open on one side ends where the axis ends."""
    edges = [edge for edge in (interval.low, interval.high) if isfinite(edge)]
    aside = 0.1 * max(abs(edge) for edge in edges) or 0.1
    left, right = (min(edges), max(edges)) if empty else axes.get_xlim()
    left, right = min(left, edges[0] - aside), max(right, edges[-1] + aside)
    band = max(interval.low, left), min(interval.high, right)
    axes.axvspan(*band, color=BAND, alpha=0.25, lw=0, label="target", gid=f"band-{name}")
    for edge in edges:
        axes.axvline(edge, color=BAND, lw=1)
    axes.set_xlim(left, right)


def _draw_raw(axes: Axes, name: str, candidates: Sequence[CandidateDocument]) -> None:
    """What each judge says by itself, faint and behind the estimates."""
    for number, judge in enumerate(judges_of(candidates)):
        said = [getattr(said_by(c, judge), name, None) for c in candidates]
        points = [(value, row) for row, value in enumerate(said) if value is not None]
        if points:
            x, y = zip(*points, strict=True)
            marker = _RAW[number % len(_RAW)]
            axes.plot(x, y, marker=marker, ms=7, mew=1.3, label=literal(judge), **_BEHIND)


def _draw_estimates(axes: Axes, name: str, candidates: Sequence[CandidateDocument]) -> None:
    """Estimates with their intervals by verdict, and in numbers in a column at the right."""
    column: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 8.5}
    column |= {"va": "center", "ha": "left"}
    found = {
        row: getattr(c.estimate, name) for row, c in enumerate(candidates) if c.estimate is not None
    }
    for verdict, (marker, colour) in MARKERS.items():
        rows = [row for row in found if candidates[row].verdict == verdict]
        if not rows:
            continue
        own = [found[row] for row in rows]
        middle = [one.value for one in own]
        axes.hlines(
            rows,
            [one.low for one in own],
            [one.high for one in own],
            color=colour,
            lw=2,
            zorder=1.5,
        )
        axes.scatter(
            middle, rows, s=46, marker=marker, color=colour, zorder=3, edgecolor="white",
            linewidth=0.6, label=verdict, gid=f"{verdict}-{name}",
        )  # fmt: skip
    for row, one in found.items():
        value, low, high = (estimated(v, name) for v in (one.value, one.low, one.high))
        chance = candidates[row].probabilities.get(name)
        words = f"{value} ({low} to {high})"
        words += "" if chance is None else f"  {probability_words(chance)}"
        axes.text(1.02, row, words, color=INK, **column)
    if found:
        axes.text(1.02, -0.9, "estimate (90 % interval)  probability", color=FAINT, **column)


def _legend(figure: FigureBase, panels: Sequence[Axes]) -> None:
    """One legend for all panels: the band, verdicts in their order, then the judges."""
    handles: dict[str, Artist] = {}
    for panel in panels:
        found, names = panel.get_legend_handles_labels()
        handles |= dict(zip(names, found, strict=True))
    first = [label for label in ("target", *MARKERS) if label in handles]
    labels = first + [label for label in handles if label not in first]
    style: dict[str, Any] = {"frameon": False, "labelcolor": INK, "fontsize": 9}
    figure.legend(
        [handles[label] for label in labels],
        labels,
        loc="outside upper left",
        ncols=max(len(labels), 1),
        handletextpad=0.5,
        **style,
    )


def _row_label(candidate: CandidateDocument) -> str:
    from pymatgen.util.string import latexify

    formula = candidate.formula or "?"
    typeset = latexify(formula) if plain_formula(formula) else literal(formula[:30])
    return f"{candidate.rank or ''}   {typeset}"
