"""``elatbot query``: ask the store for candidates, in a new process, later."""

from __future__ import annotations

import json
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, get_args, get_origin

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
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["query"]

_STATUSES = ("proposed", "rejected", "validated", "failed")
_DESCENDING = {"margin", "relative_margin"}
_ORDERED = (bool, int, float, str, NoneType)


def query(
    out: OutFolder = Path("elatbot-run"),
    hit: Annotated[bool, typer.Option("--hit", help="Only hits.")] = False,
    status: Annotated[
        str | None, typer.Option(help="Only this status: " + ", ".join(_STATUSES) + ".")
    ] = None,
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
    novel: Annotated[
        bool | None, typer.Option("--novel/--known", help="New to the text model, or not.")
    ] = None,
    max_above_hull: Annotated[
        float | None,
        typer.Option(metavar="EV", help="Largest energy above the hull, eV/atom, if placed."),
    ] = None,
    run: Annotated[str | None, typer.Option(help="Only this run.", metavar="RUN_ID")] = None,
    sort: Annotated[
        str, typer.Option(help="Field to sort by: margins best first, others smallest first.")
    ] = "margin",
    limit: Annotated[int, typer.Option(help="Most candidates to show, 0 for all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show stored candidates; options narrow the choice."""
    from elatbot_flows.campaign.store import candidate_store, find_candidates, open_store
    from elatbot_flows.documents import CandidateDocument
    from elatbot_flows.report import render_candidates

    _check_sort(sort, CandidateDocument)
    check_at_least(0, "--limit", limit)
    if status is not None and status not in _STATUSES:
        raise TargetError(f"--status {status}: choose from {', '.join(_STATUSES)}")
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
        verdict="hit" if hit else None,
        status=status,
        intervals=intervals,
        elements=allowed,
        contains=needed,
        formula=formula,
        novel=novel,
        max_above_hull=max_above_hull,
        run_id=run,
        sort=sort,
        descending=sort in _DESCENDING,
        limit=limit,
    )
    if as_json:
        typer.echo(json.dumps(found, indent=1, default=str))
    else:
        render_candidates(found, Console(highlight=False))


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
            f"--sort {name} is not a number or word of a candidate; try margin, bulk_modulus"
        )
