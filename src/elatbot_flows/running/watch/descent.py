"""Who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

__all__ = ["descendants"]

_Name = TypeVar("_Name", bound="Hashable")


def descendants(start: _Name, children: Mapping[_Name, Iterable[_Name]]) -> set[_Name]:
    """All that come after `start`, however far.

    Examples
    --------
    >>> sorted(descendants(1, {1: [2], 2: [3], 4: [5]}))
    [2, 3]
    """
    found: set[_Name] = set()
    waiting = list(children.get(start, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(children.get(one, ()))
    return found
