"""Figures of a run, alone for the page and together for a file."""

from __future__ import annotations

from io import StringIO
from textwrap import wrap
from typing import TYPE_CHECKING

from elatbot_flows.report.funnel import draw_funnel, funnel_rows
from elatbot_flows.report.moduli import draw_moduli, moduli_rows, panels_of
from elatbot_flows.report.sentences import result_sentence
from elatbot_flows.report.style import INK, literal
from elatbot_flows.report.words import target_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from elatbot_flows.database.results import DesignResult

__all__ = ["as_svg", "funnel_figure", "moduli_figure", "report_figure"]

_WIDTH, _ROW, _AROUND, _LINE = 9.0, 0.27, 1.3, 0.25  # inches
_PANEL = 3.4
_CHARACTERS = 12  # in an inch


def moduli_figure(result: DesignResult) -> Figure:
    """One panel per property of the target: its band and the candidates that passed, ranked."""
    figure = _figure(_width(result), _height(moduli_rows(result)))
    draw_moduli(figure, result)
    return figure


def funnel_figure(result: DesignResult) -> Figure:
    """How many candidates came through each step, and why the others did not."""
    figure = _figure(_WIDTH, _height(funnel_rows(result.document)))
    draw_funnel(figure, result.document)
    return figure


def report_figure(result: DesignResult) -> Figure:
    """Both figures in one, the moduli above the funnel, under what was asked and found."""
    width = _width(result)
    texts = ["; ".join(target_words(result.document.run.target)), result_sentence(result)]
    lines = [line for text in texts for line in wrap(literal(text), int(_CHARACTERS * width))]
    heights = [_height(moduli_rows(result)), _height(funnel_rows(result.document))]
    figure = _figure(width, sum(heights) + _LINE * len(lines))
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, color=INK)
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    draw_moduli(figure.add_subfigure(grid[0]), result)
    draw_funnel(figure.add_subfigure(grid[1]), result.document)
    return figure


def as_svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element that takes the text colour of the page around it."""
    from matplotlib import rc_context

    buffer = StringIO()
    with rc_context({"svg.hashsalt": "elatbot_flows", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace(INK, "currentColor")


def _width(result: DesignResult) -> float:
    return max(_WIDTH, _PANEL * (len(panels_of(result)) + 0.5))


def _height(rows: int) -> float:
    return _AROUND + _ROW * rows


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
