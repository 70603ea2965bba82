"""Figure of Young's modulus along directions: its surface and three plane cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity import directional_moduli, moduli_from_tensor, youngs_modulus
from elatbot_flows.report.style import BAND, FAINT, INK, literal

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d import Axes3D
    from numpy.typing import ArrayLike, NDArray

    from elatbot_flows.elasticity import Extremes

__all__ = ["directional_figure", "write_directional_plot"]

_COLOURS = "viridis"
_SIZE = (9.0, 7.6)  # inches
_STEPS = 121
_CUTS = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}
_NAMES = "xyz"
_LAMP = np.array([0.70, -0.05, 0.71])


def directional_figure(tensor: ArrayLike, title: str = "") -> Figure:
    """Young's modulus of a crystal along all directions, in GPa.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, GPa, positive definite.
    title
        What the crystal is called, printed as it is.

    Raises
    ------
    ValueError
        If the tensor is not a positive definite 6x6 matrix.
    """
    from matplotlib.figure import Figure

    extremes = directional_moduli(tensor)
    figure = Figure(figsize=_SIZE)
    if title:
        figure.suptitle(literal(title), x=0.04, y=0.975, ha="left", fontsize=13, color=INK)
    _draw_surface(figure, tensor, extremes.youngs_modulus)
    hill = moduli_from_tensor(tensor)
    rows = {
        "Young's modulus E": (extremes.youngs_modulus, hill.youngs_modulus, 1.0),
        "shear modulus G": (extremes.shear_modulus, hill.shear_modulus, 1.0),
        "Poisson ratio": (extremes.poisson_ratio, hill.poisson_ratio, 1.0),
        "linear compressibility": (
            extremes.linear_compressibility,
            1 / (3 * hill.bulk_modulus),
            1e3,
        ),
    }
    _write_table(figure, rows)
    _draw_cuts(figure, tensor, hill.youngs_modulus)
    return figure


def write_directional_plot(tensor: ArrayLike, path: str | Path, title: str = "") -> None:
    """Draw :func:`directional_figure` into a file.

    Parameters
    ----------
    tensor, title
        As there.
    path
        File to write; its ending tells the format, such as ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    ValueError
        If the tensor is not a positive definite 6x6 matrix, or the format is unknown.
    """
    directional_figure(tensor, title).savefig(path, dpi=160, facecolor="white")


def _draw_surface(figure: Figure, tensor: ArrayLike, extremes: Extremes) -> None:
    """The surface whose distance from the centre is the modulus, coloured by it."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes: Any = figure.add_axes((-0.02, 0.36, 0.56, 0.60), projection="3d")
    directions = _sphere()
    values = youngs_modulus(tensor, directions)
    x, y, z = np.moveaxis(directions * values[..., None], -1, 0)
    scale = Normalize(*_colour_range(extremes))
    middle = 0.25 * (values[1:, 1:] + values[1:, :-1] + values[:-1, 1:] + values[:-1, :-1])
    faces = colormaps[_COLOURS](scale(middle))
    faces[..., :3] *= _light(np.stack([x, y, z], axis=-1))[..., None]
    axes.computed_zorder = False  # the axes point at the reader and are drawn last
    axes.plot_surface(
        x, y, z, rstride=1, cstride=1, facecolors=faces, shade=False,
        linewidth=0, antialiased=False, zorder=1, rasterized=True,
    )  # fmt: skip
    _draw_arrows(axes, tensor, extremes.maximum)
    colours = figure.add_axes((0.52, 0.45, 0.014, 0.40))
    bar = figure.colorbar(ScalarMappable(scale, _COLOURS), cax=colours)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(colors=INK, labelsize=9, length=0)
    bar.ax.set_title("E (GPa)", fontsize=9, color=INK, pad=8)


def _light(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How bright the faces of a surface are; never so dark that their colour is another one."""
    normals = np.cross(
        points[1:, 1:] - points[:-1, :-1], points[:-1, 1:] - points[1:, :-1], axis=-1
    )
    lengths = np.linalg.norm(normals, axis=-1)
    facing = normals @ _LAMP / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(0.84 + 0.16 * facing)


def _draw_arrows(axes: Axes3D, tensor: ArrayLike, largest: float) -> None:
    """Axes from the surface outwards, and no box around them."""
    axes.set_axis_off()
    ends = 1.28 * largest
    for name, direction, value in zip(
        _NAMES, np.eye(3), youngs_modulus(tensor, np.eye(3)), strict=True
    ):
        start, stop = float(value) * direction, ends * direction
        axes.plot(*np.column_stack([start, stop]), color=INK, lw=1.1, zorder=2)
        axes.text(*(1.12 * stop), name, color=INK, fontsize=11, ha="center", va="center")
    reach = 0.80 * ends
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    axes.set_box_aspect((1, 1, 1), zoom=1.28)
    axes.view_init(elev=22, azim=38)


def _write_table(figure: Figure, rows: dict[str, tuple[Extremes, float, float]]) -> None:
    """Smallest and largest values, Hill's mean, and where the extremes are."""
    axes = figure.add_axes((0.615, 0.43, 0.37, 0.46))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    units = ("GPa", "GPa", "", "1/TPa")
    place = 1.0
    for (name, (found, mean, factor)), unit in zip(rows.items(), units, strict=True):
        axes.text(0, place, name + (f" ({unit})" if unit else ""), color=INK, fontsize=10)
        lines = [
            ("min", found.minimum * factor, _direction(found.minimum_direction)),
            ("max", found.maximum * factor, _direction(found.maximum_direction)),
            ("Hill", mean * factor, ""),
        ]
        if np.isclose(found.minimum, found.maximum, rtol=1e-6):
            lines = [("all", found.minimum * factor, "the same along all directions")]
        for k, (word, value, where) in enumerate(lines, start=1):
            y = place - 0.055 * k
            axes.text(0.02, y, word, color=FAINT, fontsize=9)
            axes.text(0.30, y, _number(value), color=INK, fontsize=9, ha="right")
            axes.text(0.35, y, where, color=FAINT, fontsize=9)
        place -= 0.055 * (len(lines) + 1) + 0.035


def _draw_cuts(figure: Figure, tensor: ArrayLike, mean: float) -> None:
    """Polar curves in the three planes of the axes, all of one scale."""
    turn = np.linspace(0, 2 * np.pi, 361)
    curves = {name: youngs_modulus(tensor, _circle(turn, *axes)) for name, axes in _CUTS.items()}
    top = 1.08 * max(mean, *(float(curve.max()) for curve in curves.values()))
    for place, (name, curve) in enumerate(curves.items()):
        axes: Any = figure.add_axes((0.05 + 0.325 * place, 0.075, 0.25, 0.25), projection="polar")
        axes.plot(turn, curve, color=INK, lw=1.6, gid=f"cut-{name}")
        axes.fill(turn, curve, color=BAND, alpha=0.30, lw=0)
        axes.plot(turn, np.full_like(turn, mean), color=FAINT, lw=1, ls=(0, (4, 3)))
        axes.set_ylim(0, top)
        _dress_cut(axes, name)
    style: dict[str, Any] = {"color": FAINT, "fontsize": 9, "ha": "left"}
    figure.text(
        0.04, 0.018, "E (GPa) in planes of two axes; dashed: isotropic mean of Hill", **style
    )


def _dress_cut(axes: Any, name: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.patch.set_visible(False)
    axes.spines["polar"].set_visible(False)
    axes.grid(color=FAINT, alpha=0.35, lw=0.6)
    axes.set_thetagrids([0, 90, 180, 270], [name[0], name[1], f"-{name[0]}", f"-{name[1]}"])
    axes.tick_params(axis="x", colors=INK, labelsize=10, pad=1)
    axes.yaxis.set_major_locator(MaxNLocator(3, prune="lower"))
    axes.tick_params(axis="y", colors=FAINT, labelsize=8)
    axes.set_rlabel_position(22)
    axes.set_title(f"{name} plane", fontsize=10, color=INK, pad=12)


def _sphere() -> NDArray[np.float64]:
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, _STEPS), np.linspace(0, 2 * np.pi, 2 * _STEPS - 1), indexing="ij"
    )
    across = np.sin(polar)
    parts = [across * np.cos(azimuth), across * np.sin(azimuth), np.cos(polar)]
    return np.stack(parts, axis=-1)


def _circle(turn: NDArray[np.float64], first: int, second: int) -> NDArray[np.float64]:
    points = np.zeros((len(turn), 3))
    points[:, first], points[:, second] = np.cos(turn), np.sin(turn)
    return points


def _colour_range(extremes: Extremes) -> tuple[float, float]:
    """The extremes; a range around them where rounding alone tells them apart."""
    low, high = extremes.minimum, extremes.maximum
    return (low, high) if high - low > 1e-6 * high else (0.9 * low, 1.1 * high)


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _direction(direction: tuple[float, float, float]) -> str:
    return "n = (" + ", ".join(f"{c + 0.0:.2f}" for c in direction) + ")"
