"""``--stages FILE``: which worker, resources and environment each stage of a flow gets."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from elatbot_flows.errors import StoreError, TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobflow_remote.config.base import Project

    from elatbot_flows.flows.stages import Stage

__all__ = ["DEFAULT", "StagesFile", "check_workers", "read_stages", "with_worker"]

DEFAULT = "default"
"""The stage that stands for all that are not named."""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "worker": str,
    "resources": dict,
    "exec_config": (str, dict),
}

StagesFile = Annotated[
    Path | None,
    typer.Option(
        "--stages",
        metavar="FILE",
        help="With --submit: YAML with worker, resources and exec_config of each stage; elatbot "
        "init writes one to start from.",
    ),
]


def read_stages(path: Path) -> dict[str, Stage]:
    """Stages by name, as a file describes them.

    Raises
    ------
    TargetError
        If the file cannot be read, or holds something else.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise TargetError(f"--stages {path} cannot be read ({reason})") from error
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        raise TargetError(f"--stages {path}: every stage needs lines such as worker: gpu below it")
    return {str(name): _stage(f"--stages {path}, {name}", one) for name, one in said.items()}


def _stage(where: str, said: dict[str, Any]) -> Stage:
    from elatbot_flows.flows.stages import Stage

    known = [field.name for field in fields(Stage)]
    if unknown := [str(name) for name in said if name not in known]:
        raise TargetError(f"{where}: {', '.join(unknown)} is none of {', '.join(known)}")
    for name, value in said.items():
        if value is not None and not isinstance(value, _TYPES[name]):
            raise TargetError(f"{where}: {name} cannot be {value!r}")
    return Stage(**said)


def with_worker(stages: Mapping[str, Stage] | None, worker: str | None) -> dict[str, Stage]:
    """Stages, with `worker` for those that name none.

    Examples
    --------
    >>> from elatbot_flows.flows import Stage
    >>> with_worker({"judge": Stage(resources={"ntasks": 8})}, "cpu")["judge"].worker
    'cpu'
    """
    from elatbot_flows.flows.stages import Stage

    filled = {DEFAULT: Stage(), **(stages or {})}
    default = filled[DEFAULT].worker or worker
    return {name: replace(one, worker=one.worker or default) for name, one in filled.items()}


def check_workers(stages: Mapping[str, Stage], to: str, project: str | None) -> None:
    """Refuse workers, environments and resources that there are not.

    FireWorks knows no list of its FireWorkers, so a category may be any word.

    Raises
    ------
    TargetError
        If a stage names one.
    StoreError
        If the project is not to be had.
    """
    if to == "fireworks":
        if named := [name for name, one in stages.items() if one.exec_config is not None]:
            raise TargetError(
                f"stage {', '.join(named)}: exec_config belongs to --submit remote; with FireWorks "
                "it stands in pre_rocket of the queue adapter"
            )
        return
    made = _project(project)
    for name, one in stages.items():
        _check_word(f"stage {name}: worker {one.worker}", one.worker, made.workers, made.name)
        if isinstance(one.exec_config, str):
            words = f"stage {name}: exec_config {one.exec_config}"
            _check_word(words, one.exec_config, made.exec_config, made.name)
        _check_resources(name, one, made)


def _project(name: str | None) -> Project:
    try:
        from jobflow_remote.config.manager import ConfigManager

        return ConfigManager(warn=False).get_project(name)
    except ImportError as error:
        raise StoreError("this needs jobflow-remote: pip install jobflow-remote") from error
    except Exception as error:
        raise StoreError(f"project {name} is not to be had ({error}); jf project list") from error


def _check_word(words: str, word: str | None, known: Mapping[str, Any], project: str) -> None:
    if word is not None and word not in known:
        there = ", ".join(sorted(known)) or "none"
        raise TargetError(f"{words} is not in project {project}, which has {there}")


def _check_resources(name: str, stage: Stage, project: Project) -> None:
    """Have the script of a job written, which refuses what the scheduler does not know."""
    if stage.resources is None or not project.workers:
        return
    worker = project.workers[stage.worker or next(iter(project.workers))]
    try:
        worker.get_scheduler_io().get_submission_script(["true"], dict(stage.resources))
    except Exception as error:
        raise TargetError(f"stage {name}: resources are refused ({error})") from error
