"""Tables of what text models say, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.report.words import DASH, number, reason_words
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["render_predictions", "render_proposals"]

_SPREAD = ("bulk_modulus", "shear_modulus", "youngs_modulus")


def render_predictions(rows: Sequence[dict[str, Any]], console: Console) -> None:
    """Print predictions, one line for each material.

    Parameters
    ----------
    rows
        Documents with the fields of :class:`~elatbot_flows.documents.TextPrediction`.
    console
        Where to print.
    """
    from rich.text import Text

    heads = [f"{prop.symbol}\n{prop.unit}" for prop in PROPERTIES.values()]
    table = _table("Material", "Formula", "System", "T\nK", *heads, "Result")
    for row in rows:
        table.add_row(
            Text(str(row["source"] or DASH).rpartition("/")[2]),
            Text(row["formula"] or DASH),
            row["crystal_system"] or DASH,
            DASH if row["temperature"] is None else f"{row['temperature']:g}",
            *(_value(row, name) for name in PROPERTIES),
            _result(row),
        )
    console.print(table)
    if any(row.get("bulk_modulus_average") == "voigt" for row in rows):
        console.print(Text("K is the Voigt average, which the model was asked for.", style="dim"))


def _value(row: dict[str, Any], name: str) -> str:
    """A number, with its spread over the answers where there are several."""
    text = number(row[name], name)
    std = row.get(f"{name}_std") if name in _SPREAD else None
    return text if std is None else f"{text} ± {number(std, name)}"


def _result(row: dict[str, Any]) -> Text:
    """What came of a row, in a word or two."""
    from rich.text import Text

    if row["status"] == "failed":
        return Text(reason_words(str(row["reason"])), style="red")
    words, style = {
        None: ("predicted", "green"),
        True: ("stable", "green"),
        False: ("born unstable", "magenta"),
    }[row["born_stable"]]
    if row["samples_asked"] > 1:
        words += f", {row['samples_parsed']} of {row['samples_asked']} answers"
    return Text(words, style=style)


def render_proposals(document: dict[str, Any], console: Console) -> None:
    """Print the different materials a model proposed, and how many answers could be read.

    Parameters
    ----------
    document
        Fields of :class:`~elatbot_flows.documents.MaterialProposals`.
    console
        Where to print.
    """
    from rich.text import Text

    table = _table("Formula", "System", "K asked for\nGPa", "G asked for\nGPa", "T\nK")
    for row in document["proposals"]:
        if row["status"] == "proposed" and not row["duplicate"]:
            asked = [
                number(row[f"requested_{name}"], name) for name in ("bulk_modulus", "shear_modulus")
            ]
            kelvin = f"{row['temperature']:g}"
            table.add_row(Text(row["formula"]), row["crystal_system"], *asked, kelvin)
    console.print(table)
    readable, distinct = document["readable"], document["distinct"]
    console.print(
        f"{readable['count']} of {readable['of']} answers can be read; "
        f"{distinct['count']} of {distinct['of']} are different materials"
    )
    for reason, count in document["reasons"].items():
        console.print(Text(f"- {reason_words(reason)}: {count}", style="dim"))


def _table(*heads: str) -> Table:
    """Columns whose head has a second line, for a unit, hold numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in heads:
        right = "\n" in head
        table.add_column(head, justify="right" if right else "left", overflow="fold", no_wrap=right)
    return table
