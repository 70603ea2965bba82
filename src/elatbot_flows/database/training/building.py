"""Running a builder with somebody watching: what is written is kept whenever it ends."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from maggma.core import Builder

__all__ = ["build"]


def build(builder: Builder, told: Callable[[int, int], None] | None = None) -> int:
    """Run a builder whose stores are connected.

    Parameters
    ----------
    builder
        The builder; its ``total`` says how much there is to do.
    told
        Called with the number of items done and their total, whenever some are written.

    Returns
    -------
    int
        Items done.
    """
    done = 0
    items = iter(builder.get_items())
    while chunk := list(islice(items, builder.chunk_size)):
        found = [builder.process_item(item) for item in chunk]
        builder.update_targets([each for each in found if each is not None])
        done += len(chunk)
        if told is not None:
            told(done, max(done, builder.total or 0))
    return done
