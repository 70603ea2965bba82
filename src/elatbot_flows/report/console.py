"""Tables of candidates in a terminal, made for 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.report.words import (
    DASH,
    FUNNEL,
    funnel,
    hull_words,
    number,
    origin_words,
    reason_words,
    reasons,
    result_sentence,
    signed,
    spacegroup_symbol,
    target_words,
    validated,
    with_unit,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from elatbot_flows.documents import DesignDocument

__all__ = ["render_candidates", "render_results", "render_summary"]

_STYLES = {"hit": "bold green", "miss": "red", "unknown": "magenta"}
_HIT = {"hit": "yes", "miss": "no", "unknown": "?"}
_SOURCES = {"materials_project": "mp", "intermetallics": "types"}
_HEAVY = {"structure", "polymorphs", "elastic", "completion", "potential", "run", "hull"}
_HULL = "Hull\neV/at."
_POISSON = f"{PROPERTIES['poisson_ratio'].symbol}\n"
_BAR = 30
_WIDE = 96
_NAME = 18
_SYSTEM = 5

Row = dict[str, Any]


def render_summary(document: DesignDocument, console: Console) -> None:
    """Print the result of a run: sentence, validated candidates, funnel and notes.

    Parameters
    ----------
    document
        Result of a design run.
    console
        Where to print.
    """
    from rich.text import Text

    console.print(Text(f"Target: {'; '.join(target_words(document.run.target))}"))
    console.print(Text(origin_words(document.run), style="dim"))
    console.print(Text(result_sentence(document), style="bold"))
    found = validated(document)
    if found:
        rows = [
            candidate.model_dump(exclude=_HEAVY)
            | {"hull_status": candidate.hull.status if candidate.hull else None}
            for candidate in found
        ]
        console.print(_summary_table(rows, wide=console.width >= _WIDE))
    console.print(_funnel_table(document))
    for note in document.notes:
        console.print(Text(f"Note: {note}", style="yellow"))


def render_candidates(rows: list[Row], console: Console) -> None:
    """Print candidates found in a store, whatever became of them.

    Parameters
    ----------
    rows
        Documents with the fields of :class:`~elatbot_flows.documents.CandidateDocument`.
    console
        Where to print.
    """
    from rich.text import Text

    if not rows:
        console.print(Text("no candidates"))
        return
    table = _table("Candidate", "Formula", "Symmetry", *_moduli_heads(), _margin_head(rows))
    table.add_column("Result")
    for row, margin in zip(rows, _margins(rows), strict=True):
        system = str(row.get("crystal_system") or DASH).lower()
        group = _spacegroup(row)
        table.add_row(
            Text(str(row.get("candidate_id"))),
            Text(row.get("formula") or DASH),
            system if group == DASH else group,
            *_moduli(row),
            margin,
            _fate(row),
        )
    _narrowed(table, console)
    console.print(table)


def render_results(rows: list[Row], console: Console) -> None:
    """Print what became of crystals from files.

    Parameters
    ----------
    rows
        Documents with the fields of :class:`~elatbot_flows.documents.ElasticResult`, and those of
        other potentials under ``others``.
    console
        Where to print.
    """
    from rich.text import Text

    table = _table("Crystal", "Potential", "Formula", "Symmetry", *_moduli_heads(), "Result")
    for row in rows:
        for result in (row, *row.get("others", ())):
            potential = (result.get("judge") or {}).get("name") or DASH
            table.add_row(
                Text(str(result.get("source")).rpartition("/")[2] if result is row else ""),
                Text(_shortened(potential.rstrip("/").rpartition("/")[2])),
                Text(result.get("formula") or DASH),
                _spacegroup(result),
                *_moduli(result),
                _outcome(result),
            )
    _narrowed(table, console)
    console.print(table)


def _narrowed(table: Table, console: Console) -> None:
    """Leave out what follows from K and G where the terminal is narrow."""
    if console.width < _WIDE:
        left_out = {head for head in _moduli_heads() if head[0] not in "KG" or "/" in head}
        table.columns = [column for column in table.columns if column.header not in left_out]


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _outcome(row: Row) -> Any:
    """Stable, or the reason."""
    from rich.text import Text

    if row.get("status") == "passed":
        return Text("stable", style="green")
    return Text(reason_words(str(row.get("reason"))), style="red")


def _summary_table(rows: list[Row], *, wide: bool) -> Table:
    """The validated candidates; a narrow table leaves some columns out."""
    left_out = set() if wide else {"System", "At.", "From", _POISSON}
    if any(row["hull_status"] for row in rows):
        left_out.add("System")  # the space group tells it, and the hull needs the room
    else:
        left_out.add(_HULL)
    margins = zip(rows, _margins(rows), strict=True)
    cells = [_summary_cells(row) | {_margin_head(rows): margin} for row, margin in margins]
    heads = ["#", "Formula", "System", "Space group", "At.", *_moduli_heads(), _margin_head(rows)]
    heads = [h for h in (*heads, "Hit", _HULL, "New", "From") if h not in left_out]
    table = _table(*heads)
    for row in cells:
        table.add_row(*(row[head] for head in heads))
    return table


def _summary_cells(row: Row) -> dict[str, Any]:
    """Cells of a validated candidate by the head of their column, all but the margin."""
    from rich.text import Text

    system = row.get("crystal_system") or DASH
    kind = str(row.get("structure_source") or DASH).partition(":")[0]
    return {
        "#": str(row.get("rank") or ""),
        "Formula": Text(row.get("formula") or DASH),
        "System": system if len(system) <= _SYSTEM else f"{system[: _SYSTEM - 1]}.",
        "Space group": _spacegroup(row),
        "At.": str(row.get("nsites") or DASH),
        **dict(zip(_moduli_heads(), _moduli(row), strict=True)),
        "Hit": Text(_HIT[row["verdict"]], style=_STYLES[row["verdict"]]),
        _HULL: hull_words(row["hull_status"], row.get("energy_above_hull")),
        "New": {True: "yes", False: "no"}.get(row.get("novel"), DASH),  # type: ignore[arg-type]
        "From": Text(_SOURCES.get(kind, kind)),
    }


def _funnel_table(document: DesignDocument) -> Table:
    """The funnel with bars, then the reasons."""
    from rich.text import Text

    table = _table("Completions", "\n", "")
    whole = max(document.counts.generated, 1)
    for (words, count), name in zip(funnel(document.counts), FUNNEL, strict=True):
        style = "green" if name == "hits" else "blue"
        table.add_row(words, str(count), Text(_bar(count, whole), style=style))
    for reason, count in reasons(document.counts):
        label = Text(f"- {reason_words(reason)}", style="dim")
        table.add_row(label, str(count), Text(_bar(count, whole), style="dim"))
    return table


def _bar(count: int, whole: int) -> str:
    """At least a sliver for every number that is not zero."""
    return "█" * round(_BAR * count / whole) or ("▏" if count else "")


def _table(*heads: str) -> Table:
    """Columns whose head has a second line, for a unit, hold numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in heads:
        right = "\n" in head or head in {"#", "At."}
        table.add_column(
            head,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=right
            or head.startswith("Margin")
            or head in {"Candidate", "Space group", "Symmetry", "Potential"},
        )
    return table


def _moduli_heads() -> list[str]:
    return [f"{prop.symbol}\n{prop.unit}" for prop in PROPERTIES.values()]


def _moduli(row: Row) -> list[str]:
    return [number(row.get(name), name) for name in PROPERTIES]


def _margin_head(rows: Iterable[Row]) -> str:
    units = _margin_units(rows)
    return f"Margin\n{units.pop() if len(units) == 1 else ''}"


def _margins(rows: list[Row]) -> list[str]:
    """Margins, each with its unit where the head cannot name one for all."""
    mixed = len(_margin_units(rows)) > 1
    cells = []
    for row in rows:
        name = row.get("limiting_property")
        text = signed(row.get("margin"), name)
        cells.append(with_unit(text, name) if mixed else text)
    return cells


def _margin_units(rows: Iterable[Row]) -> set[str]:
    names = {row.get("limiting_property") for row in rows} - {None}
    return {PROPERTIES[str(name)].unit or PROPERTIES[str(name)].symbol for name in names}


def _spacegroup(row: Row) -> str:
    group = row.get("spacegroup_number")
    return DASH if group is None else f"{spacegroup_symbol(group)} {group}"


def _fate(row: Row) -> Any:
    """Verdict of a validated candidate, else the reason, else the status."""
    from rich.text import Text

    if row.get("status") == "validated":
        return Text(str(row["verdict"]), style=_STYLES[row["verdict"]])
    return Text(reason_words(str(row.get("reason") or row.get("status"))), style="dim")
