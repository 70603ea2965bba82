"""``elatbot query``: ask the store for candidates, in a new process, later."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path  # noqa: TC003 - typer reads annotations
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer

from elatbot_flows.cli.options import (
    BulkModulus,
    Elements,
    PoissonRatio,
    PughRatio,
    ShearModulus,
    YoungsModulus,
    check_at_least,
    parse_elements,
    parse_intervals,
)
from elatbot_flows.cli.query_output import Shape, show_candidates, show_counts
from elatbot_flows.cli.sources import (
    OptionalFolder,
    Project,
    StoreFile,
    bring_up_to_date,
    store_to_read,
)
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.documents.candidate import Status, VerdictWord
from elatbot_flows.documents.published import Kind
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobflow import JobStore
    from pydantic import BaseModel

__all__ = ["query"]

_STATUSES = get_args(Status)
_VERDICTS = get_args(VerdictWord)
_KINDS = get_args(Kind)
_LARGEST_FIRST = ("probability", "disagreement", "last_updated")
_PROBABILITY = "probability"
_PAGE = 50
_ORDERED = (bool, int, float, str, datetime, NoneType)


def query(
    out: OptionalFolder = None,
    store: StoreFile = None,
    project: Project = None,
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
    formula: Annotated[
        str | None, typer.Option(help="Only this formula, written in any way.")
    ] = None,
    chemsys: Annotated[
        str | None, typer.Option(metavar="Al-Ni", help="Only this chemical system.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind: " + ", ".join(_KINDS) + ".")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only of jobs with this tag.")] = None,
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
        str,
        typer.Option(
            help=f"Field to sort by, smallest first; {', '.join(_LARGEST_FIRST)} largest first."
        ),
    ] = _PROBABILITY,
    best_of_each: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="Only the best of each value, e.g. of chemsys."),
    ] = None,
    skip: Annotated[int, typer.Option(help="Candidates to leave out at the beginning.")] = 0,
    limit: Annotated[int, typer.Option(help="Most candidates to show, 0 for all.")] = _PAGE,
    count: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Only count the values of a field.")
    ] = None,
    funnel: Annotated[
        bool, typer.Option("--funnel", help="Only say what became of all runs, and their cost.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the report of --run again, into this folder."),
    ] = None,
    cif: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the crystals as CIF into this folder.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show stored candidates that passed; options narrow the choice.

    A material that several runs found for one target is shown once, from the run that ranks first.
    """
    from elatbot_flows.database.queries import criteria_of
    from elatbot_flows.documents.published import PublishedCandidate

    for option, field in (("--sort", sort), ("--best-of-each", best_of_each), ("--count", count)):
        _check_field(option, field, PublishedCandidate)
    check_at_least(0, "--limit", limit)
    check_at_least(0, "--skip", skip)
    for option, word, known in (
        ("--status", status, _STATUSES), ("--verdict", verdict, _VERDICTS), ("--kind", kind, _KINDS)
    ):  # fmt: skip
        _check_word(option, word, known)
    intervals = parse_intervals(
        bulk_modulus=bulk_modulus,
        shear_modulus=shear_modulus,
        youngs_modulus=youngs_modulus,
        poisson_ratio=poisson_ratio,
        pugh_ratio=pugh_ratio,
    )
    criteria: dict[str, Any] = {
        "verdict": "hit" if hit else verdict,
        "status": status or (None if everything or count or funnel else "passed"),
        "intervals": intervals,
        "elements": parse_elements(elements, "--elements"),
        "contains": parse_elements(contains, "--contains") or (),
        "formula": formula,
        "chemsys": chemsys,
        "kind": kind,
        "tags": tag,
        "unseen": unseen,
        "max_above_hull": max_above_hull,
        "run_id": run,
    }
    criteria_of(**criteria)  # what is none is refused before anything is opened
    opened, _ = store_to_read(out, store, project)
    bring_up_to_date(opened)
    shape = Shape(tuple(intervals), as_json=as_json, as_csv=as_csv)
    if report is not None:
        _write_report(opened, run, report)
    elif funnel:
        show_counts(_funnel(opened, run_id=run, tags=tag, kind=kind), shape)
    elif count:
        show_counts(_counted(opened, count, criteria), shape)
    else:
        found = _found(opened, criteria, sort, best_of_each)
        materials = _Once(found)
        found = found if everything else iter(materials)
        page = list(islice(found, skip, skip + limit if limit else None))
        show_candidates(page, shape, cif)
        more = bool(limit) and next(found, None) is not None
        _say_what_is_left(len(page), materials.repeats, skip if more else None)


def _found(
    store: JobStore, criteria: dict[str, Any], sort: str, field: str | None
) -> Iterator[dict[str, Any]]:
    """Candidates in order, read from the store as they are asked for."""
    from elatbot_flows.database.collections import candidate_store
    from elatbot_flows.database.queries import best_of_each, ordered_candidates

    candidates, descending = candidate_store(store), sort in _LARGEST_FIRST
    if field is not None:
        return best_of_each(candidates, field, sort=sort, descending=descending, **criteria)
    return ordered_candidates(candidates, sort=sort, descending=descending, **criteria)


def _say_what_is_left(shown: int, repeats: int, skipped: int | None) -> None:
    """Say what was left out, and that there is more, without reading it."""
    console = terminal(stderr=True)
    if repeats:
        console.print(f"{repeats} more of the same materials and targets in other runs: see --all")
    if skipped is not None:
        console.print(f"{shown} shown; there are more: --skip {skipped + shown}, or --limit 0")


def _funnel(store: JobStore, **criteria: Any) -> dict[str, Any]:
    from elatbot_flows.database.collections import run_store
    from elatbot_flows.database.queries import funnel_of

    return funnel_of(run_store(store), **criteria)


def _counted(store: JobStore, field: str, criteria: dict[str, Any]) -> dict[str, Any]:
    from elatbot_flows.database.collections import candidate_store
    from elatbot_flows.database.queries import count_by

    return {field: count_by(candidate_store(store), field, **criteria)}


def _write_report(store: JobStore, run: str | None, folder: Path) -> None:
    """Write the report of a run again."""
    from elatbot_flows.cli.options import writable_folder
    from elatbot_flows.database.collections import run_store
    from elatbot_flows.database.results import read_result
    from elatbot_flows.report import write_report

    if run is None:
        raise TargetError("--report needs a run: give --run RUN_ID (see --count run_id)")
    known = run_store(store).query_one({"run_id": run}, ["concluded_by", "kind"])
    if known is None or known["concluded_by"] is None or known["kind"] != "design":
        raise TargetError(f"--run {run}: there is no such run that came to its end")
    result = read_result(store, known["concluded_by"])
    typer.echo(str(write_report(result, writable_folder(folder, "--report")).html))


class _Once:
    """The first of every material, that is formula and space group, and target."""

    def __init__(self, found: Iterator[dict[str, Any]]) -> None:
        self._found = found
        self.repeats = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        known: dict[str, str] = {}
        for document in self._found:
            facts = [document.get(name) for name in ("formula", "spacegroup_number", "target")]
            key = json.dumps(facts, sort_keys=True, default=str)
            if known.setdefault(key, document["run_id"]) == document["run_id"]:
                yield document
            else:
                self.repeats += 1


def _check_word(option: str, word: str | None, known: tuple[str, ...]) -> None:
    if word is not None and word not in known:
        raise TargetError(f"{option} {word}: choose from {', '.join(known)}")


def _check_field(option: str, name: str | None, document: type[BaseModel]) -> None:
    """Refuse what is not a field, or has no order, such as a structure."""
    if name is None:
        return
    field = document.model_fields.get(name)
    annotation = None if field is None else field.annotation
    parts: tuple[object, ...] = ()
    if annotation == list[str] and option == "--count":
        return
    if annotation is not None and get_origin(annotation) not in (list, dict):
        parts = get_args(annotation) or (annotation,)
    if not parts or not all(isinstance(p, str) or p in _ORDERED for p in parts):
        raise TargetError(
            f"{option} {name} is not a number or word of a candidate; "
            "try probability, bulk_modulus, energy_above_hull"
        )
