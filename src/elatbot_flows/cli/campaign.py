"""``elatbot campaign``: many designs, as a file describes them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.campaign_config import read_campaign
from elatbot_flows.cli.options import (
    OutFolder,
    Workers,
    available_cores,
    check_at_least,
    writable_folder,
)
from elatbot_flows.cli.results import say_left_out
from elatbot_flows.cli.running import publish_into, run_shown
from elatbot_flows.cli.stages import StagesFile  # noqa: TC001 - typer reads annotations
from elatbot_flows.cli.submit import Project, Queue, Worker, destination
from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from jobflow import Flow, JobStore
    from rich.console import Console

    from elatbot_flows.cli.campaign_config import CampaignConfig
    from elatbot_flows.documents import CampaignDocument

__all__ = ["campaign"]


def campaign(
    config: Annotated[Path, typer.Argument(help="YAML file of the campaign.", metavar="CONFIG")],
    out: OutFolder = Path("elatbot-run"),
    workers: Workers = None,
    to: Queue = None,
    worker: Worker = None,
    project: Project = None,
    stages: StagesFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON instead of a table.")
    ] = False,
) -> None:
    """Design for many targets, with several generators and lists, until enough is found.

    Nothing is proposed twice for a target, nor computed twice, also not by later campaigns. The
    same command again goes on where it stopped. docs/campaigns.md has all settings.
    """
    check_at_least(1, "--workers", workers)
    queue = destination(to, worker, project, stages)
    wanted = read_campaign(config)
    maker, unreadable = wanted.maker(config.parent)
    targets = wanted.design_targets()
    for target in targets:
        target.implied_bulk_modulus()
        for design in maker.designs:
            if design.proposer.model is not None:
                design.proposer.model.check_target(target)
    console = terminal(stderr=True)
    say_left_out(unreadable, console)
    flow = maker.make(targets)
    if queue is not None:
        typer.echo(queue.submit(flow))
        return
    _run(flow, wanted, writable_folder(out, "--out"), workers or available_cores(), as_json=as_json)


def _run(flow: Flow, wanted: CampaignConfig, folder: Path, workers: int, *, as_json: bool) -> None:
    """Run a campaign and tell what came of it, also if some of its designs failed."""
    from elatbot_flows.database.stores import open_store

    console = terminal(stderr=True)
    store, where = open_store(folder)
    try:
        run_shown(
            flow,
            store,
            console,
            workers=workers,
            potentials=wanted.chosen_potentials(),
            device=wanted.device,
            publish=partial(publish_into, store),
            folder=folder,
        )
    finally:
        if (ended := _ended(store, flow)) is not None:
            _tell(ended, folder, console, as_json=as_json)
            console.print(f"documents: {where}", markup=False, soft_wrap=True)


def _ended(store: JobStore, flow: Flow) -> CampaignDocument | None:
    """The campaign's last document; None if it did not come to its end."""
    from elatbot_flows.documents import CampaignDocument

    there = store.count({"uuid": flow.output.uuid})
    output = store.get_output(flow.output.uuid) if there else None
    return None if output is None else CampaignDocument.model_validate(output)


def _tell(found: CampaignDocument, folder: Path, console: Console, *, as_json: bool) -> None:
    from elatbot_flows.report.campaign import render_campaign, write_campaign

    plain: dict[str, Any] = found.model_dump(mode="json")
    page = write_campaign(found, folder)
    if as_json:
        typer.echo(json.dumps(plain, indent=1, allow_nan=False))
    else:
        render_campaign(found, terminal())
    console.print(f"report: {page}", markup=False, soft_wrap=True)
