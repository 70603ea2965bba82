"""Figure of the funnel: what came through each step, and why the others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.report.style import FAINT, INK, centred, dress, literal
from elatbot_flows.report.words import funnel, reason_words, reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from elatbot_flows.documents import DesignDocument

__all__ = ["draw_bars", "draw_funnel", "funnel_rows"]

_COLOUR = "#0072b2"
_FEWEST_ROWS = 7


def funnel_rows(document: DesignDocument) -> int:
    """Rows that :func:`draw_funnel` needs room for."""
    return max(_FEWEST_ROWS, len(document.counts.rejected))


def draw_funnel(figure: FigureBase, document: DesignDocument) -> None:
    """Draw the funnel at the left and the reasons at the right of `figure`."""
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    rows = funnel_rows(document)
    draw_bars(left, "What came through", funnel(document.run, document.counts), _COLOUR, rows)
    others = [(reason_words(reason), number) for reason, number in reasons(document.counts)]
    draw_bars(right, "Why the others did not", others, FAINT, rows)


def draw_bars(
    axes: Axes, title: str, bars: Sequence[tuple[str, int]], colour: str, rows: int
) -> None:
    """Horizontal bars with their numbers, the first on top."""
    numbers = [number for _, number in bars]
    axes.set_title(title, fontsize=10, loc="center")
    if bars:
        drawn = axes.barh(range(len(bars)), numbers, height=0.66, color=colour)
        axes.bar_label(drawn, padding=4, color=INK, fontsize=9)
    else:
        centred(axes, "none was given up")
    axes.set_yticks(range(len(bars)), [literal(words) for words, _ in bars])
    axes.set_xticks([])
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xlim(0, 1.18 * max([*numbers, 1]))
    dress(axes)
    axes.spines["bottom"].set_visible(False)
