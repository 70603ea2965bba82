"""How a training went, as numbers and as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import LearningPoint
from elatbot_flows.training.finetune.careful import LOSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["CURVE", "draw_curve", "learning_curve"]

CURVE = "learning_curve.png"
"""File name of the figure."""


def learning_curve(history: Iterable[dict[str, Any]]) -> list[LearningPoint]:
    """Points by step, of what the Trainer logged."""
    points: dict[int, dict[str, float]] = {}
    names = {"loss": "loss", LOSS: "validation_loss", "learning_rate": "learning_rate"}
    for entry in history:
        told = {names[name]: float(value) for name, value in entry.items() if name in names}
        if told:
            points.setdefault(int(entry["step"]), {}).update(told)
    return [LearningPoint(step=step, **points[step]) for step in sorted(points)]


def draw_curve(
    points: Sequence[LearningPoint], best: int, file: Path, objective: str = "answers"
) -> None:
    """Write a PNG of the losses over the steps.

    Parameters
    ----------
    points
        From `learning_curve`.
    best
        Step whose weights were kept.
    file
        Where to.
    objective
        What was taught, see `elatbot_flows.documents.TrainedModel`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    trained = [(p.step, p.loss) for p in points if p.loss is not None]
    looked = [(p.step, p.validation_loss) for p in points if p.validation_loss is not None]
    for rows, style, label in ((trained, "-", "training"), (looked, "o-", "validation")):
        if rows:
            axes.plot(*zip(*rows, strict=True), style, label=label, markersize=4)
    axes.axvline(best, color="0.6", linewidth=1, label=f"kept: step {best}")
    unit = "pair" if objective == "preferences" else "token of the answers"
    axes.set(xlabel="step", ylabel=f"loss (nats per {unit})")
    if all(value > 0 for _, value in trained + looked):
        axes.set_yscale("log")
    axes.legend()
    figure.savefig(file)
