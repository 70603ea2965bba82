"""Questions to the collection of candidates, answered in the database."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TargetError
from elatbot_flows.targets import check_elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from maggma.core import Store

    from elatbot_flows.targets import Interval

__all__ = [
    "best_of_each",
    "count_by",
    "criteria_of",
    "find_candidates",
    "funnel_of",
    "ordered_candidates",
]


def criteria_of(
    *,
    intervals: Mapping[str, Interval] | None = None,
    elements: Sequence[str] | None = None,
    contains: Sequence[str] = (),
    max_above_hull: float | None = None,
    formula: str | None = None,
    chemsys: str | None = None,
    **values: Any,
) -> dict[str, Any]:
    """MongoDB criteria for candidates.

    Parameters
    ----------
    intervals
        Closed intervals of properties: moduli in GPa.
    elements
        The only elements a candidate may have.
    contains
        Elements it must have.
    max_above_hull
        Largest energy above the hull, eV/atom; leaves out those never placed.
    formula, chemsys
        A formula, written in any way (``Ni3Al`` is found as ``AlNi3``), and a chemical system.
    **values
        Fields with the value they must have, such as ``verdict="hit"``, ``run_id=...``,
        ``tags=...``; None for any.

    Raises
    ------
    TargetError
        If `formula` is none, or `chemsys` has a part that is no element.

    Examples
    --------
    >>> criteria_of(verdict="hit", contains=["Ni"], run_id=None)
    {'verdict': 'hit', 'elements': {'$all': ['Ni']}}
    >>> criteria_of(formula="Ni3Al", chemsys="Ni-Al")
    {'formula_pretty': 'AlNi3', 'chemsys': 'Al-Ni'}
    """
    from pymatgen.core import Element

    criteria: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    for name, interval in (intervals or {}).items():
        criteria[name] = {"$gte": interval.low, "$lte": interval.high}
    if max_above_hull is not None:
        criteria["energy_above_hull"] = {"$lte": max_above_hull}
    if formula is not None:
        criteria["formula_pretty"] = _reduced(formula)
    if chemsys is not None:
        parts = check_elements([part.strip() for part in chemsys.split("-")], "chemical system")
        criteria["chemsys"] = "-".join(sorted(parts))
    wanted: dict[str, Any] = {}
    if contains:
        wanted["$all"] = list(contains)
    if elements is not None:
        wanted["$nin"] = sorted({element.symbol for element in Element} - set(elements))
        criteria["nelements"] = {"$gte": 1}
    return criteria | ({"elements": wanted} if wanted else {})


def _reduced(formula: str) -> str:
    from pymatgen.core import Composition

    try:
        composition = Composition(formula)
    except ValueError:
        composition = Composition()
    if not composition or not composition.valid:  # made-up elements have no number
        raise TargetError(f"{formula!r} is not a formula: write Ni3Al")
    return str(composition.reduced_formula)


def find_candidates(
    candidates: Store,
    *,
    sort: str = "probability",
    descending: bool = True,
    skip: int = 0,
    limit: int = 0,
    properties: list[str] | None = None,
    **criteria: Any,
) -> list[dict[str, Any]]:
    """Candidates that fit, as plain documents, in order.

    Parameters
    ----------
    candidates
        The collection; see :func:`~elatbot_flows.database.collections.candidate_store`.
    sort
        Field to sort by; documents without a value come last.
    descending
        Largest first.
    skip, limit
        Documents to leave out at the beginning; most documents to return, 0 for all.
    properties
        Fields to return; None for all.
    **criteria
        As for :func:`criteria_of`.
    """
    found = ordered_candidates(
        candidates, sort=sort, descending=descending, properties=properties, **criteria
    )
    return list(islice(found, skip, skip + limit if limit else None))


def ordered_candidates(
    candidates: Store,
    *,
    sort: str = "probability",
    descending: bool = True,
    properties: list[str] | None = None,
    **criteria: Any,
) -> Iterator[dict[str, Any]]:
    """As :func:`find_candidates`, read from the database as they are asked for."""
    asked, direction = criteria_of(**criteria), -1 if descending else 1
    ties: dict[str, Any] = {"candidate_id": direction}
    present = _both(asked, {sort: {"$ne": None}})
    absent = _both(asked, {sort: None})
    for part, terms in ((present, {sort: direction} | ties), (absent, ties)):
        for document in candidates.query(part, properties, sort=terms):
            document.pop("_id", None)
            yield document


def _both(criteria: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {"$and": [criteria, more]} if criteria else more


def best_of_each(
    candidates: Store,
    field: str = "chemsys",
    *,
    sort: str = "probability",
    descending: bool = True,
    **criteria: Any,
) -> Iterator[dict[str, Any]]:
    """The best candidate for each value of a field, such as each set of elements, best first.

    Parameters
    ----------
    candidates
        The collection.
    field
        Whose values form groups.
    sort, descending
        What is better.
    **criteria
        As for :func:`criteria_of`.
    """
    known = set()
    found = ordered_candidates(candidates, sort=sort, descending=descending, **criteria)
    for document in found:
        if document.get(field) not in known:
            known.add(document.get(field))
            yield document


def count_by(candidates: Store, field: str, **criteria: Any) -> dict[Any, int]:
    """How many candidates have each value of a field, most first.

    Parameters
    ----------
    candidates
        The collection.
    field
        A field with few values, such as ``status``, ``reason`` or ``verdict``.
    **criteria
        As for :func:`criteria_of`.
    """
    asked = criteria_of(**criteria)
    values = candidates.distinct(field, asked)
    counts = {value: candidates.count(_both(asked, {field: value})) for value in values}
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0]))))


def funnel_of(runs: Store, **criteria: Any) -> dict[str, Any]:
    """What became of all candidates of some runs, and what they cost.

    Parameters
    ----------
    runs
        The collection; see :func:`~elatbot_flows.database.collections.run_store`.
    **criteria
        Fields of runs with the value they must have, such as ``tags="campaign 3"``.

    Returns
    -------
    dict
        ``runs`` by state, candidates ``by_status``, ``counts`` of concluded runs, ``cost``.
    """
    total: dict[str, Any] = {"runs": {}, "by_status": {}, "counts": {}, "cost": {}}
    fields = ["state", "by_status", "counts", "cost"]
    for run in runs.query({k: v for k, v in criteria.items() if v is not None}, fields):
        total["runs"][run["state"]] = total["runs"].get(run["state"], 0) + 1
        for part in ("by_status", "counts", "cost"):
            _add(total[part], run.get(part) or {})
    return total


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _add(total.setdefault(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
