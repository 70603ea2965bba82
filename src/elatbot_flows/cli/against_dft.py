"""``elatbot against-dft``: how good estimates were where a density functional was asked later."""

from __future__ import annotations

from math import exp
from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.refit import write_refit
from elatbot_flows.cli.sources import (
    OptionalFolder,
    Project,
    StoreFile,
    bring_up_to_date,
    store_to_read,
)
from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from rich.table import Table

    from elatbot_flows.documents import AgainstDFTScores

__all__ = ["against_dft"]


def against_dft(
    out: OptionalFolder = None,
    store: StoreFile = None,
    project: Project = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the refit for --refit of design and validate."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare estimates and hit rates with what a density functional said of the same candidates.

    Also says which shifts of K and G and which factor of the spread would make both agree, and what
    each material's probability would be by a refit to all the others. The store is not changed.
    """
    from elatbot_flows.database.collections import candidate_store
    from elatbot_flows.database.queries import find_candidates
    from elatbot_flows.errors import StoreError
    from elatbot_flows.evaluation.against_dft import scores_against_dft

    opened, words = store_to_read(out, store, project)
    bring_up_to_date(opened)
    found = find_candidates(candidate_store(opened))
    entries = [entry for entry in found if entry.get("dft")]
    if not entries:
        raise StoreError(f"no candidate of {words} was shown to a density functional")
    scores = scores_against_dft(entries)
    if write is not None:
        write_refit(scores.refit, write)
    if as_json:
        typer.echo(scores.model_dump_json(indent=1))
        return
    console = terminal()
    console.print(f"A density functional judged {scores.asked - scores.failed} of {scores.asked}.")
    console.print(_rates(scores))
    console.print(_sources(scores))
    if scores.refit is not None:
        refit = scores.refit
        console.print(
            f"Refit to {refit.number}: K x {exp(refit.bulk_shift):.3f}, "
            f"G x {exp(refit.shear_shift):.3f}, spread x {refit.spread_factor:.2f}"
        )


def _table(*heads: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(*heads, box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _rates(scores: AgainstDFTScores) -> Table:
    table = _table("Verdicts", "number", "stated", "by DFT", "refitted")
    for one in scores.rates:
        shares = (_percent(x) for x in (one.stated, one.by_dft, one.refitted))
        table.add_row(one.group, str(one.number), *shares)
    return table


def _sources(scores: AgainstDFTScores) -> Table:
    table = _table("Source", "number", "K off", "rms", "held", "G off", "rms", "held")
    for one in scores.sources:
        bulk = (one.bulk_bias, one.bulk_spread, one.bulk_held)
        shear = (one.shear_bias, one.shear_spread, one.shear_held)
        name = one.source.rstrip("/").rpartition("/")[2]
        table.add_row(name, str(one.number), *(_percent(x) for x in (*bulk, *shear)))
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"
