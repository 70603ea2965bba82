"""Progress of counted work: a bar on a terminal, a line at every quarter elsewhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["counting"]


@contextlib.contextmanager
def counting(words: str) -> Iterator[Callable[[int, int], None]]:
    """Show how much is done while the context is open.

    Parameters
    ----------
    words
        What is done, for people.

    Yields
    ------
    Callable
        To be called with the number done and their total.
    """
    console = terminal(stderr=True, soft_wrap=True)
    if not console.is_terminal:
        yield _Lines(words, console.print)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


class _Lines:
    def __init__(self, words: str, show: Callable[[str], None]) -> None:
        self._words = words
        self._show = show
        self._quarter = 0

    def __call__(self, done: int, total: int) -> None:
        quarter = 4 * done // max(total, 1)
        if quarter > self._quarter:
            self._show(f"{self._words}: {done} of {total}")
            self._quarter = quarter
