"""Figure of how elastic constants depend on cut-off and k-mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from elatbot_flows.documents import ConvergenceDocument, ConvergencePoint

__all__ = ["draw_convergence"]

_CONSTANTS = ("C44", "C55", "C66")


def draw_convergence(document: ConvergenceDocument, file: str | Path) -> None:
    """Write a figure of both scans; the ending of its name says in which format.

    Parameters
    ----------
    document
        The scans, and what is enough.
    file
        Where to.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"{document.formula}, {document.message}", fontsize=8)
    columns = figure.subplots(2, 2, sharex="col").T
    scans: list[tuple[str, Sequence[ConvergencePoint], Callable[..., float], float | None]] = [
        ("distance of k-points (1/A)", document.by_mesh, _spacing, document.k_spacing),
        ("cut-off (eV)", document.by_cutoff, _cutoff, document.cutoff),
    ]
    for axes, (label, points, place, enough) in zip(columns, scans, strict=True):
        known = [point for point in points if point.bulk_modulus is not None]
        where = [place(point) for point in known]
        shears = [point.shear_constants for point in known]
        axes[0].plot(where, [point.bulk_modulus for point in known], "o-", markersize=4)
        axes[0].set_ylabel("K (GPa)")
        for name, values in zip(_CONSTANTS, zip(*shears, strict=True), strict=False):
            axes[1].plot(where, values, "o-", markersize=4, label=name)
        axes[1].set(xlabel=label, ylabel="shear constants (GPa)")
        if known:
            last = known[-1]
            share = document.bulk_tolerance * float(last.bulk_modulus or 0.0)
            _band(axes[0], float(last.bulk_modulus or 0.0), share)
            _band(axes[1], last.shear_constants[0], document.shear_tolerance)
            axes[1].legend(fontsize=7)
        for one in axes:
            if enough is not None:
                one.axvline(enough, color="0.6", linewidth=1)
    columns[0][1].invert_xaxis()
    figure.savefig(file)


def _band(axes: Axes, value: float, width: float) -> None:
    """What is allowed about the last value."""
    axes.axhspan(value - width, value + width, color="0.9", zorder=0)


def _spacing(point: ConvergencePoint) -> float:
    return point.k_spacing


def _cutoff(point: ConvergencePoint) -> float:
    return point.cutoff
