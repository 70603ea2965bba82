"""``elatbot design``: from a target modulus to materials that have it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.dft import Budget, BudgetHours, Code, Hours, Preset, dft_judge
from elatbot_flows.cli.materials import read_materials
from elatbot_flows.cli.options import (
    BulkModulus,
    Elements,
    OutFolder,
    PoissonRatio,
    Potentials,
    PughRatio,
    ShearModulus,
    Workers,
    YoungsModulus,
    available_cores,
    check_at_least,
    parse_elements,
    parse_intervals,
    parse_potentials,
    writable_folder,
)
from elatbot_flows.cli.proposing import (
    AboveHull,
    CrystalOptions,
    SpaceGroups,
    Units,
    Writer,
    proposer_of,
)
from elatbot_flows.cli.refit import RefitFile, read_refit
from elatbot_flows.cli.results import result_json, say_left_out, write_json
from elatbot_flows.cli.running import run_to_result
from elatbot_flows.cli.stages import StagesFile  # noqa: TC001 - typer reads annotations
from elatbot_flows.cli.submit import Project, Queue, Tags, Worker, destination, tagged
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.text_options import (
    Adapter,
    Asking,
    DialectName,
    EngineName,
    Generator,
    GeneratorDevice,
    GeneratorDtype,
    Guidance,
    Url,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import JobStore
    from rich.console import Console

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.flows import InverseDesignMaker
    from elatbot_flows.judges import Judge
    from elatbot_flows.proposers import Proposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["design", "design_maker"]

_USUAL = 8


def design(
    bulk_modulus: BulkModulus = None,
    shear_modulus: ShearModulus = None,
    youngs_modulus: YoungsModulus = None,
    poisson_ratio: PoissonRatio = None,
    pugh_ratio: PughRatio = None,
    elements: Elements = None,
    include: Annotated[
        str | None,
        typer.Option(metavar="Th,U,...", help="Radioactive elements that may occur all the same."),
    ] = None,
    exclude: Annotated[
        str | None, typer.Option(metavar="Pb,Tl,...", help="Elements that must not occur.")
    ] = None,
    max_elements: Annotated[
        int | None, typer.Option(help="Most different elements in a material.")
    ] = None,
    max_sites: Annotated[int, typer.Option(help="Most atoms in the primitive cell.")] = 16,
    n: Annotated[
        int | None,
        typer.Option("-n", help=f"Candidates that are to pass; {_USUAL}, or all of --from."),
    ] = None,
    out: OutFolder = Path("elatbot-run"),
    seed: Annotated[int, typer.Option(help="Same seed, same candidates.")] = 0,
    potential: Potentials = None,
    device: Annotated[str, typer.Option(help="Device of the potentials: cpu or cuda.")] = "cpu",
    hull: Annotated[
        bool, typer.Option("--hull/--no-hull", help="Place hits and open ones on the convex hull.")
    ] = True,
    given: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE|DIR",
            help="Screen these instead of asking a text model: crystals (CIF, POSCAR, JSON), a "
            "folder of them, or formulas (.txt, .csv); may be given several times.",
        ),
    ] = None,
    generator: Generator = "elatbot-mini",
    adapter: Adapter = None,
    engine: EngineName = "transformers",
    url: Url = None,
    dialect: DialectName = None,
    generator_device: GeneratorDevice = None,
    generator_dtype: GeneratorDtype = None,
    guidance: Guidance = None,
    writer: Writer = None,
    space_groups: SpaceGroups = None,
    units: Units = None,
    above_hull: AboveHull = None,
    learned_types: Annotated[
        bool,
        typer.Option(
            "--learned-types/--no-learned-types",
            help="Build formulas in the structure types that compounds of similar elements have, "
            "or in prototypes alone.",
        ),
    ] = True,
    dft: Code = None,
    dft_budget: Budget = 3,
    dft_budget_hours: BudgetHours = None,
    dft_preset: Preset = "standard",
    dft_hours: Hours = None,
    refit: RefitFile = None,
    workers: Workers = None,
    to: Queue = None,
    worker: Worker = None,
    stages: StagesFile = None,
    project: Project = None,
    tag: Tags = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON instead of a table.")
    ] = False,
) -> None:
    """Propose materials for a target, build crystals, have them judged, and rank them.

    A second run with the same options and --out goes on where the first one stopped. Intervals may
    be open on one side: --pugh-ratio 1.75:

    With --submit it is run by a queue instead; elatbot query finds its candidates then.
    """
    from elatbot_flows.targets import DesignTarget

    check_at_least(0, "--seed", seed)
    check_at_least(1, "--workers", workers)
    queue = destination(to, worker, project, stages)
    target = DesignTarget(
        **parse_intervals(
            bulk_modulus=bulk_modulus,
            shear_modulus=shear_modulus,
            youngs_modulus=youngs_modulus,
            poisson_ratio=poisson_ratio,
            pugh_ratio=pugh_ratio,
        ),
        elements=parse_elements(elements, "--elements"),
        included_elements=parse_elements(include, "--include") or (),
        excluded_elements=parse_elements(exclude, "--exclude") or (),
        max_elements=max_elements,
        max_sites=max_sites,
    )
    potentials = parse_potentials(potential)
    asking = Asking(generator, adapter, engine, url, dialect, generator_device, generator_dtype)
    brought = read_materials(given) if given else None
    wishes = CrystalOptions(space_groups, units, above_hull)
    proposer = proposer_of(target, asking, brought, writer, wishes, guidance)
    wanted = _USUAL if n is None and brought is None else n
    referee = dft_judge(dft, dft_preset, dft_budget, dft_hours, dft_budget_hours)
    asked = (wanted, seed, proposer, potentials, device, referee)
    maker = design_maker(*asked, hull=hull, learned_types=learned_types)
    maker.refit = read_refit(refit)
    if queue is not None:
        unreadable = [] if brought is None else brought.unreadable
        say_left_out(unreadable, terminal(stderr=True))
        typer.echo(queue.submit(maker.make(target), tag))
        return
    folder = writable_folder(out, "--out")
    cores = workers or available_cores()
    run = _Run(maker, potentials, device, folder, cores, tag, as_json=as_json)
    run.go(target, [] if brought is None else brought.unreadable)


def design_maker(
    n: int | None,
    seed: int,
    proposer: Proposer,
    potentials: list[str],
    device: str,
    referee: Sequence[Judge] = (),
    *,
    hull: bool,
    learned_types: bool = True,
) -> InverseDesignMaker:
    """The design in which the first potential screens and places, all judge, the referee last."""
    from elatbot_flows.flows import InverseDesignMaker
    from elatbot_flows.jobs import BuildMaker, HullMaker
    from elatbot_flows.judges import PotentialJudge

    build = BuildMaker(potential=potentials[0], device=device)
    return InverseDesignMaker(
        n=n,
        seed=seed,
        proposer=proposer,
        build=build if learned_types else replace(build, max_likely=0),
        judges=[*(PotentialJudge(potential=name, device=device) for name in potentials), *referee],
        hull=HullMaker(potential=potentials[0], device=device) if hull else None,
    )


@dataclass
class _Run:
    """A run with the places it writes to."""

    maker: InverseDesignMaker
    potentials: list[str]
    device: str
    folder: Path
    workers: int
    tags: list[str] | None = None
    as_json: bool = False

    def go(self, target: DesignTarget, unreadable: list[dict[str, Any]]) -> None:
        """Run the flow, then write and show what came of it."""
        from elatbot_flows.database.stores import open_store
        from elatbot_flows.report import render_summary, write_report

        console = terminal(stderr=True)
        say_left_out(unreadable, console)
        store, where = open_store(self.folder)
        result = self._result(target, store, console)
        files = write_report(result, self.folder)
        values = result_json(result) | ({"unreadable": unreadable} if unreadable else {})
        own = files.folder / "result.json"
        write_json(values, own)
        if self.as_json:
            typer.echo(json.dumps(values, indent=1, allow_nan=False))
        else:
            render_summary(result, terminal())
        if files.index is None:
            console.print("report.html above is not ours and was left alone", markup=False)
        paths = f"report: {files.html}\nresult: {own}\ndocuments: {where}"
        console.print(paths, markup=False, soft_wrap=True)

    def _result(self, target: DesignTarget, store: JobStore, console: Console) -> DesignResult:
        """Run the flow and read back its result; store what is done whatever happens."""
        return run_to_result(
            tagged(self.maker.make(target), self.tags),
            store,
            console,
            workers=self.workers,
            potentials=self.potentials,
            device=self.device,
            folder=self.folder,
        )
