"""What is shown of the jobs of a run."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from elatbot_flows.cli.progress import progress
from elatbot_flows.running.runner import Event

JOBS = [
    "begin", "propose", "propose 1/2", "propose 2/2", "build", "build 1/1", "build", "judge",
    "judge 1/1", "judge 1/1", "weigh 1/1", "hull", "hull 1/1", "conclude",
]  # fmt: skip


def test_steps_are_counted_and_jobs_that_plan_are_not():
    console = Console(file=StringIO(), width=80)
    with progress(console) as show:
        for job in JOBS:
            show(Event("added", job))
        for job in JOBS:
            show(Event("started", job))
            show(Event("finished", job))
    assert console.file.getvalue().splitlines() == [
        "load the models: 1 of 1",
        "propose materials: 1 of 2",
        "propose materials: 2 of 2",
        "build and screen crystals: 1 of 1",
        "relax and strain: 1 of 2",
        "relax and strain: 2 of 2",
        "place on the hull: 1 of 1",
    ]


def test_bars_on_a_terminal():
    console = Console(file=StringIO(), width=120, force_terminal=True, highlight=False)
    with progress(console) as show:
        show(Event("added", "judge 1/1"))
        show(Event("finished", "judge 1/1"))
        show(Event("failed", "judge 1/1", ValueError("no luck")))
    text = console.file.getvalue()
    assert "relax and strain" in text
    assert "1/1" in text
    assert "judge 1/1 failed: ValueError: no luck" in text
