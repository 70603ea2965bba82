"""``elatbot check``: whether database, queues, models and potentials can be used from here."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from elatbot_flows.cli.options import Potentials, parse_potentials
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import ElatbotError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["check"]

_PACKAGES = ("jobflow", "atomate2", "pymatgen", "torch", "transformers", "sevenn", "matgl")
_MARKS = {"ok": "[green]ok[/]     ", "none": "[dim]not used[/]", "bad": "[red]wrong[/]  "}


def check(
    potential: Potentials = None,
    stages: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also whether the workers of these stages are there."),
    ] = None,
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of which project; without it the default.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out models and potentials, which take seconds.")
    ] = False,
) -> None:
    """Try database, queues, text model and potentials; ends with 1 if something is wrong."""
    console = terminal(soft_wrap=True)
    tried: list[Callable[[], tuple[str, str]]] = [_packages, _store, _fireworks, _remote, _licences]
    if stages is not None:
        tried.append(_stages(stages, project))
    if not quick:
        tried += [_text_model, *(_potential(name) for name in parse_potentials(potential))]
    wrong = 0
    for mark, words in _outcomes(tried):
        wrong += mark == "bad"
        console.print(f"{_MARKS[mark]} {escape(words)}")
    if wrong:
        raise typer.Exit(1)


def _outcomes(tried: list[Callable[[], tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    for one in tried:
        try:
            yield one()
        except ElatbotError as error:
            yield "bad", str(error)


def _packages() -> tuple[str, str]:
    return "ok", "packages: " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


def _store() -> tuple[str, str]:
    """The store that jobflow is configured with; there need not be one."""
    from pathlib import Path

    from jobflow import SETTINGS
    from maggma.stores import MemoryStore

    from elatbot_flows.database.collections import candidate_store
    from elatbot_flows.database.stores import open_store

    if type(SETTINGS.JOB_STORE.docs_store) is MemoryStore:
        words = "no JOB_STORE is configured for jobflow: designs keep their documents below --out"
        return "none", f"{words} (for a database: elatbot init)"
    store, words = open_store(Path("elatbot-run"))
    count, candidates = store.count(), candidate_store(store).count()
    return "ok", f"{words}: {count} job documents, {candidates} candidates published"


def _fireworks() -> tuple[str, str]:
    try:
        from fireworks import LaunchPad
        from fireworks.fw_config import LAUNCHPAD_LOC
    except ImportError:
        return "none", "FireWorks is not installed (pip install FireWorks)"
    if LAUNCHPAD_LOC is None:
        return "none", "FireWorks has no my_launchpad.yaml (elatbot init --target fireworks)"
    try:
        count = LaunchPad.auto_load().fireworks.count_documents({})
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        reason = type(error).__name__
        return "bad", f"FireWorks' LaunchPad of {LAUNCHPAD_LOC} cannot be reached ({reason})"
    return "ok", f"FireWorks' LaunchPad of {LAUNCHPAD_LOC}: {count} Fireworks"


def _remote() -> tuple[str, str]:
    try:
        from jobflow_remote.config.manager import ConfigManager
    except ImportError:
        return "none", "jobflow-remote is not installed (pip install jobflow-remote)"
    names = sorted(ConfigManager(warn=False).projects)
    if not names:
        return "none", "jobflow-remote has no project (elatbot init --target remote)"
    from elatbot_flows.database.stores import store_of_project

    for name in names:
        store_of_project(name)
    return "ok", f"jobflow-remote's projects, and their stores: {', '.join(names)}"


def _stages(file: Path, project: str | None) -> Callable[[], tuple[str, str]]:
    """What stands in a file of stages; workers are known to projects of jobflow-remote alone."""

    def tried() -> tuple[str, str]:
        from elatbot_flows.cli.stages import DEFAULT, check_workers, read_stages, with_worker
        from elatbot_flows.jobs.stages import STAGES

        stages = with_worker(read_stages(file), None)
        if unknown := [name for name in stages if name not in (*STAGES, DEFAULT)]:
            raise TargetError(f"{file}: there is no stage {', '.join(unknown)}")
        words = f"stages of {file}: " + ", ".join(
            f"{k} on {v.worker or 'any'}" for k, v in stages.items()
        )
        if project is None and not _has_projects():
            return "ok", f"{words}; whether a FireWorker takes these categories cannot be seen"
        check_workers(stages, "remote", project)
        return "ok", f"{words}, all of them workers of the project"

    return tried


def _has_projects() -> bool:
    try:
        from jobflow_remote.config.manager import ConfigManager
    except ImportError:
        return False
    return bool(ConfigManager(warn=False).projects)


def _licences() -> tuple[str, str]:
    try:
        version("mp-api")
    except PackageNotFoundError:
        return "none", "mp-api is not installed: no crystals from the Materials Project"
    if "MP_API_KEY" not in os.environ:
        return "none", "MP_API_KEY is not set: no crystals from the Materials Project"
    return "ok", "MP_API_KEY is set; whether the Materials Project takes it was not tried"


def _text_model() -> tuple[str, str]:
    from elatbot_flows.engines.text_model import text_model

    record = text_model("elatbot-mini").engine().record
    return "ok", f"text model {record.name}: weights {str(record.weights_sha256)[:12]}"


def _potential(name: str) -> Callable[[], tuple[str, str]]:
    def tried() -> tuple[str, str]:
        from elatbot_flows.potentials import load_potential

        record = load_potential(name).record()
        weights = str(record["weights_sha256"])[:12]
        return "ok", f"potential {name}: {record['package']} {record['package_version']}, {weights}"

    return tried
