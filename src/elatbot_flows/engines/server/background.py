"""Asynchronous work in a thread of its own, so that callers need no event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

__all__ = ["run", "stream"]

T = TypeVar("T")


@dataclass(frozen=True)
class _End:
    """Comes after the last result."""

    error: BaseException | None


def stream(work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> Iterator[T]:
    """Yield what a coroutine puts, as soon as it does.

    The coroutine runs in a thread with its own event loop, so this works inside of a running loop
    (notebooks) too. Closing the iterator cancels the coroutine and waits for its end.

    Parameters
    ----------
    work
        Called with a function that puts one result. If it raises, the error is raised here, after
        everything that was put before.
    """
    results: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []
    started = threading.Event()

    async def main() -> None:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))
        started.set()
        await work(results.put)

    def run_loop() -> None:
        error: BaseException | None = None
        try:
            asyncio.run(main())
        except asyncio.CancelledError:
            pass  # nobody is left to be told
        except BaseException as caught:  # noqa: BLE001 - raised again in the thread of the caller
            error = caught
        results.put(_End(error))

    thread = threading.Thread(target=run_loop, daemon=True)
    thread.start()
    started.wait()
    try:
        while not isinstance(item := results.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        loop, task = running[0]
        if thread.is_alive() and task is not None:
            with contextlib.suppress(RuntimeError):  # the loop may have ended just now
                loop.call_soon_threadsafe(task.cancel)
        thread.join()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, also inside of a running event loop, and return its result."""

    async def put_result(put: Callable[[T], None]) -> None:
        put(await work())

    (result,) = stream(put_result)
    return result
