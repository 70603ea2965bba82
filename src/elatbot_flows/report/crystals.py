"""Figure of the evaluation of generated crystals."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from elatbot_flows.report.funnel import draw_bars
from elatbot_flows.report.style import FAINT
from elatbot_flows.report.words import reason_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from elatbot_flows.evaluation.crystals import CrystalEvaluation

__all__ = ["evaluation_figure"]

_COLOUR = "#0072b2"
_ROWS = 9


def evaluation_figure(found: CrystalEvaluation) -> Figure:
    """How many crystals came through each step, and why the others did not.

    Parameters
    ----------
    found
        The evaluation.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.7), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    steps = [("submitted", found.submitted)]
    steps += [(reason_words(name), step.of_all.count) for name, step in found.steps.items()]
    reasons: Counter[str] = Counter()
    for name, step in found.steps.items():
        if name in {"parsed", "valid", "relaxed", "passed"}:
            reasons.update(step.reasons)
    others = [(reason_words(reason), count) for reason, count in reasons.most_common(_ROWS)]
    draw_bars(left, "What came through", steps, _COLOUR, _ROWS)
    draw_bars(right, "Why the others did not", others, FAINT, _ROWS)
    return figure
