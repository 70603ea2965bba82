"""What ``elatbot data`` shows people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

import typer

from elatbot_flows.cli.terminal import harmless, terminal
from elatbot_flows.documents.training import SplitName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elatbot_flows.documents.training import DatasetRecord, DataSource, LeakReport

__all__ = ["count_reasons", "reasons", "show_dataset", "show_leaks", "tell_brought"]


def tell_brought(source: DataSource) -> None:
    """How many materials came, and what did not."""
    typer.echo(
        harmless(f"{source.materials} materials of {source.origin}{reasons(source.skipped)}")
    )
    if source.first:
        terminal(stderr=True, soft_wrap=True).print(f"not read: {source.first}", markup=False)


def count_reasons(documents: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Documents by their reason."""
    return dict(sorted(Counter(str(each["reason"]) for each in documents).items()))


def reasons(counts: dict[str, int]) -> str:
    """Reasons and their numbers, as the end of a sentence."""
    told = ", ".join(f"{reason} {number}" for reason, number in counts.items())
    return f"; not: {told}" if told else ""


def show_dataset(document: DatasetRecord) -> None:
    """Steps, then records by task and part."""
    from rich.table import Table

    for step in (*document.steps, *document.record_steps):
        if step.dropped:
            why: Counter[str] = Counter()
            for name, number in step.dropped.items():
                why[name.rpartition(": ")[2]] += number  # the document says of which task
            typer.echo(harmless(f"{step.name}: {step.came_in} -> {step.kept}{reasons(dict(why))}"))
    if document.turned:
        typer.echo(f"{document.turned} tetragonal tensors turned to z")
    table = Table("task", *get_args(SplitName), box=None)
    for name, parts in document.counts.items():
        table.add_row(name, *(str(parts.get(part, 0)) for part in get_args(SplitName)))
    terminal().print(table)
    show_leaks(document.leaks)
    typer.echo(harmless(f"{document.records} records in {document.file}"))


def show_leaks(report: LeakReport) -> None:
    """Whether it is clean, and what test and training share."""
    state = "clean" if report.clean else f"{len(report.leaks)} LEAKS (see elatbot data check)"
    beside = (
        f", {report.base_formulas} of the base model" if report.base_formulas is not None else ""
    )
    typer.echo(
        f"leak check: {state}; {report.test_formulas} test formulas, {report.training_formulas} of "
        f"training{beside}; {report.test_formulas_in_shared_systems} test formulas are of a "
        "chemical system that training has others of"
    )
