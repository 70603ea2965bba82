"""Crystal structures in words, written by robocrystallographer (ElaTBot's prompt type 2)."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["as_trained", "describe"]

# Releases after 0.2.9, which wrote the training texts, print three things in another way.
_AS_TRAINED = (
    (re.compile(r"np\.int64\((-?[0-9]+)\)"), r"\1"),
    (re.compile(r"(?<=oriented in the )(\([^()]*\))(?= direction\b)"), r"[\1]"),
    (re.compile(r"(?<=[A-Za-z)])([0-9]+\.[0-9]+[+-])(?=[ ,.])"), r"+\1"),
)


def describe(structure: Structure) -> str:
    """Describe a crystal as the published texts do: guessed oxidation states, default settings.

    Takes seconds for small cells and minutes for large ones. Robocrystallographer goes through
    sets of words: "edge and face" may become "face and edge" in another process unless the
    environment variable PYTHONHASHSEED is set.

    Parameters
    ----------
    structure
        Ordered crystal; it is left as it is.

    Raises
    ------
    StructureError
        With reason ``"no_robocrys"`` if robocrystallographer is not installed, or
        ``"not_described"`` if it fails on this crystal.
    """
    try:
        from robocrys import StructureCondenser, StructureDescriber
    except ImportError as error:
        raise StructureError(
            "structures are put in words by robocrystallographer: pip install robocrys, or pass "
            "the description as text",
            reason="no_robocrys",
        ) from error
    copy = structure.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            copy.add_oxidation_state_by_guess()
            condensed = StructureCondenser().condense_structure(copy)
            words = str(StructureDescriber().describe(condensed))
        # Robocrystallographer fails in many ways on unusual crystals.
        except Exception as error:
            raise StructureError(
                f"robocrystallographer cannot describe {structure.composition.reduced_formula}: "
                f"{error}",
                reason="not_described",
            ) from error
    return as_trained(words)


def as_trained(words: str) -> str:
    """Write directions and fractional charges as the training texts do.

    ``"As(1)2.50-"`` becomes ``"As(1)+2.50-"``, ``"the (0, 0, 1) direction"`` becomes ``"the
    [(0, 0, 1)] direction"``, and NumPy's ``np.int64(0)`` becomes ``0``.
    """
    for pattern, replacement in _AS_TRAINED:
        words = pattern.sub(replacement, words)
    return words
