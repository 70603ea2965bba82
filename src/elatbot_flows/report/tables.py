"""Tables in a terminal that leave out columns, and say so, where they do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

__all__ = ["Column", "plain_table", "print_fitted"]

_WIDEST = 10_000


@dataclass(frozen=True)
class Column:
    """A column and its cells.

    Parameters
    ----------
    head
        Its head; lines below the first hold units or names.
    cells
        One for each row, text or rich renderables.
    right
        Whether it is aligned at the right.
    needed
        Rank in which columns are given up where the table is too wide, the least first; None for
        never.
    widest
        Width beyond which cells fold; None for never.
    label
        What to call it in a sentence; its head in one line by default.
    """

    head: str
    cells: Sequence[Any]
    right: bool = False
    needed: int | None = None
    widest: int | None = None
    label: str | None = None


def plain_table() -> Table:
    """A table without columns, in the style of all tables here."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)


def print_fitted(columns: Sequence[Column], console: Console) -> None:
    """Print as many columns as fit, and name those that do not.

    Parameters
    ----------
    columns
        All of them, with as many cells each.
    console
        Where to print.
    """
    from rich.text import Text

    shown, left_out = list(columns), []
    while _width(shown, console) > console.width:
        spare = [column for column in shown if column.needed is not None]
        if not spare:
            break
        least = min(spare, key=lambda column: column.needed or 0)
        shown.remove(least)
        left_out.append(least.label or " ".join(least.head.split()))
    console.print(_table(shown))
    if left_out:
        words = f"Left out at {console.width} columns: {', '.join(left_out)}"
        console.print(Text(words, style="dim"))


def _width(columns: Sequence[Column], console: Console) -> int:
    from rich.measure import Measurement

    options = console.options.update(max_width=_WIDEST)
    return Measurement.get(console, options, _table(columns)).maximum


def _table(columns: Sequence[Column]) -> Table:
    """The table; text is printed as it is, whoever wrote it."""
    from rich.text import Text

    table = plain_table()
    for column in columns:
        table.add_column(
            Text(column.head),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=column.widest is None,
            max_width=column.widest,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table
