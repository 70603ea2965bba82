"""How far each stage is, how fast it goes, and how long what is known will take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from elatbot_flows.jobs.stages import STAGES
from elatbot_flows.running.watch.seen import State

if TYPE_CHECKING:
    from elatbot_flows.running.watch.seen import JobSeen, Snapshot

__all__ = ["StageRow", "stage_rows", "whole_row"]

WINDOW = timedelta(hours=1)
"""How far back the rate looks."""
_QUICK = ("conclude", "publish", "count")
"""Stages of one short job at the end, which nobody has to wait for."""


@dataclass(frozen=True)
class StageRow:
    """One stage, or all together. Jobs that only plan are not counted.

    Parameters
    ----------
    stage
        Its name, or ``"all"``.
    done, running, waiting, blocked, failed
        Numbers of jobs; those that are blocked wait for something that will not come by itself.
    open
        Whether more jobs may be born.
    per_hour
        Jobs done per hour, over the last hour or since the stage began; None if none were.
    seconds_left
        What `running` and `waiting` will take at this rate, s; None if that is not known.
    newest
        End of the job that was done last, UTC.
    """

    stage: str
    done: int = 0
    running: int = 0
    waiting: int = 0
    blocked: int = 0
    failed: int = 0
    open: bool = False
    per_hour: float | None = None
    seconds_left: float | None = None
    newest: datetime | None = None

    @property
    def left(self) -> int:
        """Jobs that are born and not done."""
        return self.running + self.waiting

    @property
    def born(self) -> bool:
        """Whether there are jobs of it, or have been: those of an earlier run need no others."""
        return self.done + self.left + self.blocked + self.failed > 0 or not self.open

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        newest = None if self.newest is None else self.newest.isoformat()
        return asdict(self) | {"newest": newest, "born": self.born}


def stage_rows(snapshot: Snapshot, window: timedelta = WINDOW) -> list[StageRow]:
    """One row for each stage that has jobs or will have some, in their order.

    Parameters
    ----------
    snapshot
        All jobs.
    window
        How far back the rate looks.
    """
    stages: dict[str, list[JobSeen]] = {name: [] for name in (*STAGES, "other")}
    for job in snapshot.jobs:
        stages.setdefault(job.stage, []).append(job)
    return [_row(name, jobs, snapshot.at, window) for name, jobs in stages.items() if jobs]


def whole_row(rows: list[StageRow], snapshot: Snapshot, window: timedelta = WINDOW) -> StageRow:
    """All stages together; the time left is known only if no stage is still to come."""
    counts = {name: sum(getattr(row, name) for row in rows) for name in get_args(State)}
    newest = max((row.newest for row in rows if row.newest is not None), default=None)
    return StageRow(
        stage="all",
        **counts,
        open=any(row.open for row in rows),
        per_hour=_rate(snapshot.jobs, snapshot.at, window),
        seconds_left=_all_left(rows),
        newest=newest,
    )


def _row(name: str, jobs: list[JobSeen], now: datetime, window: timedelta) -> StageRow:
    working = [job for job in jobs if not job.plans]
    counts = {state: sum(job.state == state for job in working) for state in get_args(State)}
    rate = _rate(jobs, now, window)
    left = counts["running"] + counts["waiting"]
    return StageRow(
        stage=name,
        **counts,
        open=any(_brings(job) for job in jobs),
        per_hour=rate,
        seconds_left=3600 * left / rate if rate and left else (None if left else 0.0),
        newest=max((job.ended for job in working if job.ended), default=None),
    )


def _brings(job: JobSeen) -> bool:
    """Whether it may bring others: it plans a stage, or says none, as what plans a campaign."""
    return (job.plans or job.stage == "other") and job.state in ("running", "waiting", "blocked")


def _rate(jobs: list[JobSeen], now: datetime, window: timedelta) -> float | None:
    """Jobs done per hour between the begin of the window, or of the work, and now.

    Of work that came to its end, up to that end.
    """
    ends = [job.ended for job in jobs if not job.plans and job.ended]
    if not ends:
        return None
    going = any(not job.plans and job.state in ("running", "waiting") for job in jobs)
    until = now if going else max(ends)
    known = [job.started for job in jobs if job.started and not job.plans]
    known += [job.ended for job in jobs if job.ended and job.plans]  # then the others could start
    begin = max(min([*known, *ends]), until - window)
    recent = sum(begin < end <= until for end in ends)
    hours = (until - begin).total_seconds() / 3600
    return recent / hours if recent and hours > 0 else None


def _all_left(rows: list[StageRow]) -> float | None:
    """Stages follow one another, so their times add up, if all have begun."""
    waited = [row for row in rows if row.stage not in _QUICK]
    if any(row.seconds_left is None or not row.born for row in waited):
        return None
    return sum(row.seconds_left or 0.0 for row in waited)
