"""Figures of a design run, alone for the page and together for a file."""

from __future__ import annotations

from io import StringIO
from textwrap import wrap
from typing import TYPE_CHECKING

from elatbot_flows.report.funnel import draw_funnel, funnel_rows
from elatbot_flows.report.moduli import draw_moduli, moduli_rows
from elatbot_flows.report.style import INK, literal
from elatbot_flows.report.words import result_sentence, target_intervals, target_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from elatbot_flows.documents import DesignDocument

__all__ = ["as_svg", "funnel_figure", "moduli_figure", "report_figure"]

_WIDTH, _ROW, _AROUND, _LINE = 9.0, 0.27, 1.3, 0.25  # inches
_PANEL = 2.4
_CHARACTERS = 12  # in an inch


def moduli_figure(document: DesignDocument) -> Figure:
    """One panel per property of the target: its band and the validated candidates, ranked."""
    figure = _figure(_width(document), _height(moduli_rows(document)))
    draw_moduli(figure, document)
    return figure


def funnel_figure(document: DesignDocument) -> Figure:
    """How many candidates came through each step, and why the others did not."""
    figure = _figure(_WIDTH, _height(funnel_rows(document.counts)))
    draw_funnel(figure, document.counts)
    return figure


def report_figure(document: DesignDocument) -> Figure:
    """Both figures in one, the moduli above the funnel, under what was asked and found."""
    width = _width(document)
    texts = ["; ".join(target_words(document.run.target)), result_sentence(document)]
    lines = [line for text in texts for line in wrap(literal(text), int(_CHARACTERS * width))]
    heights = [_height(moduli_rows(document)), _height(funnel_rows(document.counts))]
    figure = _figure(width, sum(heights) + _LINE * len(lines))
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, color=INK)
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    draw_moduli(figure.add_subfigure(grid[0]), document)
    draw_funnel(figure.add_subfigure(grid[1]), document.counts)
    return figure


def as_svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element that takes the text colour of the page around it."""
    from matplotlib import rc_context

    buffer = StringIO()
    with rc_context({"svg.hashsalt": "elatbot_flows", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace(INK, "currentColor")


def _width(document: DesignDocument) -> float:
    panels = len(target_intervals(document.run.target))
    return max(_WIDTH, _PANEL * (panels + 1))


def _height(rows: int) -> float:
    return _AROUND + _ROW * rows


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
