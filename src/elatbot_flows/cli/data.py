"""``elatbot data``: from materials with known elasticity to records that a model is trained on."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.counting import counting
from elatbot_flows.cli.crystals import require_files
from elatbot_flows.cli.data_output import count_reasons, reasons, show_leaks, tell_brought
from elatbot_flows.cli.data_records import records
from elatbot_flows.cli.data_stores import FOLDER, Folder, StoreFile, open_stores
from elatbot_flows.cli.options import Workers, available_cores, check_at_least
from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from jobflow import JobStore


__all__ = ["data"]

data = typer.Typer(no_args_is_help=True, help="Make records to train text models on.")
data.command()(records)


@data.command()
def fetch(
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Your own materials, .csv, .json or .jsonl; needs no key.",
        ),
    ] = None,
    candidates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Candidates of a run, labelled by its judges, not DFT."),
    ] = None,
    temperature: Annotated[
        float, typer.Option(help="K, for rows of your own that tell none.", min=0)
    ] = 0.0,
    api_key: Annotated[
        str | None,
        typer.Option(
            help="Of the Materials Project; better set MP_API_KEY.",
            envvar="MP_API_KEY",
            show_envvar=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Fetch at most so many now, 0 for all.")] = 0,
    folder: Folder = FOLDER,
    store: StoreFile = None,
) -> None:
    """Bring materials: of the Materials Project, of your own files, or candidates of a run.

    What is there is not fetched again; a download that was interrupted goes on where it was.
    """  # fmt: skip
    check_at_least(0, "--limit", limit)
    if not files and candidates is None:
        _fetch_database(api_key, limit, folder, store)
        return
    from elatbot_flows.database.training.bringing import bring_candidates, bring_file

    require_files(files or [])
    stores = open_stores(folder, store)
    for path in files or []:
        tell_brought(bring_file(stores, path, temperature))
    if candidates is not None:
        tell_brought(bring_candidates(stores, _store_of_run(candidates)))


def _fetch_database(api_key: str | None, limit: int, folder: Path, store: Path | None) -> None:
    from elatbot_flows.database.training.bringing import note_source
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.elasticity import ElasticityBuilder
    from elatbot_flows.training.data.materials_project import ORIGIN, MaterialsProject

    MaterialsProject(api_key)  # without a key nothing is made
    stores = open_stores(folder, store)
    builder = ElasticityBuilder(stores.materials, api_key, limit)
    with counting("fetch elastic tensors") as told:
        done = build(builder, told)
    source = note_source(stores, ORIGIN, database_version=builder.version)
    typer.echo(
        f"{done} materials fetched or confirmed, {source.materials} of the Materials Project "
        f"{builder.version} are there"
    )


@data.command()
def describe(
    workers: Workers = None,
    limit: Annotated[
        float, typer.Option(help="Seconds of processor time for one crystal.", min=1)
    ] = 60.0,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also those that took too long before.")
    ] = False,
    folder: Folder = FOLDER,
    store: StoreFile = None,
) -> None:
    """Put crystals in words by robocrystallographer, which four of ElaTBot's tasks need."""
    check_at_least(1, "--workers", workers)
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.descriptions import DescriptionBuilder

    stores = open_stores(folder, store, existing=True)
    builder = DescriptionBuilder(
        stores.materials, stores.descriptions, workers or available_cores(), limit, retry
    )
    with counting("describe crystals") as told:
        done = build(builder, told)
    failed = count_reasons(stores.descriptions.query({"words": None}, ["reason"]))
    there = stores.descriptions.count({"words": {"$ne": None}})
    typer.echo(f"{done} crystals done now, {there} descriptions are there{reasons(failed)}")


@data.command()
def check(
    file: Annotated[Path, typer.Argument(help="File of records.", metavar="FILE")],
    base: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Base model, by name or folder.")
    ] = None,
) -> None:
    """Say whether a test formula is trained on, in any task, or known to the base model."""
    from elatbot_flows.errors import LeakError
    from elatbot_flows.training.data.leaks import check_file

    try:
        show_leaks(check_file(file, base))
    except LeakError as error:
        terminal(stderr=True, soft_wrap=True).print(f"leak: {error}", markup=False)
        raise typer.Exit(1) from error


def _store_of_run(folder: Path) -> JobStore:
    from elatbot_flows.cli.sources import bring_up_to_date
    from elatbot_flows.database.stores import open_store

    opened, _ = open_store(folder, existing=True)
    bring_up_to_date(opened)
    return opened
