"""Strikes a process while a stage runs; Python imports it where this folder is in its path.

The folder in ELATBOT_FAULTS says when: each file ``NAME.strike`` in it is JSON with the stage, the
moment and the signal. Whoever renames it to ``NAME.struck`` strikes, so that each happens once.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

FOLDER = Path(os.environ.get("ELATBOT_FAULTS", "/nowhere"))
PLANNED = []
"""What this process is to be struck by: one thing only."""
WITHIN = {"rivals": "rival_crystals", "doubled": "with_doubled_cell"}
"""Stages that are a function of the job that places candidates."""


def stage_of(job):
    """The stage that a job belongs to."""
    function = getattr(job.function, "__name__", "")
    if function in ("begin", "climb", "conclude", "draw_until", "publish", "store_inputs"):
        return function
    return job.name.rpartition(": ")[2].partition(" ")[0]  # a label may stand before the stage


def strike(stage, moment):
    """The strike that is planned for a stage at a moment, if nobody has taken it."""
    for file in [] if PLANNED else FOLDER.glob("*.strike"):
        try:
            plan = json.loads(file.read_text())
            if (plan["stage"], plan["moment"]) == (stage, moment):
                file.rename(file.with_suffix(".struck"))
                PLANNED.append(plan)
                return plan
        except FileNotFoundError:
            pass  # another process was quicker
    return None


def hit(plan):
    """Send the signal to this process alone, its parent, or all of its group."""
    number = signal.Signals[plan["signal"]]
    if plan["whom"] == "group":
        os.killpg(os.getpgrp(), number)
    else:
        os.kill(os.getppid() if plan["whom"] == "parent" else os.getpid(), number)
    time.sleep(plan.get("pause", 0))


def struck(function, stage):
    """A function that is struck at a random moment while it runs, or when it has just ended."""

    def run(*args, **kwargs):
        name = stage(args[0]) if callable(stage) else stage
        begun = time.monotonic()
        if plan := strike(name, "within"):
            timer = threading.Timer(plan["delay"], hit, [plan])
            timer.daemon = True
            timer.start()
        outcome = function(*args, **kwargs)
        if plan and timer.is_alive():  # it was quicker than expected
            timer.cancel()
            hit(plan)
        if plan := strike(name, "after"):
            hit(plan)
        if FOLDER.is_dir():
            with (FOLDER / "durations").open("a") as stream:
                stream.write(json.dumps([name, time.monotonic() - begun]) + "\n")
        return outcome

    return run


def patch_jobs(module):
    module.Job.run = struck(module.Job.run, stage_of)


def patch_place(module):
    for stage, name in WITHIN.items():
        setattr(module, name, struck(getattr(module, name), stage))


PATCHES = {"jobflow.core.job": patch_jobs, "elatbot_flows.jobs.place": patch_place}


class Finder:
    """Patches modules when they have been imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            PATCHES[name](module)

        spec.loader.exec_module = exec_module
        return spec


if FOLDER.is_dir():
    sys.meta_path.insert(0, Finder)
