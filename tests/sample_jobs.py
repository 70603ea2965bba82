"""Small jobs that worker processes can import."""

from __future__ import annotations

import os
import time
from pathlib import Path

from jobflow import Flow, JobConfig, OnMissing, Response, job

PATIENCE = 120.0


class AwkwardError(Exception):
    """An error that cannot be rebuilt from its message, so it does not cross processes."""

    def __init__(self, *, code):
        super().__init__(f"awkward {code}")


@job
def add(a, b):
    return a + b


@job
def announce(folder, value):
    """Leave a mark for every execution."""
    with (Path(folder) / "executions").open("a") as stream:
        stream.write(f"{value}\n")
    return value


def executions(folder):
    """The marks that ``announce`` left, sorted."""
    path = Path(folder) / "executions"
    return sorted(path.read_text().split()) if path.exists() else []


def wait_for(path):
    """Wait until a file exists."""
    deadline = time.monotonic() + PATIENCE
    while not Path(path).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not appear")
        time.sleep(0.02)


@job
def meet(folder, me, other):
    """End only if the other job runs at the same time."""
    (Path(folder) / me).touch()
    wait_for(Path(folder) / other)
    return me


@job
def block(path):
    """Wait until somebody makes the file."""
    wait_for(path)
    return "released"


@job
def fail(message):
    raise ValueError(message)


@job
def fail_awkwardly():
    raise AwkwardError(code=7)


@job
def total(values):
    return sum(values)


@job
def fan_out(folder, count):
    """Replace itself by `count` jobs and their sum."""
    jobs = [announce(folder, number) for number in range(count)]
    gathered = total([part.output for part in jobs])
    return Response(replace=Flow([*jobs, gathered], output=gathered.output))


@job
def count_down(folder, number):
    """Replace itself by an announcement and a count from one less, until zero."""
    if number == 0:
        return "lift off"
    again = count_down(folder, number - 1)
    return Response(replace=Flow([announce(folder, number), again], output=again.output))


@job
def with_addition(folder):
    """Bring another job along without waiting for it."""
    return Response(output="own", addition=announce(folder, 5))


@job
def with_detour(folder, *, fails=False):
    """Have children wait for another job, which needs what this one says."""
    me = Response(output="own")
    other = fail("lost on the way") if fails else announce(folder, "detour")
    me.detour = Flow([other])
    return me


@job
def with_replacement_and_addition(folder):
    """Replace itself, and bring another job beside."""
    instead = give("instead")
    flow = Flow([instead], output=instead.output)
    return Response(replace=flow, addition=announce(folder, 5))


@job
def stop(what):
    """Stop its children, or the whole flow."""
    return Response(output=what, **{what: True})


@job(config=JobConfig(on_missing_references=OnMissing.NONE))
def make_do(value):
    """Do without what is missing."""
    return value


def chain(folder, value):
    """A flow in which one job needs the other."""
    first = announce(folder, value)
    second = add(first.output, 1)
    return Flow([first, second], output=second.output)


@job
def give(value):
    """Return what it was given."""
    return value


@job
def repeat(text, times):
    """Return more than it was given."""
    return text * times


@job
def count_threads():
    """Return the threads that torch would use here, and the variables that say so."""
    import torch

    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {"torch": torch.get_num_threads(), **{name: os.environ[name] for name in names}}


@job
def tell_preloaded(variable, number):
    """What a worker had before its first job: torch, potentials; and a variable."""
    import sys

    from elatbot_flows.potentials import registry

    torch = "torch" in sys.modules
    return [torch, registry._load_once.cache_info().currsize, os.environ.get(variable), number]
