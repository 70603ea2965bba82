"""``elatbot data records``: the file of questions and answers, and the document beside it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.counting import counting
from elatbot_flows.cli.data_output import show_dataset
from elatbot_flows.cli.data_stores import FOLDER, Folder, StoreFile, open_stores
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from elatbot_flows.documents.training import SplitRule

__all__ = ["records"]

_SPLITS = ("formula", "chemsys", "paper")
_PAPER_SEED = 42


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
    folder: Folder = FOLDER,
    store: StoreFile = None,
) -> None:
    """Write questions with right answers as JSON lines, and beside them where they come from."""
    rule = _rule(split, seed, validation, test)
    from elatbot_flows.database.training.building import build
    from elatbot_flows.database.training.task_records import TaskRecordBuilder
    from elatbot_flows.documents.labelled import MaterialRecords
    from elatbot_flows.documents.training import DataSource
    from elatbot_flows.training.data.dataset import assemble
    from elatbot_flows.training.data.dataset_files import check_free, write_dataset

    check_free(out)
    stores = open_stores(folder, store, existing=True)
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
    sources = (DataSource.model_validate(each) for each in stores.sources.query())
    found = assemble(written, rule, sources=sources, without_test_formulas=without_test_formulas)
    show_dataset(write_dataset(out, found))


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
