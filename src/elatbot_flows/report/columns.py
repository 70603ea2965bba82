"""Columns of a table of candidates in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.report.evidence import crystal_type, judges_of, remarks, said_by
from elatbot_flows.report.tables import Column
from elatbot_flows.report.words import (
    DASH,
    estimated,
    hull_words,
    probability_words,
    reason_words,
    spacegroup_symbol,
    yes_or_no,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import CandidateDocument

__all__ = ["candidate_columns", "fate_column", "formula_column", "spacegroup_words"]

_STYLES = {"hit": "bold green", "open": "yellow", "miss": "red", "unknown": "magenta"}
_WIDE_FORMULA, _WIDE_GROUP, _WIDE_REASON, _WIDE_TYPE = 10, 12, 16, 9
_WITH_INTERVAL = ("bulk_modulus", "shear_modulus")
_RATIOS = {"pugh_ratio": 3, "youngs_modulus": 2, "poisson_ratio": 1}
"""Properties without a column of their judges, by how much they are needed."""


def formula_column(candidates: Sequence[CandidateDocument]) -> Column:
    """Formulas, or a dash where none could be read."""
    return Column("Formula", [c.formula or DASH for c in candidates], widest=_WIDE_FORMULA)


def candidate_columns(
    candidates: Sequence[CandidateDocument], wanted: Sequence[str] = ()
) -> list[Column]:
    """Crystal, estimates next to what judges say, and how it lies among others.

    Parameters
    ----------
    candidates
        One for each row.
    wanted
        Properties of the target, which are never left out.
    """
    groups = [spacegroup_words(c.spacegroup_number) for c in candidates]
    columns = [Column("Space group", groups, needed=7, widest=_WIDE_GROUP)]
    for name in _WITH_INTERVAL:
        columns += [_estimates(candidates, name), *_raw(candidates, name)]
    for name, needed in _RATIOS.items():
        if name in wanted:
            columns.append(_estimates(candidates, name))
        else:
            columns.append(_medians(candidates, name, needed))
    above = [_above(c) for c in candidates]
    if any(text not in (DASH, "0") for text in above):
        columns.append(Column("Above\nlowest\nmeV", above, right=True, needed=6))
    if any(c.hull for c in candidates):
        places = [hull_words(c.hull) for c in candidates]
        columns.append(Column("Hull\nmeV/at.", places, right=True, needed=8))
    if any(c.unseen is not None for c in candidates):
        words = [yes_or_no(c.unseen) for c in candidates]
        columns.append(Column("Un-\nseen", words, needed=4, label="unseen"))
    types = [crystal_type(c) for c in candidates]
    if any(types):
        words = [
            t or ("known" if c.known_as else DASH) for t, c in zip(types, candidates, strict=True)
        ]
        columns.append(Column("Type", words, needed=4, widest=_WIDE_TYPE, label="type"))
    flags = [str(len(remarks(c)) or "") for c in candidates]
    if any(flags):
        columns.append(Column("!", flags, right=True))
    return columns


def fate_column(candidates: Sequence[CandidateDocument]) -> Column:
    """Verdict and probability of those that passed; the reason or status of all others."""
    return Column("Verdict", [_fate(c) for c in candidates], widest=_WIDE_REASON)


def spacegroup_words(group: int | None) -> str:
    """Symbol and number: ``"Fm-3m 225"``."""
    return DASH if group is None else f"{spacegroup_symbol(group)} {group}"


def _fate(candidate: CandidateDocument) -> Any:
    from rich.text import Text

    if candidate.status != "passed":
        return Text(reason_words(str(candidate.reason or candidate.status)), style="dim")
    if candidate.probability is None:
        return Text("passed", style="green")
    words = f"{candidate.verdict} {probability_words(candidate.probability)}"
    return Text(words, style=_STYLES[candidate.verdict])


def _head(name: str, *lines: str) -> str:
    prop = PROPERTIES[name]
    return "\n".join([f"{prop.symbol} {prop.unit}".rstrip(), *lines])


def _estimates(candidates: Sequence[CandidateDocument], name: str) -> Column:
    """Median and 90 % interval."""
    cells = []
    for candidate in candidates:
        if candidate.estimate is None:
            cells.append(DASH)
            continue
        found = getattr(candidate.estimate, name)
        value, low, high = (estimated(v, name) for v in (found.value, found.low, found.high))
        cells.append(f"{value} {low}:{high}")
    return Column(_head(name, "estimate,", "90 % within"), cells)


def _medians(candidates: Sequence[CandidateDocument], name: str, needed: int) -> Column:
    cells = [estimated(getattr(c, name), name) for c in candidates]
    return Column(_head(name).replace(" ", "\n"), cells, right=True, needed=needed)


def _raw(candidates: Sequence[CandidateDocument], name: str) -> list[Column]:
    """What each judge says, in one column under the judges' names."""
    said = {}
    for judge in judges_of(candidates):
        results = [said_by(c, judge) for c in candidates]
        values = [getattr(result, name, None) for result in results]
        failed = any(result is not None and result.status != "passed" for result in results)
        if failed or any(value is not None for value in values):
            said[judge] = values
    if not said:
        return []
    cells = [
        "/".join(estimated(value, name) for value in values)
        if any(value is not None for value in values)
        else DASH
        for values in zip(*said.values(), strict=True)
    ]
    head = _head(name).partition(" ")[0] + " of\n" + "\n".join(said)
    needed = 5 if name == "shear_modulus" else 9
    return [Column(head, cells, needed=needed, label=f"{head.partition(' ')[0]} of each judge")]


def _above(candidate: CandidateDocument) -> str:
    energy = candidate.above_ground_state
    return DASH if energy is None else f"{1000 * energy:.0f}"
