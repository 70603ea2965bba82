"""The text model in memory: the latest one, and no other beside it."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from elatbot_flows.engines.transformers.memory import release_memory

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["latest", "release", "shared"]

S = TypeVar("S")
E = TypeVar("E")

_kept: dict[Any, Any] = {}
_shared: dict[Any, Any] = {}
_lock = RLock()


def latest(settings: S, load: Callable[[S], E]) -> E:
    """What `load` makes of these settings; kept for the next call with equal ones.

    What was kept for others is let go before, so that memory need not hold two models: an engine
    with a method ``unload`` is told to drop its weights, whoever still holds it. Settings with the
    same ``base`` are kept beside each other: adapters that share the weights of their model.

    Parameters
    ----------
    settings
        Hashable; of a class of its own for every kind of engine.
    load
        Loads the model.
    """
    with _lock:
        if settings not in _kept:
            if _base(settings) not in map(_base, _kept):
                release()
            _kept[settings] = load(settings)
        found: E = _kept[settings]
        return found


def shared(base: Any, load: Callable[[], E]) -> E:
    """What engines whose settings have this ``base`` share; loaded once, let go with the last."""
    with _lock:
        if base not in _shared:
            _shared[base] = load()
        found: E = _shared[base]
        return found


def release() -> None:
    """Let the models in memory go; an engine that is asked once more loads its own again."""
    with _lock:
        if _kept or _shared:
            for engine in _kept.values():
                getattr(engine, "unload", _nothing)()
            _kept.clear()
            _shared.clear()
            release_memory()


def _base(settings: Any) -> Any:
    return getattr(settings, "base", settings)


def _nothing() -> None:
    pass
