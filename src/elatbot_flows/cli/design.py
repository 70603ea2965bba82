"""``elatbot design``: from a target modulus to validated materials."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    available_cores,
    check_at_least,
    parse_elements,
    parse_intervals,
    writable_folder,
)
from elatbot_flows.cli.running import run_shown
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from jobflow import Flow, JobStore

    from elatbot_flows.documents import DesignDocument
    from elatbot_flows.flows import InverseDesignMaker
    from elatbot_flows.targets import DesignTarget

__all__ = ["design"]


def design(
    bulk_modulus: BulkModulus = None,
    shear_modulus: ShearModulus = None,
    youngs_modulus: YoungsModulus = None,
    poisson_ratio: PoissonRatio = None,
    pugh_ratio: PughRatio = None,
    elements: Elements = None,
    exclude: Annotated[
        str | None, typer.Option(metavar="Pb,Tl,...", help="Elements that must not occur.")
    ] = None,
    max_elements: Annotated[
        int | None, typer.Option(help="Most different elements in a material.")
    ] = None,
    max_sites: Annotated[int, typer.Option(help="Most atoms in the primitive cell.")] = 16,
    n: Annotated[int, typer.Option("-n", help="Distinct candidates to validate.")] = 8,
    out: OutFolder = Path("elatbot-run"),
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same candidates.")] = 0,
    potential: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="Interatomic potential that judges.")
    ] = "7net-0",
    generator: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="Text model that proposes.")
    ] = "elatbot-mini",
    device: Annotated[str, typer.Option(help="Device of the potential: cpu or cuda.")] = "cpu",
    hull: Annotated[
        bool,
        typer.Option("--hull", help="Also place what was validated on the convex hull."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes to use; all cores by default.")
    ] = None,
) -> None:
    """Propose materials for a target, build crystals, validate them and rank them.

    A second run with the same options and --out goes on where the first one stopped.
    """
    from elatbot_flows.flows import InverseDesignMaker
    from elatbot_flows.jobs import HullMaker
    from elatbot_flows.targets import DesignTarget

    check_at_least(0, "--seed", seed)
    check_at_least(1, "--workers", workers)
    target = DesignTarget(
        **parse_intervals(
            bulk_modulus=bulk_modulus,
            shear_modulus=shear_modulus,
            youngs_modulus=youngs_modulus,
            poisson_ratio=poisson_ratio,
            pugh_ratio=pugh_ratio,
        ),
        elements=parse_elements(elements, "--elements"),
        excluded_elements=parse_elements(exclude, "--exclude") or (),
        max_elements=max_elements,
        max_sites=max_sites,
    )
    maker = InverseDesignMaker(n=n, seed=seed, potential=potential, device=device)
    maker = replace(maker, propose_maker=replace(maker.propose_maker, generator=generator))
    _check(target, maker)
    folder = writable_folder(out, "--out")
    if hull:
        maker = replace(maker, hull_maker=HullMaker(cache_folder=str(folder / "phases")))
    _check_json(json_file)
    _run(target, maker, folder, json_file, workers or available_cores())


def _check(target: DesignTarget, maker: InverseDesignMaker) -> None:
    """Refuse early, before anything is loaded, what can be seen to be impossible."""
    from elatbot_flows.engines.mini.generator_files import describe_generator
    from elatbot_flows.engines.mini.scope import check_target
    from elatbot_flows.potentials.registry import check_potential_name

    check_potential_name(maker.potential)
    check_target(describe_generator(maker.propose_maker.generator), target)


def _check_json(json_file: Path | None) -> None:
    if json_file is not None:
        writable_folder(json_file.parent, "--json")
        if json_file.is_dir():
            raise TargetError(f"--json {json_file} is a folder: give a file")


def _run(
    target: DesignTarget,
    maker: InverseDesignMaker,
    folder: Path,
    json_file: Path | None,
    workers: int,
) -> None:
    from elatbot_flows.campaign.store import open_store
    from elatbot_flows.report import render_summary, write_report

    console = Console(stderr=True, highlight=False)
    store, where = open_store(folder)
    flow = maker.make(target)
    document = _result(flow, store, maker, console, workers)
    files = write_report(document, folder)
    text = json.dumps(result_json(document), indent=1, allow_nan=False)
    for path in {folder / "result.json", json_file or folder / "result.json"}:
        path.write_text(text + "\n")
    render_summary(document, Console(highlight=False))
    paths = f"report: {files.html}\nresult: {folder / 'result.json'}\ndocuments: {where}"
    console.print(paths, markup=False, soft_wrap=True)


def _result(
    flow: Flow, store: JobStore, maker: InverseDesignMaker, console: Console, workers: int
) -> DesignDocument:
    """Run the flow and read back its last document; store what is done whatever happens."""
    from elatbot_flows.campaign.store import publish_candidates
    from elatbot_flows.documents import DesignDocument

    def publish() -> str:
        count = publish_candidates(store)
        return f"{count} candidates are stored as far as they got (see elatbot query): "

    run_shown(
        flow,
        store,
        console,
        workers=workers,
        potential=maker.potential,
        device=maker.device,
        publish=publish,
    )
    return DesignDocument(**store.get_output(flow.jobs[-1].uuid))


def result_json(document: DesignDocument) -> dict[str, Any]:
    """The result as plain JSON values: the run's fields, counts and all candidates, best first."""
    from monty.json import jsanitize

    run = document.run.model_dump()
    candidates = [candidate.model_dump() for candidate in document.candidates]
    result: dict[str, Any] = jsanitize(
        {
            **run,
            "counts": document.counts.model_dump(),
            "candidates": candidates,
            "notes": document.notes,
        },
        strict=True,
    )
    return result
