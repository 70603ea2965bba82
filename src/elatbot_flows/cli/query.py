"""``elatbot query``: ask the store for candidates, in a new process, later."""

from __future__ import annotations

import json
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer
from rich.console import Console

from elatbot_flows.cli.options import (
    BulkModulus,
    Elements,
    OutFolder,
    PoissonRatio,
    PughRatio,
    ShearModulus,
    YoungsModulus,
    check_at_least,
    parse_elements,
    parse_intervals,
)
from elatbot_flows.documents.candidate import Status, VerdictWord
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

__all__ = ["query"]

_STATUSES = get_args(Status)
_VERDICTS = get_args(VerdictWord)
_PROBABILITY = "probability"
_ORDERED = (bool, int, float, str, NoneType)
_HEAVY = ("structure", "polymorphs", "completion", "run", "hull")


def query(
    out: OutFolder = Path("elatbot-run"),
    verdict: Annotated[
        str | None, typer.Option(help="Only this verdict: " + ", ".join(_VERDICTS) + ".")
    ] = None,
    hit: Annotated[bool, typer.Option("--hit", help="The same as --verdict hit.")] = False,
    status: Annotated[
        str | None,
        typer.Option(help="This status instead of passed: " + ", ".join(_STATUSES) + "."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every status, and repeats in other runs.")
    ] = False,
    bulk_modulus: BulkModulus = None,
    shear_modulus: ShearModulus = None,
    youngs_modulus: YoungsModulus = None,
    poisson_ratio: PoissonRatio = None,
    pugh_ratio: PughRatio = None,
    elements: Elements = None,
    contains: Annotated[
        str | None, typer.Option(metavar="Ni,...", help="Elements that must be there.")
    ] = None,
    formula: Annotated[str | None, typer.Option(help="Only this reduced formula.")] = None,
    unseen: Annotated[
        bool | None,
        typer.Option("--unseen/--seen", help="In no training row of the text model, or in one."),
    ] = None,
    max_above_hull: Annotated[
        float | None,
        typer.Option(metavar="EV", help="Largest energy above the hull, eV/atom, if placed."),
    ] = None,
    run: Annotated[str | None, typer.Option(help="Only this run.", metavar="RUN_ID")] = None,
    sort: Annotated[
        str, typer.Option(help="Field to sort by: probability largest first, others smallest.")
    ] = _PROBABILITY,
    limit: Annotated[int, typer.Option(help="Most candidates to show, 0 for all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show stored candidates that passed; options narrow the choice.

    A material that several runs found for one target is shown once, from the run that ranks first.
    """
    from elatbot_flows.database.stores import candidate_store, find_candidates, open_store
    from elatbot_flows.documents import CandidateDocument

    _check_sort(sort, CandidateDocument)
    check_at_least(0, "--limit", limit)
    _check_word("--status", status, _STATUSES)
    _check_word("--verdict", verdict, _VERDICTS)
    intervals = parse_intervals(
        bulk_modulus=bulk_modulus,
        shear_modulus=shear_modulus,
        youngs_modulus=youngs_modulus,
        poisson_ratio=poisson_ratio,
        pugh_ratio=pugh_ratio,
    )
    allowed = parse_elements(elements, "--elements")
    needed = parse_elements(contains, "--contains") or ()
    store, _ = open_store(out, existing=True)
    found = find_candidates(
        candidate_store(store),
        verdict="hit" if hit else verdict,
        status=status or (None if everything else "passed"),
        intervals=intervals,
        elements=allowed,
        contains=needed,
        formula=formula,
        unseen=unseen,
        max_above_hull=max_above_hull,
        run_id=run,
        sort=sort,
        descending=sort == _PROBABILITY,
    )
    shown = found if everything else list(_once(found))
    _show(shown[: limit or None], tuple(intervals), as_json=as_json)
    if repeats := len(found) - len(shown):
        words = f"{repeats} more of the same materials and targets in other runs: see --all"
        Console(stderr=True, highlight=False).print(words)


def _once(found: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The first of every material, that is formula and space group, and target."""
    known: dict[str, str] = {}
    for document in found:
        asked = (document.get("run") or {}).get("target")
        facts = [document.get("formula"), document.get("spacegroup_number"), asked]
        key = json.dumps(facts, sort_keys=True, default=str)
        if known.setdefault(key, document["run_id"]) == document["run_id"]:
            yield document


def _show(found: list[dict[str, Any]], wanted: tuple[str, ...], *, as_json: bool) -> None:
    from elatbot_flows.documents import CandidateDocument, HullResult
    from elatbot_flows.report import render_candidates

    if as_json:
        typer.echo(json.dumps(found, indent=1, default=str))
        return
    candidates = []
    for document in found:
        light = {k: v for k, v in document.items() if k not in _HEAVY}
        light["evidence"] = [_without_crystal(one) for one in document.get("evidence", ())]
        candidate = CandidateDocument(**light)
        if document.get("hull"):
            candidate = candidate.updated(hull=HullResult(**document["hull"]))
        candidates.append(candidate)
    render_candidates(candidates, Console(highlight=False), wanted)


def _without_crystal(evidence: dict[str, Any]) -> dict[str, Any]:
    """Evidence that is quick to read back."""
    return evidence | {"result": evidence["result"] | {"structure": None}}


def _check_word(option: str, word: str | None, known: tuple[str, ...]) -> None:
    if word is not None and word not in known:
        raise TargetError(f"{option} {word}: choose from {', '.join(known)}")


def _check_sort(name: str, document: type[BaseModel]) -> None:
    """Refuse to sort by what is not a field, or has no order, such as a structure."""
    field = document.model_fields.get(name)
    annotation = None if field is None else field.annotation
    if annotation is None or get_origin(annotation) in (list, dict):
        parts: tuple[object, ...] = ()
    else:
        parts = get_args(annotation) or (annotation,)
    if not parts or not all(isinstance(p, str) or p in _ORDERED for p in parts):
        raise TargetError(
            f"--sort {name} is not a number or word of a candidate; "
            "try probability, bulk_modulus, energy_above_hull"
        )
