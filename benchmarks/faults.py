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
import traceback
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from faults import others
from faults.design import STAGES, Census
from faults.managers import FireWorks, Local
from faults.remote import Remote
from faults.trial import Strike, Trial, durations, run_to_the_end, tried
from mongo_server.running import Server, mongodb_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.managers import Manager

STORED = ("propose", "climb", "build", "publish")
"""Stages that are also killed when their output is stored, and nobody knows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--managers", default="local1,local2,fireworks,remote")
    parser.add_argument("--together", action="store_true", help="all kills in one design")
    parser.add_argument("--others", action="store_true", help="faults other than kills")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)  # noqa: S311 - moments, no secrets
    stages = arguments.stages.split(",")
    print("| manager | fault | starts | lost | duplicated | says otherwise | s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.others:
            for manager, trial in other_trials(folder):
                print(row(manager, trial), flush=True)
            return
        with mongodb_uri(folder) as uri:
            for manager in arguments.managers.split(","):
                place, together = folder / manager, arguments.together
                for trial in trials(manager, place, uri, stages, dice, together=together):
                    print(row(manager, trial), flush=True)


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


def other_trials(folder: Path) -> Iterator[tuple[str, Trial]]:
    """Lost processes, work done twice, a database that goes away, a full disk."""
    expected = {wanted: _undisturbed(folder, wanted) for wanted in (1, 2)}
    server = Server(folder / "databases.sqlite")
    server.start()
    uri, numbers = server.uri, count()

    def local() -> Local:
        return Local(folder / f"{next(numbers)}", workers=2)

    def fireworks() -> FireWorks:
        return FireWorks(folder / f"{next(numbers)}", uri)

    tried_ones: list[tuple[str, Callable[[], Trial]]] = [
        ("local2", lambda: others.lost_processes(local(), expected[2])),
        ("local2", lambda: others.two_at_once(local(), expected[2])),
        ("local2", lambda: others.woken(local(), "build", expected[2])),
        ("local2", lambda: others.full_disk(local(), expected[2])),
        ("fireworks", lambda: others.two_at_once(fireworks(), expected[2])),
        ("fireworks", lambda: others.woken(fireworks(), "climb", expected[2])),
        ("fireworks", lambda: others.woken(fireworks(), "build", expected[2])),
        ("fireworks", lambda: others.restarted_database(fireworks(), server, "build", expected[2])),
        (
            "remote",
            lambda: others.restarted_database(
                Remote(folder / "remote", uri, 1), server, "build", expected[1]
            ),
        ),
    ]
    try:
        for name, one in tried_ones:
            try:
                yield name, one()
            except Exception:  # noqa: BLE001 - the others are wanted all the same
                traceback.print_exc()
    finally:
        server.kill()


def _undisturbed(folder: Path, wanted: int) -> Census:
    manager = Local(folder / f"undisturbed {wanted}", wanted=wanted)
    run_to_the_end(manager)
    return Census.of(manager.store())


def row(name: str, trial: Trial) -> str:
    """A trial as a row of Markdown."""
    found = trial.difference
    words = [", ".join(trial.struck) or "nothing"]
    numbers = [trial.starts, found.lost, found.twice, ", ".join(found.other) or "nothing"]
    return f"| {' | '.join(map(str, [name, *words, *numbers, round(trial.seconds)]))} |"


if __name__ == "__main__":
    main()
