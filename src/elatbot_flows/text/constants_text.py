"""A short answer for an elastic tensor: the independent constants of the Laue class alone.

A cubic crystal needs ``C11=172.6, C12=115.4, C44=89.9`` where the published format spends 36
numbers, and an answer in this format cannot break the symmetry. Axes follow the IEEE convention:
the unique axis is y for monoclinic crystals and z for tetragonal, trigonal and hexagonal ones; x is
a twofold axis for the Laue classes 4/mmm, -3m and 6/mmm. The relations are those of Nye, Physical
Properties of Crystals (1985), table 9.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.laue import LAUE_CLASSES, laue_class, project_on_laue_class
from elatbot_flows.errors import ParseError
from elatbot_flows.text.literal import parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "LAUE_CLASSES",
    "constant_names",
    "constants_from_tensor",
    "laue_class",
    "parse",
    "render",
    "tensor_from_constants",
]

_HEXAGONAL = "C11 C12 C13 C33 C44; C22=C11 C23=C13 C55=C44 C66=C11/2-C12/2"
_TRIGONAL = "C11 C12 C13 C14 C33 C44; C22=C11 C23=C13 C24=-C14 C56=C14 C55=C44 C66=C11/2-C12/2"
_CUBIC = "C11 C12 C44; C22=C11 C33=C11 C13=C12 C23=C12 C55=C44 C66=C44"
_RELATIONS = {
    "-1": " ".join(f"C{i}{j}" for i in range(1, 7) for j in range(i, 7)),
    "2/m": "C11 C12 C13 C15 C22 C23 C25 C33 C35 C44 C46 C55 C66",
    "mmm": "C11 C12 C13 C22 C23 C33 C44 C55 C66",
    "4/m": "C11 C12 C13 C16 C33 C44 C66; C22=C11 C23=C13 C26=-C16 C55=C44",
    "4/mmm": "C11 C12 C13 C33 C44 C66; C22=C11 C23=C13 C55=C44",
    "-3": _TRIGONAL.replace("C14 C33", "C14 C15 C33") + " C25=-C15 C46=-C15",
    "-3m": _TRIGONAL,
    "6/m": _HEXAGONAL,
    "6/mmm": _HEXAGONAL,
    "m-3": _CUBIC,
    "m-3m": _CUBIC,
}
_TOLERANCE = 1.0


def constant_names(laue: str) -> tuple[str, ...]:
    """Names of the independent constants of a Laue class, in the order of the text.

    Raises
    ------
    ParseError
        With reason ``"unknown_laue_class"``.
    """
    if laue not in _RELATIONS:
        raise ParseError(
            f"{laue[:20]!r} is no Laue class: use one of {', '.join(LAUE_CLASSES)}",
            reason="unknown_laue_class",
        )
    return tuple(_RELATIONS[laue].partition(";")[0].split())


@cache
def _basis(laue: str) -> NDArray[np.float64]:
    """Tensor of each independent constant set to one, shape (constants, 6, 6)."""
    names = constant_names(laue)
    basis = np.zeros((len(names), 6, 6))
    for k, name in enumerate(names):
        _add(basis[k], name, 1.0)
    for relation in _RELATIONS[laue].partition(";")[2].split():
        target, _, terms = relation.partition("=")
        for term in terms.replace("-", " -").split():
            name, _, divisor = term.lstrip("-").partition("/")
            sign = -1.0 if term.startswith("-") else 1.0
            _add(basis[names.index(name)], target, sign / float(divisor or 1))
    basis.setflags(write=False)
    return basis


def _add(matrix: NDArray[np.float64], name: str, value: float) -> None:
    i, j = int(name[1]) - 1, int(name[2]) - 1
    matrix[i, j] = matrix[j, i] = value


def tensor_from_constants(constants: Mapping[str, float], laue: str) -> NDArray[np.float64]:
    """Expand the independent constants.

    Parameters
    ----------
    constants
        GPa, one value for each of `constant_names`.
    laue
        One of `LAUE_CLASSES`.

    Returns
    -------
    numpy.ndarray
        Voigt notation, GPa, shape (6, 6), IEEE axes.

    Raises
    ------
    ParseError
        With reason ``"wrong_constants"``, ``"not_finite"`` or ``"unknown_laue_class"``.
    """
    names = constant_names(laue)
    if set(constants) != set(names):
        raise _wrong_constants(tuple(constants), laue)
    values = np.array([constants[name] for name in names], dtype=float)
    if not np.isfinite(values).all():
        raise ParseError("an elastic constant is not finite", reason="not_finite")
    return np.asarray(np.tensordot(values, _basis(laue), axes=1)) + 0.0


def constants_from_tensor(
    tensor: ArrayLike, laue: str, tolerance: float = _TOLERANCE
) -> dict[str, float]:
    """Independent constants of the tensor of this Laue class that is nearest to `tensor`.

    Nearest is meant for the tensor of fourth rank, so that the result is also the mean over all
    operations of the class.

    Parameters
    ----------
    tensor
        Voigt notation, GPa, shape (6, 6), IEEE axes.
    laue
        One of `LAUE_CLASSES`.
    tolerance
        Largest change of an entry that is still rounding, GPa.

    Raises
    ------
    ParseError
        With reason ``"wrong_shape"`` or, if an entry would change by more than `tolerance`,
        ``"wrong_symmetry"``.
    """
    array = np.asarray(tensor, dtype=float)
    if array.shape != (6, 6) or not np.isfinite(array).all():
        raise ParseError(f"a tensor is a finite 6x6, not {array.shape}", reason="wrong_shape")
    names = constant_names(laue)
    nearest = project_on_laue_class(array, laue).tensor
    change = np.abs(nearest - array)
    if change.max() > tolerance:
        i, j = (int(k) + 1 for k in np.unravel_index(change.argmax(), change.shape))
        raise ParseError(
            f"C{i}{j} is {change.max():.3g} GPa away from what Laue class {laue} allows; are the "
            "axes those of the IEEE convention?",
            reason="wrong_symmetry",
        )
    return {name: float(nearest[int(name[1]) - 1, int(name[2]) - 1]) for name in names}


def render(tensor: ArrayLike, laue: str, tolerance: float = _TOLERANCE) -> str:
    """Write the independent constants rounded to 0.1 GPa: ``"C11=172.6, C12=115.4, C44=89.9"``.

    Raises
    ------
    ParseError
        As `constants_from_tensor`.
    """
    constants = constants_from_tensor(tensor, laue, tolerance)
    return ", ".join(f"{name}={round(value, 1) + 0.0}" for name, value in constants.items())


def parse(text: str, laue: str) -> NDArray[np.float64]:
    """Read the constants and expand them to the tensor.

    Parameters
    ----------
    text
        Every constant of the class once and no other, in any order.
    laue
        One of `LAUE_CLASSES`.

    Returns
    -------
    numpy.ndarray
        Voigt notation, GPa, shape (6, 6), IEEE axes.

    Raises
    ------
    ParseError
        With reason ``"wrong_constants"``, ``"not_a_number"``, ``"not_finite"`` or
        ``"unknown_laue_class"``.
    """
    pairs = [part.partition("=") for part in text.strip().split(",")]
    names = tuple(name.strip() for name, _, _ in pairs)
    if len(set(names)) < len(names) or set(names) != set(constant_names(laue)):
        raise _wrong_constants(names, laue)
    constants = {name.strip(): parse_number(value) for name, _, value in pairs}
    return tensor_from_constants(constants, laue)


def _wrong_constants(names: tuple[str, ...], laue: str) -> ParseError:
    wanted = constant_names(laue)
    missing = [name for name in wanted if name not in names]
    surplus = [name[:20] for name in names if name not in wanted][:9]
    return ParseError(
        f"Laue class {laue} has the constants {' '.join(wanted)}; "
        f"missing: {' '.join(missing) or 'none'}, not among them: {' '.join(surplus) or 'none'}",
        reason="wrong_constants",
    )
