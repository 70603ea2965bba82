"""``elatbot train``: teach a text model, as a file describes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.options import OutFolder, writable_folder
from elatbot_flows.cli.running import run_shown
from elatbot_flows.cli.stages import StagesFile  # noqa: TC001 - typer reads annotations
from elatbot_flows.cli.submit import Project, Queue, Worker, destination
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from rich.console import Console

    from elatbot_flows.documents import TaskScores, TrainedModel

__all__ = ["train"]


def train(
    config: Annotated[Path, typer.Argument(help="YAML file of the training.", metavar="CONFIG")],
    out: OutFolder = Path("elatbot-training"),
    to: Queue = None,
    worker: Worker = None,
    project: Project = None,
    stages: StagesFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the model's document as JSON.")
    ] = False,
) -> None:
    """Teach a text model from records, or from verdicts on candidates; score and merge it.

    The same command again goes on where it stopped. docs/training.md has all settings.
    """
    from elatbot_flows.cli.train_config import read_training

    queue = destination(to, worker, project, stages)
    wanted = read_training(config)
    home = config.parent
    flow, place = wanted.flow(home, out if queue is None else None)
    if queue is not None:
        typer.echo(queue.submit(flow))
        return
    from elatbot_flows.database.stores import open_store
    from elatbot_flows.documents import TrainedModel

    folder, console = writable_folder(out, "--out"), terminal(stderr=True)
    store, where = open_store(folder)
    _say_where(place, console)
    run_shown(flow, store, console, workers=1, folder=folder)
    found = TrainedModel.model_validate(store.get_output(flow.output.uuid))
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
    else:
        _tell(found, terminal())
    console.print(f"documents: {where}", markup=False, soft_wrap=True)


def _say_where(folder: str, console: Console) -> None:
    from elatbot_flows.training.finetune.trainer import PROGRESS

    told = f"training in {folder}; {PROGRESS} there says how far it is"
    console.print(told, markup=False, soft_wrap=True)


def _tell(found: TrainedModel, console: Console) -> None:
    """What came of it, in a few lines."""
    learned = f"{found.trained_parameters:,} of {found.parameters:,} numbers learned"
    took = f"{found.wall_seconds:.0f} s, {found.cpu_seconds:.0f} s of processor time"
    lines = [
        f"{found.method}: {learned} from {found.records['train']} records in {found.steps} steps",
        f"kept step {found.best_step}: loss {found.best_loss:.4f} nats per {_unit(found)}",
        f"took {took} and {found.peak_memory_mb:.0f} MB on {found.device}",
    ]
    if found.dropped:
        left = {f"{s}: {n} {r}" for s, why in found.dropped.items() for r, n in why.items()}
        lines.append(f"left out: {', '.join(sorted(left))}")
    lines += [_scored(task) for task in found.evaluation]
    command = "generate" if found.tasks == [Task.GENERATION] else "predict FILE"
    lines.append(f"ask it: elatbot {command} --model {found.merged or found.folder}")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _unit(found: TrainedModel) -> str:
    return "pair, 0.6931 by guessing" if found.objective == "preferences" else "token"


def _scored(task: TaskScores) -> str:
    words = f"{task.task}: {task.exact} of {task.asked} exact, {task.readable} readable"
    error = task.scores.get("k_voigt_mae")
    n = task.scores.get("n")
    return words if error is None else f"{words}, K within {error:.1f} GPa on average of {n}"
