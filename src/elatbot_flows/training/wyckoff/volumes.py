"""Fit the volumes of compounds: ridge regression that large errors pull at less.

::

    python -m elatbot_flows.training.wyckoff.volumes FOLDER --out FILE
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.crystals.geometry import bonded_volume, elemental_volume
from elatbot_flows.crystals.volumes import VolumeFit, describe_volume, standardized_elements
from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.wyckoff.lessons import lessons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from elatbot_flows.training.wyckoff.lessons import Lesson

    Array = NDArray[np.float64]

__all__ = ["fit_volumes", "main", "questions"]

_LARGE = 0.08
"""Errors of logarithms above this count linearly (Huber)."""
_COLUMNS, _OWN, _REST = 3.0, 1.0, 0.1
"""Penalties of what properties of elements, elements by themselves and the rest contribute."""
_ROUNDS = 10
_MOST_SITES = 24


def questions(found: Iterable[Lesson]) -> tuple[Array, Array]:
    """What is known of each compound and the logarithm of its volume over that of its elements."""
    rows = [row for lesson in found if (row := _question(lesson)) is not None]
    return np.array([known for known, _ in rows]), np.array([answer for _, answer in rows])


def _question(lesson: Lesson) -> tuple[Array, float] | None:
    if lesson.source == "prototypes" or lesson.crystal.kind.primitive_sites > _MOST_SITES:
        return None
    if len(lesson.crystal.elements) == 1:
        return None
    try:
        structure = lesson.crystal.structure()
        elemental, bonded = elemental_volume(structure.composition), bonded_volume(structure)
    except ElatbotError:
        return None
    if bonded is None:
        return None
    known = describe_volume(structure.composition, float(np.log(bonded / elemental)))
    return known, float(np.log(lesson.volume * len(structure) / elemental))


def fit_volumes(known: Array, answers: Array) -> VolumeFit:
    """Fit coefficients; those of elements are what their properties say and a part of their own.

    Parameters
    ----------
    known, answers
        As `questions` gives them.
    """
    table = standardized_elements()
    count, columns = table.shape
    wide = np.hstack([known, known[:, :count] @ table, known[:, count : 2 * count] @ table])
    rest = known.shape[1] - 2 * count - 2 * columns
    penalties = np.repeat(
        [_OWN, _COLUMNS, _REST, _COLUMNS], [2 * count, 2 * columns, rest, 2 * columns]
    )
    weights = np.ones(len(answers))
    for _ in range(_ROUNDS):
        weighed = wide * weights[:, None]
        found = np.linalg.solve(weighed.T @ wide + np.diag(penalties), weighed.T @ answers)
        weights = 1 / np.maximum(1.0, np.abs(answers - wide @ found) / _LARGE)
    coefficients = found[: known.shape[1]].copy()
    first, second = np.split(found[known.shape[1] :], 2)
    coefficients[:count] += table @ first
    coefficients[count : 2 * count] += table @ second
    return VolumeFit(np.asarray(coefficients, dtype=np.float64))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: fit, say how well other compounds are met, and write."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.wyckoff.volumes", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    found, _ = lessons(options.folder)
    fit = fit_volumes(*questions(one for one in found if one.part != "test"))
    known, answers = questions(one for one in found if one.part == "test")
    off = np.abs(known @ fit.coefficients - answers)
    sys.stdout.write(f"{len(off)} other compounds, off by {np.median(off):.1%} (median)\n")
    np.savez_compressed(options.out, coefficients=fit.coefficients.astype(np.float32))


if __name__ == "__main__":
    main()
