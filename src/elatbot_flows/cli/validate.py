"""``elatbot validate``: elastic tensors of crystals in files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from elatbot_flows.cli.crystals import read_crystals, require_files
from elatbot_flows.cli.options import available_cores, writable_folder
from elatbot_flows.cli.running import run_shown
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from jobflow import Job, JobStore
    from pymatgen.core import Structure

    from elatbot_flows.potentials.validation import ValidationSettings

__all__ = ["validate"]

_METHODS = ("linear_response", "finite_strain")


def validate(
    files: Annotated[
        list[Path], typer.Argument(help="Crystals: CIF, POSCAR, pymatgen JSON, ...", metavar="FILE")
    ],
    potential: Annotated[
        list[str],
        typer.Option(metavar="NAME|DIR", help="Potential; give several to see them disagree."),
    ] = ["7net-0"],  # noqa: B006 - typer copies it
    method: Annotated[
        str, typer.Option(help="linear_response, or finite_strain as atomate2 does it.")
    ] = "linear_response",
    supercell: Annotated[
        int, typer.Option(help="Also look for soft phonons in a supercell this often repeated.")
    ] = 1,
    device: Annotated[str, typer.Option(help="Device of the potential: cpu or cuda.")] = "cpu",
    dtype: Annotated[
        str | None, typer.Option(help="float32 or float64; the model's own by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes to use; all cores by default.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the documents, to go on later.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Relax crystals and compute their relaxed-ion elastic tensors (GPa).

    A crystal that cannot be validated is an entry with a reason, never a missing one.
    """
    from elatbot_flows.documents import ElasticResult
    from elatbot_flows.potentials.registry import check_potential_name
    from elatbot_flows.potentials.validation import ValidationSettings

    if method not in _METHODS:
        raise TargetError(f"--method {method}: choose from {', '.join(_METHODS)}")
    for name in potential:
        check_potential_name(name)
    require_files(files)
    if supercell < 1:
        raise TargetError(f"--supercell {supercell}: give 1 or more")
    settings = ValidationSettings(method=method, supercell=supercell)  # type: ignore[arg-type]
    crystals, unreadable = read_crystals(files)
    with tempfile.TemporaryDirectory() as scratch:
        folder = writable_folder(out, "--out") if out else Path(scratch)
        nothing = dict.fromkeys(ElasticResult.model_fields)
        entries = {source: nothing | why for source, why in unreadable.items()} | _entries(
            crystals, potential, (device, dtype), settings, folder, workers or available_cores()
        )
    found = [entries[str(path)] for path in files]
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        from elatbot_flows.report import render_results

        render_results(found, Console(highlight=False))


def _entries(
    crystals: dict[str, Structure],
    potentials: list[str],
    placement: tuple[str, str | None],
    settings: ValidationSettings,
    folder: Path,
    workers: int,
) -> dict[str, dict[str, Any]]:
    """Results by file: those of the first potential, with the other ones inside."""
    from jobflow import Flow

    from elatbot_flows.campaign.store import open_store

    if not crystals:
        return {}
    store, _ = open_store(folder)
    jobs = {
        (name, source): _job(name, source, crystal, placement, settings, number)
        for name in potentials
        for number, (source, crystal) in enumerate(crystals.items(), start=1)
    }
    console = Console(stderr=True, highlight=False)
    run_shown(
        Flow(list(jobs.values()), name="validate files"),
        store,
        console,
        workers=workers,
        potential=potentials[0],
        device=placement[0],
    )
    entries = {}
    for source in crystals:
        first, *others = (_result(store, jobs[name, source]) for name in potentials)
        entries[source] = first | ({"others": others} if others else {})
        entries[source]["estimates"] = _estimates([first, *others])
    return entries


def _estimates(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Bulk and shear modulus out of all potentials, where the calibration knows them."""
    from elatbot_flows.documents import MethodRecord
    from elatbot_flows.jobs.estimate import combined_estimate, member_key

    keys = [member_key(MethodRecord(**result["judge"])) for result in results]
    estimates = {}
    for modulus in ("bulk_modulus", "shear_modulus"):
        values = {key: result[modulus] for key, result in zip(keys, results, strict=True)}
        if found := combined_estimate(values, modulus, results[0]["elements"]):
            estimates[modulus] = found.model_dump()
    return estimates


def _job(
    potential: str,
    source: str,
    crystal: Structure,
    placement: tuple[str, str | None],
    settings: ValidationSettings,
    number: int,
) -> Job:
    from elatbot_flows.jobs import PotentialJudge

    device, dtype = placement
    maker = PotentialJudge(potential=potential, device=device, dtype=dtype, settings=settings)
    made: Job = maker.make([crystal], [source])
    made.append_name(f" {number}")
    return made


def _result(store: JobStore, job: Job) -> dict[str, Any]:
    """The stored result as plain JSON values."""
    from monty.json import jsanitize

    (output,) = store.get_output(job.uuid)
    return {k: jsanitize(v, strict=True) for k, v in output.items() if not k.startswith("@")}
