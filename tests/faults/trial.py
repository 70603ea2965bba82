"""A design that is struck, mended and ended, and what it then says differently."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.design import Census, Difference

if TYPE_CHECKING:
    from faults.managers import Manager

__all__ = ["Strike", "Trial", "durations", "run_to_the_end", "tried"]

_STARTS = 30


@dataclass(frozen=True)
class Strike:
    """A fault.

    Parameters
    ----------
    stage
        Of `faults.design.STAGES`.
    delay
        Seconds after its begin, if `moment` is ``"within"``.
    moment
        ``"within"`` the stage, or ``"after"`` it: its output is stored and nobody knows.
    whom
        ``"group"``, ``"self"`` or ``"parent"``.
    signal
        Name of the signal.
    """

    stage: str
    delay: float = 0.0
    moment: str = "within"
    whom: str = "group"
    signal: str = "SIGKILL"
    pause: float = 0.0


@dataclass
class Trial:
    """What came of a struck design: the difference, how often it was started, how long it took."""

    struck: list[str]
    difference: Difference
    starts: int
    seconds: float


def durations(manager: Manager) -> dict[str, float]:
    """Mean seconds of each stage so far."""
    found: dict[str, list[float]] = {}
    for line in (manager.faults / "durations").read_text().splitlines():
        stage, seconds = json.loads(line)
        found.setdefault(stage, []).append(seconds)
    return {stage: sum(all_) / len(all_) for stage, all_ in found.items()}


def run_to_the_end(manager: Manager) -> None:
    """Start, mend and start again until all jobs are done."""
    for _ in range(_STARTS):
        manager.start()
        if manager.ended() == 0 and manager.complete():
            return
        manager.mend()
    raise RuntimeError(f"not done after {_STARTS} starts: {(manager.folder / 'log').read_text()}")


def tried(manager: Manager, strikes: list[Strike], undisturbed: Census) -> Trial:
    """Run a design that is struck.

    Parameters
    ----------
    manager
        Who runs it.
    strikes
        When.
    undisturbed
        What has to come out.
    """
    begun = time.monotonic()
    for number, strike in enumerate(strikes):
        (manager.faults / f"{number:02d}.strike").write_text(json.dumps(strike.__dict__))
    manager.prepare()
    run_to_the_end(manager)
    difference = Census.of(manager.store()).against(undisturbed)
    plans = [json.loads(path.read_text()) for path in sorted(manager.faults.glob("*.struck"))]
    struck = [p["stage"] + (" (stored)" if p["moment"] == "after" else "") for p in plans]
    assert len(struck) == len(strikes), "a stage was never reached"
    return Trial(struck, difference, manager.starts, time.monotonic() - begun)
