"""The crystals that a text model wrote, as a table with their rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.report.words import reason_words

if TYPE_CHECKING:
    from rich.console import Console

    from elatbot_flows.documents import CrystalProposals

__all__ = ["render_crystals"]


def render_crystals(found: CrystalProposals, console: Console) -> None:
    """Print the different crystals that are valid, and how many answers were what.

    Parameters
    ----------
    found
        All answers.
    console
        Where to print.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("Formula", "System", "Space group", "Sites", "Repaired", "Perplexity"):
        table.add_column(head, overflow="fold")
    for one in found.proposals:
        if one.status == "valid" and not one.duplicate and one.structure is not None:
            table.add_row(
                Text(str(one.formula)),
                one.crystal_system,
                str(one.space_group),
                str(len(one.structure)),
                ", ".join(one.repairs),
                "" if one.perplexity is None else f"{one.perplexity:.3f}",
            )
    console.print(table)
    parsed, valid, distinct = found.parsed, found.valid, found.distinct
    console.print(
        f"{parsed.of} asked for; {parsed.count} of {parsed.of} can be read as crystals; "
        f"{valid.count} of {valid.of} are valid; {distinct.count} of {distinct.of} are different"
    )
    for reason, count in found.reasons.items():
        console.print(Text(f"- {reason_words(reason)}: {count}", style="dim"))
