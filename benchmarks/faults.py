"""What faults cost a design: ``python benchmarks/faults.py``; faults.md says which were run.

Every row is a design that is killed (kill -9) at random moments while stages run, or when their
output was stored and nobody knew, and then goes on as people would have it go on. A server of the
tests stands for MongoDB, an analytic potential for a real one; processes, queues, files are real.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from faults.design import STAGES, Census
from faults.managers import FireWorks, Local
from faults.remote import Remote
from faults.trial import Strike, Trial, durations, run_to_the_end, tried
from mongo_server.running import mongodb_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.managers import Manager

STORED = ("climb", "build", "publish")
"""Stages that are also killed when their output is stored, and nobody knows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--managers", default="local1,local2,fireworks,remote")
    parser.add_argument("--together", action="store_true", help="all kills in one design")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)  # noqa: S311 - moments, no secrets
    stages = arguments.stages.split(",")
    print("| manager | killed in | starts | lost | duplicated | says otherwise | s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, mongodb_uri(Path(folder)) as uri:
        for name in arguments.managers.split(","):
            place = Path(folder) / name
            for trial in trials(name, place, uri, stages, dice, together=arguments.together):
                print(row(name, trial), flush=True)


def trials(
    name: str,
    folder: Path,
    uri: str,
    stages: list[str],
    dice: random.Random,
    *,
    together: bool,
) -> Iterator[Trial]:
    """Trials of one manager, each with one kill, or one with all of them."""
    made: dict[str, Callable[..., Manager]] = {
        "local1": partial(Local, workers=1),
        "local2": partial(Local, workers=2),
        "fireworks": FireWorks,
        "remote": Remote,
    }
    wanted = 1 if name == "remote" else 2  # its jobs start slowly
    undisturbed = Local(folder / "undisturbed", wanted=wanted)
    run_to_the_end(undisturbed)
    expected, seconds = Census.of(undisturbed.store()), durations(undisturbed)
    whom = "self" if name == "remote" else "group"  # the runner is in the group, too
    strikes = [Strike(s, dice.random() * seconds[s], "within", whom) for s in stages]
    strikes += [Strike(s, 0.0, "after", whom) for s in STORED if s in stages]
    plans = [strikes] if together else [[one] for one in strikes]
    for number, plan in enumerate(plans):
        manager = made[name](folder / str(number), uri, wanted)
        yield tried(manager, plan, expected)


def row(name: str, trial: Trial) -> str:
    """A trial as a row of Markdown."""
    found = trial.difference
    words = [", ".join(trial.struck) or "nothing"]
    numbers = [trial.starts, found.lost, found.twice, ", ".join(found.other) or "nothing"]
    return f"| {' | '.join(map(str, [name, *words, *numbers, round(trial.seconds)]))} |"


if __name__ == "__main__":
    main()
