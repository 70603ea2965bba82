"""``elatbot generate --crystals``: crystals that a text model writes, as files with their rates."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from monty.json import jsanitize

from elatbot_flows.cli.running import run_shown
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.text_options import journal_in
from elatbot_flows.errors import TargetError
from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from elatbot_flows.cli.proposing import CrystalOptions
    from elatbot_flows.documents import CrystalProposals
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget

__all__ = ["Formulas", "formulas_of", "write_crystals"]

Formulas = Annotated[
    str | None,
    typer.Option(metavar="NiAl,Ni3Al|FILE", help="Formulas to ask for, or a list of them."),
]
_QUESTION = ("requested", "settings", "model")


def formulas_of(text: str | None) -> tuple[str, ...]:
    """Formulas of an option: with commas, or one a line in a file.

    Raises
    ------
    TargetError
        If the file has anything else.
    """
    if text is None:
        return ()
    if not Path(text).is_file():
        return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    from elatbot_flows.cli.materials import read_materials

    found = read_materials([Path(text)])
    if found.unreadable or not all(isinstance(one, str) for one in found.materials):
        why = found.unreadable[0]["message"] if found.unreadable else "it has crystals"
        raise TargetError(f"--formulas: {text} is no list of formulas: {why}")
    return tuple(dict.fromkeys(map(str, found.materials)))


def write_crystals(
    model: TextModel,
    options: CrystalOptions,
    formulas: str | None,
    n: int,
    out: Path | None,
    *,
    rank: bool,
    as_json: bool,
    target: DesignTarget | None = None,
    **sampling: Any,
) -> None:
    """Ask, show the rates, and write crystals to a folder of their own below `out`.

    Parameters
    ----------
    model
        Who is asked.
    options, formulas
        What for.
    n
        Answers.
    out
        Folder; None to write nothing.
    rank
        Whether to say how likely each is.
    as_json
        Whether to print the document.
    target
        What is wanted beside the options.
    sampling
        Settings of the Maker.

    Raises
    ------
    ElatbotError
        As `elatbot_flows.jobs.WriteCrystalsMaker`.
    """
    from jobflow import Flow

    from elatbot_flows.database.stores import open_store
    from elatbot_flows.documents import CrystalProposals
    from elatbot_flows.jobs import WriteCrystalsMaker, never_resume

    wishes = options.wishes(formulas_of(formulas))
    writer = model.crystal_writer(wishes)
    writer.requests()
    if target is not None and not writer.aims:
        raise TargetError(f"{model.name} cannot be asked for by moduli: leave them out")
    maker = WriteCrystalsMaker(model=model, rank=rank, **sampling, **journal_in(out))
    job = maker.make(wishes, n, target=target)
    never_resume(job)  # it reads weights from outside; answers that are there are in the journal
    console = terminal(stderr=True)
    with tempfile.TemporaryDirectory() as scratch:
        store, _ = open_store(out or Path(scratch))
        run_shown(Flow([job]), store, console, workers=1)
        found = CrystalProposals.model_validate(store.get_output(job.uuid))
    where = None if out is None else _written(found, out / "crystals")
    if as_json:
        typer.echo(json.dumps(jsanitize(found.model_dump(), strict=True), indent=1))
    else:
        from elatbot_flows.report.written import render_crystals

        render_crystals(found, terminal())
    if where is not None:
        console.print(f"crystals: {where}", markup=False, soft_wrap=True)
    if not found.valid.count:
        raise typer.Exit(1)


def _written(found: CrystalProposals, folder: Path) -> Path:
    """Crystals as CIF, and a line of JSON for every answer; what is there stays."""
    plain = jsanitize(found.model_dump(), strict=True)
    question = json.dumps([len(found.proposals), *(plain[name] for name in _QUESTION)])
    where = folder / hashlib.sha256(question.encode()).hexdigest()[:12]
    lines = []
    for number, one in enumerate(found.proposals, start=1):
        record = plain["proposals"][number - 1]
        del record["structure"]
        if one.structure is not None:
            record["file"] = f"{number:05d}_{one.formula}_{one.status}.cif"
            _keep(where / record["file"], one.structure.to(fmt="cif"))
        lines.append(json.dumps(record))
    _keep(where / "answers.jsonl", "\n".join([*lines, ""]))
    rates = {name: plain[name] for name in ("parsed", "valid", "distinct", "reasons", *_QUESTION)}
    _keep(where / "rates.json", json.dumps(rates, indent=1) + "\n")
    return where


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        write_whole(path, text)
