"""``elatbot predict``: what a text model says of the elasticity of materials."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.crystals import read_crystals, require_files
from elatbot_flows.cli.options import check_at_least, writable_folder
from elatbot_flows.cli.results import say_left_out
from elatbot_flows.cli.running import run_shown
from elatbot_flows.cli.stages import StagesFile  # noqa: TC001 - typer reads annotations
from elatbot_flows.cli.submit import Project, Queue, Tags, Worker, destination, tagged
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.text_options import (
    Adapter,
    AsJson,
    Asking,
    Device,
    DialectName,
    Dtype,
    EngineName,
    Guided,
    Kelvin,
    MaxTokens,
    Model,
    SamplingTemperature,
    Seed,
    Url,
    check_drawing,
    journal_in,
)
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from jobflow import Flow

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.flows import PredictManyMaker
    from elatbot_flows.jobs import PredictElasticMaker

__all__ = ["predict"]

_SEVERAL = 0.7
"""Sampling temperature for several answers, unless one is given."""


def predict(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Crystals: CIF, POSCAR, pymatgen JSON, ...", metavar="[FILE]..."),
    ] = None,
    formula: Annotated[
        list[str] | None,
        typer.Option(help="A material without crystal, e.g. Ni3Al; may be given several times."),
    ] = None,
    crystal_system: Annotated[
        list[str] | None,
        typer.Option(help="Crystal system of the formulas: one for all, or one for each."),
    ] = None,
    model: Model = "elatbot-mini",
    adapter: Adapter = None,
    engine: EngineName = "transformers",
    url: Url = None,
    dialect: DialectName = None,
    device: Device = None,
    dtype: Dtype = None,
    task: Annotated[
        str | None,
        typer.Option(help="What to ask, e.g. tensor_from_structure; by default as trained."),
    ] = None,
    kelvin: Kelvin = 0.0,
    samples: Annotated[int, typer.Option(help="Answers to each question.")] = 1,
    sampling_temperature: SamplingTemperature = None,
    max_tokens: MaxTokens = None,
    seed: Seed = 0,
    guided: Guided = False,
    knowledge: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Known values (CSV, JSON lines) to put before questions."
        ),
    ] = None,
    references: Annotated[int, typer.Option(help="Known values for each question.")] = 5,
    raw: Annotated[
        bool, typer.Option("--raw", help="Do not project tensors on the crystal's symmetry.")
    ] = False,
    chunk_size: Annotated[int, typer.Option(help="Materials in one job.")] = 32,
    workers: Annotated[int, typer.Option(help="Processes; each loads the model.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the documents, to go on later.")
    ] = None,
    plots: Annotated[
        bool, typer.Option("--plots", help="Draw Young's modulus along directions into --out.")
    ] = False,
    to: Queue = None,
    worker: Worker = None,
    stages: StagesFile = None,
    project: Project = None,
    tag: Tags = None,
    as_json: AsJson = False,
) -> None:
    """Ask a text model for elastic tensors or bulk moduli (GPa).

    A material that cannot be predicted is an entry with a reason, never a missing one.

    With --submit it is run by a queue instead; elatbot query --kind prediction finds them then.
    """
    queue = destination(to, worker, project, stages)
    paths, formulas = files or [], formula or []
    require_files(paths)
    require_files([] if knowledge is None else [knowledge])
    _check(paths, formulas, samples, chunk_size, workers)
    check_drawing(seed, kelvin)
    if plots and out is None:
        raise TargetError("--plots needs a folder to draw into: give --out DIR")
    from elatbot_flows.flows import PredictManyMaker
    from elatbot_flows.jobs import PredictElasticMaker

    chosen = Asking(model, adapter, engine, url, dialect, device, dtype).text_model()
    default = 0.0 if samples == 1 else _SEVERAL
    with tempfile.TemporaryDirectory() as scratch:
        kept = writable_folder(out, "--out") if out else None
        maker = PredictElasticMaker(
            model=chosen,
            task=task,
            samples=samples,
            sampling_temperature=default if sampling_temperature is None else sampling_temperature,
            max_tokens=max_tokens,
            seed=seed,
            guided=guided,
            project_symmetry=not raw,
            knowledge=None if knowledge is None else str(knowledge.resolve()),
            references=references,
            **journal_in(kept),
        )
        _say_task(maker, chosen, task)
        rows = _Rows(paths, formulas, crystal_system)
        flow = rows.flow(PredictManyMaker(predict_maker=maker, chunk_size=chunk_size), kelvin)
        if queue is not None:
            say_left_out(rows.unreadable, terminal(stderr=True))
            if flow is None:
                raise TargetError("there is no material to submit: no file holds a crystal")
            typer.echo(queue.submit(flow, tag))
            return
        documents = _run(tagged(flow, tag), kept or Path(scratch), workers) if flow else []
    entries = rows.filled(documents)
    if kept is not None:
        _write(entries, kept, plots=plots)
    if as_json:
        typer.echo(json.dumps(entries, indent=1, allow_nan=False))
    else:
        from elatbot_flows.report.predictions import render_predictions

        render_predictions(entries, terminal())


class _Rows:
    """What was given, in its order: files that hold crystals, files that do not, and formulas."""

    def __init__(self, files: list[Path], formulas: list[str], systems: list[str] | None) -> None:
        crystals, self._unreadable = read_crystals(files)
        self._files, self._formulas = list(map(str, files)), formulas
        readable = [path for path in self._files if path in crystals]
        self.sources = readable + formulas
        self.materials: list[Any] = [*(crystals[path] for path in readable), *formulas]
        self.systems = [*(None for _ in readable), *_spread(systems, len(formulas))]

    @property
    def unreadable(self) -> list[dict[str, Any]]:
        """Files that hold no crystal, and why."""
        return list(self._unreadable.values())

    def flow(self, maker: PredictManyMaker, kelvin: float) -> Flow | None:
        """What asks about the readable rows; None if there are none."""
        if not self.materials:
            return None
        return maker.make(self.materials, self.sources, kelvin, self.systems)

    def filled(self, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All entries in order, those of unreadable files with all fields, most of them empty."""
        from elatbot_flows.documents import TextPrediction

        nothing, rest = dict.fromkeys(TextPrediction.model_fields), iter(documents)
        of_files = [
            nothing | self._unreadable[path] if path in self._unreadable else next(rest)
            for path in self._files
        ]
        return [*of_files, *rest]


def _check(
    files: list[Path], formulas: list[str], samples: int, chunk_size: int, workers: int
) -> None:
    if not files and not formulas:
        raise TargetError("there is nothing to predict: give files with crystals, or --formula")
    for option, value in (
        ("--samples", samples), ("--chunk-size", chunk_size), ("--workers", workers)
    ):  # fmt: skip
        check_at_least(1, option, value)


def _spread(systems: list[str] | None, n: int) -> list[str | None]:
    if not systems:
        return [None] * n
    if len(systems) not in {1, n}:
        raise TargetError(
            f"there are {len(systems)} --crystal-system for {n} --formula: give one for all, or "
            "one for each"
        )
    return [*systems] if len(systems) == n else [systems[0]] * n


def _say_task(maker: PredictElasticMaker, model: TextModel, given: str | None) -> None:
    """Refuse a task the model does not know; name the one that is asked by default."""
    from elatbot_flows.jobs.ask.predict import elastic_tasks

    chosen = maker.checked_task()
    if given is None:
        console = terminal(stderr=True, soft_wrap=True)
        known = ", ".join(elastic_tasks(model))
        told = " (so its README or name tells)" if model.usual_task else ""
        console.print(f"asking {model.name} for {chosen}{told}; --task chooses from {known}")


def _run(flow: Flow, folder: Path, workers: int) -> list[dict[str, Any]]:
    """Predictions as plain JSON values."""
    from monty.json import jsanitize

    from elatbot_flows.database.stores import open_store

    store, _ = open_store(folder)
    run_shown(flow, store, terminal(stderr=True), workers=workers, folder=folder)
    return [
        {k: jsanitize(v, strict=True) for k, v in document.items() if not k.startswith("@")}
        for chunk in flow.jobs[1:-1]
        for document in store.get_output(chunk.uuid)
    ]


def _write(entries: list[dict[str, Any]], folder: Path, *, plots: bool) -> None:
    """Write all entries, and a figure of every stable tensor if that is wanted."""
    text = json.dumps(entries, indent=1, allow_nan=False)
    (folder / "predictions.json").write_text(text, encoding="utf-8")
    if not plots:
        return
    from elatbot_flows.report.directional import write_directional_plot

    if not any(entry["born_stable"] for entry in entries):
        terminal(stderr=True).print("there is no stable tensor to draw")
    (folder / "plots").mkdir(exist_ok=True)
    for number, entry in enumerate(entries, start=1):
        if entry["born_stable"]:
            name = re.sub(r"[^A-Za-z0-9]+", "_", str(entry["formula"]))[:80]
            path = folder / "plots" / f"{number}-{name}.png"
            write_directional_plot(entry["elastic_tensor"], path, f"{entry['formula']}")
