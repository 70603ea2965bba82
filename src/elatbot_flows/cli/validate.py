"""``elatbot validate``: crystals in files, judged as those of a design run are."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.crystals import read_crystals, require_files, source_of
from elatbot_flows.cli.dft import Code, Hours, Preset, dft_judge
from elatbot_flows.cli.options import (
    BulkModulus,
    PoissonRatio,
    Potentials,
    PughRatio,
    ShearModulus,
    Workers,
    YoungsModulus,
    available_cores,
    check_at_least,
    parse_intervals,
    parse_potentials,
    writable_folder,
)
from elatbot_flows.cli.refit import RefitFile, read_refit
from elatbot_flows.cli.results import candidate_json, say_left_out
from elatbot_flows.cli.running import run_to_result
from elatbot_flows.cli.stages import StagesFile  # noqa: TC001 - typer reads annotations
from elatbot_flows.cli.submit import Project, Queue, Tags, Worker, destination, tagged
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import StructureError, TargetError

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument, Refit
    from elatbot_flows.flows import InverseDesignMaker
    from elatbot_flows.jobs import HullMaker
    from elatbot_flows.judges import DFTElasticMaker
    from elatbot_flows.potentials.settings import ValidationSettings
    from elatbot_flows.targets import DesignTarget

__all__ = ["Judging", "target_of", "validate"]

_METHODS = ("linear_response", "finite_strain")


def validate(
    files: Annotated[
        list[Path], typer.Argument(help="Crystals: CIF, POSCAR, pymatgen JSON, ...", metavar="FILE")
    ],
    bulk_modulus: BulkModulus = None,
    shear_modulus: ShearModulus = None,
    youngs_modulus: YoungsModulus = None,
    poisson_ratio: PoissonRatio = None,
    pugh_ratio: PughRatio = None,
    potential: Potentials = None,
    method: Annotated[
        str, typer.Option(help="linear_response, or finite_strain as atomate2 does it.")
    ] = "linear_response",
    supercell: Annotated[
        int, typer.Option(help="Also look for soft phonons in a supercell this often repeated.")
    ] = 1,
    hull: Annotated[
        bool, typer.Option("--hull/--no-hull", help="Also place what passed on the convex hull.")
    ] = False,
    device: Annotated[str, typer.Option(help="Device of the potentials: cpu or cuda.")] = "cpu",
    dtype: Annotated[
        str | None, typer.Option(help="float32 or float64; the model's own by default.")
    ] = None,
    dft: Code = None,
    dft_preset: Preset = "standard",
    dft_hours: Hours = None,
    refit: RefitFile = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep documents and a report, to go on later."),
    ] = None,
    to: Queue = None,
    worker: Worker = None,
    stages: StagesFile = None,
    project: Project = None,
    tag: Tags = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Relax crystals, compute their elastic tensors (GPa), and say whether they meet a target.

    Without intervals there is an estimate and no verdict. A crystal that cannot be judged, or a
    file that cannot be read, is an entry with a reason, never a missing one.

    With --submit it is run by a queue instead; elatbot query finds its crystals then.
    """
    queue = destination(to, worker, project, stages)
    check_at_least(1, "--supercell", supercell)
    check_at_least(1, "--workers", workers)
    if method not in _METHODS:
        raise TargetError(f"--method {method}: choose from {', '.join(_METHODS)}")
    target = target_of(
        bulk_modulus=bulk_modulus,
        shear_modulus=shear_modulus,
        youngs_modulus=youngs_modulus,
        poisson_ratio=poisson_ratio,
        pugh_ratio=pugh_ratio,
    )
    potentials = parse_potentials(potential)
    require_files(files)
    from elatbot_flows.potentials.settings import ValidationSettings

    settings = ValidationSettings(method=method, supercell=supercell)  # type: ignore[arg-type]
    crystals, unreadable = read_crystals(files)
    referee = dft_judge(dft, dft_preset, max(1, len(crystals)), dft_hours)
    cores = workers or available_cores()
    judging = Judging(
        potentials, device, dtype, settings, tag, referee, read_refit(refit), hull, cores
    )
    if queue is not None:
        say_left_out(list(unreadable.values()), terminal(stderr=True))
        if not crystals:
            raise StructureError("there is no crystal to submit: none of the files holds one")
        typer.echo(queue.submit(judging.flow(crystals, target), tag))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = writable_folder(out, "--out") if out else Path(scratch)
        result = judging.result(crystals, target, folder) if crystals else None
        if out and result is not None:
            from elatbot_flows.report import write_report

            page = write_report(result, folder).html
            typer.echo(f"report: {page}", err=True)
    names = list(dict.fromkeys(map(source_of, files)))
    found = _by_source(result, unreadable)
    _show([found[name] for name in names], names, result, as_json=as_json)


def target_of(**texts: str | None) -> DesignTarget | None:
    """The target that intervals by name of the property ask for; None without any."""
    from elatbot_flows.targets import DesignTarget

    intervals = parse_intervals(**texts)
    if not intervals:
        return None
    target = DesignTarget(**intervals)
    target.implied_bulk_modulus()
    return target


@dataclass
class Judging:
    """Who judges given crystals, and how."""

    potentials: list[str]
    device: str
    dtype: str | None
    settings: ValidationSettings
    tags: list[str] | None
    referee: list[DFTElasticMaker]
    refit: Refit | None
    hull: bool
    workers: int

    def _hull_maker(self) -> HullMaker:
        from elatbot_flows.jobs import HullMaker

        return HullMaker(potential=self.potentials[0], device=self.device)

    def flow(self, crystals: dict[str, Structure], target: DesignTarget | None) -> Flow:
        """The flow that judges crystals."""
        return self.maker(crystals).make(target)

    def maker(self, crystals: dict[str, Structure]) -> InverseDesignMaker:
        """A design with crystals that are given and stay as they are."""
        from elatbot_flows.flows import InverseDesignMaker
        from elatbot_flows.judges import PotentialJudge
        from elatbot_flows.proposers import GivenProposer

        judges = [
            PotentialJudge(
                potential=name, device=self.device, dtype=self.dtype, settings=self.settings
            )
            for name in self.potentials
        ]
        return InverseDesignMaker(
            n=None,
            proposer=GivenProposer(materials=list(crystals.values()), sources=list(crystals)),
            build=None,
            judges=[*judges, *self.referee],  # type: ignore[arg-type]
            hull=self._hull_maker() if self.hull else None,
            refit=self.refit,
        )

    def result(
        self, crystals: dict[str, Structure], target: DesignTarget | None, folder: Path
    ) -> DesignResult:
        """Judge crystals here."""
        return self.run(self.flow(crystals, target), folder)

    def run(self, flow: Flow, folder: Path) -> DesignResult:
        """Run a flow here, with its documents in the store of the folder."""
        from elatbot_flows.database.stores import open_store

        store, _ = open_store(folder)
        return run_to_result(
            tagged(flow, self.tags),
            store,
            terminal(stderr=True),
            workers=self.workers,
            potentials=self.potentials,
            device=self.device,
            folder=folder,
        )


def _by_source(
    result: DesignResult | None, unreadable: dict[str, dict[str, Any]]
) -> dict[str, CandidateDocument]:
    """What became of every file."""
    from elatbot_flows.documents import CandidateDocument

    found = {str(c.source): c for c in result.candidates} if result else {}
    for number, (source, why) in enumerate(unreadable.items(), start=1):
        nothing = CandidateDocument(
            candidate_id=f"unreadable-{number:05d}", run_id="", source=source
        )
        found[source] = nothing.failed(why["reason"], why["message"])
    return found


def _show(
    found: list[CandidateDocument],
    names: list[str],
    result: DesignResult | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        entries = [candidate_json(candidate) for candidate in found]
        typer.echo(json.dumps(entries, indent=1, allow_nan=False))
        return
    from elatbot_flows.report import render_materials

    render_materials(found, names, result, terminal())
