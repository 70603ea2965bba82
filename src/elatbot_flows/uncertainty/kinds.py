"""Kinds of materials whose errors differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ALL_METAL", "WITH_NONMETAL", "kind_of"]

ALL_METAL = "all-metal"
WITH_NONMETAL = "with a non-metal"


def kind_of(symbols: Iterable[str]) -> str:
    """`ALL_METAL` if pymatgen counts every element among the metals, else `WITH_NONMETAL`.

    Parameters
    ----------
    symbols
        Chemical symbols.
    """
    from pymatgen.core import Element

    metals = all(Element(symbol).is_metal for symbol in symbols)
    return ALL_METAL if metals else WITH_NONMETAL
