"""``elatbot data``: from materials with known elasticity to records that a model is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.counting import counting
from elatbot_flows.cli.data_output import (
    count_reasons,
    reasons,
    show_dataset,
    show_leaks,
    tell_brought,
)
from elatbot_flows.cli.options import Workers, available_cores, check_at_least, writable_folder
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from jobflow import JobStore

    from elatbot_flows.database.training.collections import TrainingStores
    from elatbot_flows.documents.training import SplitRule

__all__ = ["data"]

data = typer.Typer(no_args_is_help=True, help="Make records to train text models on.")
_SPLITS = ("formula", "chemsys", "paper")
_PAPER_SEED = 42

Folder = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of materials and descriptions.")
]
StoreFile = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="YAML of a JobStore instead of the folder."),
]
_FOLDER = Path("elatbot-data")


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
    folder: Folder = _FOLDER,
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

    stores = _stores(folder, store)
    for path in files or []:
        brought = bring_file(stores.materials, path, temperature)
        tell_brought(path.name, brought.count, brought.skipped, brought.first)
    if candidates is not None:
        brought = bring_candidates(stores.materials, _store_of_run(candidates))
        tell_brought(f"candidates of {candidates}", brought.count, brought.skipped, None)


def _fetch_database(api_key: str | None, limit: int, folder: Path, store: Path | None) -> None:
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.elasticity import ElasticityBuilder
    from elatbot_flows.training.data.materials_project import ORIGIN, MaterialsProject

    MaterialsProject(api_key)  # without a key nothing is made
    stores = _stores(folder, store)
    builder = ElasticityBuilder(stores.materials, api_key, limit)
    with counting("fetch elastic tensors") as told:
        done = build(builder, told)
    there = stores.materials.count({"origin": ORIGIN})
    typer.echo(
        f"{done} materials fetched or confirmed, {there} of the Materials Project "
        f"{builder.version} are there"
    )


@data.command()
def describe(
    workers: Workers = None,
    limit: Annotated[float, typer.Option(help="Seconds for one crystal.", min=1)] = 60.0,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also those that took too long before.")
    ] = False,
    folder: Folder = _FOLDER,
    store: StoreFile = None,
) -> None:
    """Put crystals in words by robocrystallographer, which four of ElaTBot's tasks need."""
    check_at_least(1, "--workers", workers)
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.descriptions import DescriptionBuilder

    stores = _stores(folder, store, existing=True)
    builder = DescriptionBuilder(
        stores.materials, stores.descriptions, workers or available_cores(), limit, retry
    )
    with counting("describe crystals") as told:
        done = build(builder, told)
    failed = count_reasons(stores.descriptions.query({"words": None}, ["reason"]))
    there = stores.descriptions.count({"words": {"$ne": None}})
    typer.echo(f"{done} crystals done now, {there} descriptions are there{reasons(failed)}")


@data.command()
def records(
    out: Annotated[Path, typer.Argument(help="File to write, .jsonl or .jsonl.gz.", metavar="OUT")],
    dialect: Annotated[
        list[str] | None, typer.Option(help="Words of the questions; elatbot by default.")
    ] = None,
    task: Annotated[list[str] | None, typer.Option(help="Only these tasks.")] = None,
    split: Annotated[
        str, typer.Option(help=f"How to set test materials apart: {', '.join(_SPLITS)}.")
    ] = "formula",
    seed: Annotated[int | None, typer.Option(help="Another number, another split.")] = None,
    validation: Annotated[float, typer.Option(help="Share of validation.")] = 0.05,
    test: Annotated[float, typer.Option(help="Share of test.")] = 0.05,
    without_test_formulas: Annotated[
        bool,
        typer.Option("--without-test-formulas", help="Leave formulas of the test out of training."),
    ] = False,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Do not turn tetragonal tensors to z.")
    ] = False,
    clean: Annotated[
        bool, typer.Option("--clean/--no-clean", help="Leave out implausible labels.")
    ] = True,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Only these: materials_project, candidates, or the name of a file."),
    ] = None,
    folder: Folder = _FOLDER,
    store: StoreFile = None,
) -> None:
    """Write questions with right answers as JSON lines, and beside them where they come from."""
    rule = _rule(split, seed, validation, test)
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.task_records import TaskRecordBuilder
    from elatbot_flows.documents.labelled import MaterialRecords
    from elatbot_flows.training.data.dataset import assemble
    from elatbot_flows.training.data.dataset_files import check_free, write_dataset

    check_free(out)
    stores = _stores(folder, store, existing=True)
    builder = TaskRecordBuilder(
        stores.materials,
        stores.descriptions,
        stores.records,
        dialects=dialect or ["elatbot"],
        tasks=task,
        turn=not as_published,
        clean=clean,
        origins=origin,
    )
    with counting("write records") as told:
        build(builder, told)
    criteria = {"origin": {"$in": origin}} if origin else {}
    written = (MaterialRecords.model_validate(d) for d in stores.records.query(criteria))
    found = assemble(written, rule, without_test_formulas=without_test_formulas)
    show_dataset(write_dataset(out, found))


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


def _rule(split: str, seed: int | None, validation: float, test: float) -> SplitRule:
    from pydantic import ValidationError

    from elatbot_flows.documents.training import SplitRule

    if split not in _SPLITS:
        raise TargetError(f"--split {split}: choose from {', '.join(_SPLITS)}")
    if not validation + test < 1:
        raise TargetError(f"--validation {validation} and --test {test} leave nothing to train on")
    number = seed if seed is not None else _PAPER_SEED if split == "paper" else 0
    try:
        return SplitRule(name=split, seed=number, validation=validation, test=test)  # type: ignore[arg-type]
    except ValidationError as error:
        raise TargetError("--validation and --test are shares from 0 to below 1") from error


def _stores(folder: Path, file: Path | None, *, existing: bool = False) -> TrainingStores:
    from elatbot_flows.database.stores import embedded_store, store_in_file
    from elatbot_flows.database.training.collections import TrainingStores

    if file is not None:
        return TrainingStores.of(store_in_file(file)[0])
    if existing and not folder.is_dir():
        raise TargetError(f"there is no folder {folder}: bring materials by elatbot data fetch")
    opened = embedded_store(writable_folder(folder, "--data"))
    opened.connect()
    return TrainingStores.of(opened)


def _store_of_run(folder: Path) -> JobStore:
    from elatbot_flows.cli.sources import bring_up_to_date
    from elatbot_flows.database.stores import open_store

    opened, _ = open_store(folder, existing=True)
    bring_up_to_date(opened)
    return opened
