"""Asynchronous work in a thread of its own, so that callers need no event loop."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any, TypeVar

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["run", "stream"]

T = TypeVar("T")
_END: Any = object()


def stream(work: Callable[[Callable[[T], None]], Awaitable[None]]) -> Iterator[T]:
    """Yield what a coroutine puts, as soon as it does.

    It runs in a thread with its own event loop, so this works inside of a running loop (notebooks)
    too. Closing the iterator cancels the coroutine and waits for its end.

    Parameters
    ----------
    work
        Called with a function that puts one result. If it raises, the error is raised here, after
        everything that was put before.
    """
    results: queue.SimpleQueue[T] = queue.SimpleQueue()
    with start_blocking_portal() as portal:
        future = portal.start_task_soon(work, results.put)
        future.add_done_callback(lambda _: results.put(_END))
        while (item := results.get()) is not _END:
            yield item
        future.result()


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine to its end, also inside of a running event loop, and return its result."""
    with start_blocking_portal() as portal:
        return portal.call(work)
