"""The text model in memory: the latest one, and no other beside it."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from elatbot_flows.engines.transformers.memory import release_memory

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["latest", "release"]

S = TypeVar("S")
E = TypeVar("E")

_kept: dict[Any, Any] = {}
_lock = RLock()


def latest(settings: S, load: Callable[[S], E]) -> E:
    """What `load` makes of these settings; kept for the next call with equal ones.

    What was kept for others is let go before, so that memory need not hold two models.

    Parameters
    ----------
    settings
        Hashable; of a class of its own for every kind of engine.
    load
        Loads the model.
    """
    with _lock:
        if settings not in _kept:
            release()
            _kept[settings] = load(settings)
        found: E = _kept[settings]
        return found


def release() -> None:
    """Let the model in memory go; it stays as long as somebody else holds its engine."""
    with _lock:
        if _kept:
            _kept.clear()
            release_memory()
