"""What a run found, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.report.against_dft import HEADS, dft_rows, dft_sentence, dft_settings
from elatbot_flows.report.columns import candidate_columns, fate_column, formula_column
from elatbot_flows.report.evidence import remarks
from elatbot_flows.report.sentences import limits, origin_words, result_sentence
from elatbot_flows.report.tables import Column, plain_table, print_fitted
from elatbot_flows.report.words import (
    funnel,
    reason_words,
    reasons,
    target_intervals,
    target_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.table import Table

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument, DesignDocument

__all__ = ["render_candidates", "render_materials", "render_summary"]

_BAR = 30
_WIDE_NAME = 24


def render_summary(result: DesignResult, console: Console) -> None:
    """Print the result of a run: sentence, candidates that passed, flags, funnel and notes.

    Parameters
    ----------
    result
        Result of a run.
    console
        Where to print.
    """
    from rich.text import Text

    run, found = result.document.run, result.passed
    console.print(Text(f"Target: {'; '.join(target_words(run.target))}"))
    console.print(Text(origin_words(run), style="dim"))
    console.print(Text(result_sentence(result), style="bold"))
    if found:
        ranks = [str(c.rank or "") for c in found]
        wanted = tuple(target_intervals(run.target))
        columns = [Column("#", ranks, right=True), formula_column(found), fate_column(found)]
        print_fitted([*columns, *candidate_columns(found, wanted)], console)
        _print_remarks(zip(ranks, found, strict=True), console)
        _print_dft(found, console)
    console.print(_funnel_table(result.document))
    _print_notes([*result.document.notes, *limits(result)], console)


def render_candidates(
    candidates: Sequence[CandidateDocument], console: Console, wanted: Sequence[str] = ()
) -> None:
    """Print candidates found in a store, whatever became of them.

    Parameters
    ----------
    candidates
        The candidates.
    console
        Where to print.
    wanted
        Properties that are never left out.
    """
    from rich.text import Text

    if not candidates:
        console.print(Text("no candidates"))
        return
    numbers = [str(number) for number in range(1, len(candidates) + 1)]
    columns = [Column("#", numbers, right=True), formula_column(candidates)]
    columns += [fate_column(candidates), *candidate_columns(candidates, wanted)]
    print_fitted(columns, console)
    _print_remarks(zip(numbers, candidates, strict=True), console)
    runs: dict[str, list[str]] = {}
    for number, candidate in zip(numbers, candidates, strict=True):
        runs.setdefault(candidate.run_id, []).append(number)
    for run, rows in runs.items():
        console.print(Text(f"Run {run}: {', '.join(rows)}"))


def render_materials(
    candidates: Sequence[CandidateDocument],
    names: Sequence[str],
    result: DesignResult | None,
    console: Console,
) -> None:
    """Print what became of materials that were given, in the order given.

    Parameters
    ----------
    candidates
        What became of them.
    names
        What to call them, one for each.
    result
        Their run, if there was anything to run.
    console
        Where to print.
    """
    short = [name.rpartition("/")[2] for name in names]
    wanted = tuple(target_intervals(result.document.run.target)) if result else ()
    columns = [Column("Material", short, widest=_WIDE_NAME), formula_column(candidates)]
    columns += [fate_column(candidates), *candidate_columns(candidates, wanted)]
    print_fitted(columns, console)
    _print_remarks(zip(short, candidates, strict=True), console)
    _print_dft(candidates, console)
    if result is not None:
        _print_notes([*result.document.notes, *limits(result)], console)


def _print_remarks(found: Iterable[tuple[str, CandidateDocument]], console: Console) -> None:
    """Flags, known names and reasons of failure, each under the name of its row."""
    from rich.text import Text

    for name, candidate in found:
        title = " ".join(filter(None, (name, candidate.formula)))
        failed = [candidate.message] if candidate.message else []
        for words in (*failed, *remarks(candidate)):
            console.print(Text(" ".join(f"{title}: {words}".split()), style="dim"))


def _print_dft(found: Sequence[CandidateDocument], console: Console) -> None:
    """What a density functional says next to everybody before it, if it was asked."""
    from rich.text import Text

    sentence = dft_sentence(found)
    if sentence is None:
        return
    console.print(Text(sentence, style="bold"))
    rows = dft_rows(found)
    right = ("K (GPa)", "to DFT", "G (GPa)")
    columns = [
        Column(head, [row[place] for row in rows], right=head in right)
        for place, head in enumerate(HEADS)
    ]
    print_fitted(columns, console)
    for line in dft_settings(found):
        console.print(Text(line, style="dim"))


def _print_notes(notes: Sequence[str], console: Console) -> None:
    from rich.text import Text

    for note in notes:
        console.print(Text(f"Note: {note}", style="yellow"))


def _funnel_table(document: DesignDocument) -> Table:
    """The funnel with bars, then the reasons."""
    from rich.text import Text

    counts = document.counts
    table = plain_table()
    for head in ("What became of them", "", ""):
        table.add_column(head, justify="left" if head else "right")
    table.columns[2].justify = "left"
    whole = max(counts.generated, 1)
    steps = funnel(document.run, counts)
    for words, count in steps:
        style = "green" if (words, count) == steps[-1] else "blue"
        table.add_row(words, str(count), Text(_bar(count, whole), style=style))
    for reason, count in reasons(counts):
        label = Text(f"- {reason_words(reason)}", style="dim")
        table.add_row(label, str(count), Text(_bar(count, whole), style="dim"))
    return table


def _bar(count: int, whole: int) -> str:
    """At least a sliver for every number that is not zero."""
    return "█" * round(_BAR * count / whole) or ("▏" if count else "")
