"""What can be seen of the jobs of a run, whoever runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from elatbot_flows.jobs.stages import is_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JobSeen", "Progress", "Snapshot", "State", "utc"]

State = Literal["done", "running", "waiting", "blocked", "failed"]
"""``"blocked"``: it waits for something that will not come by itself."""


@dataclass(frozen=True)
class JobSeen:
    """A job.

    Parameters
    ----------
    number
        What its manager calls it: number of a Firework, ``db_id``, or uuid.
    name, stage
        What it is called, and the stage it belongs to.
    state
        What it does.
    started, ended
        When it was, UTC, as far as is known; `ended` only of one that is done.
    """

    number: str
    name: str
    stage: str
    state: State
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def plans(self) -> bool:
        """Whether it only plans what others do."""
        return is_plan(self.name, self.stage)


@dataclass
class Progress:
    """Candidates of a run or several, by stage.

    Parameters
    ----------
    reached
        Candidates that a stage is done with.
    passed
        Candidates that judges let pass.
    requested
        How many are to pass; None if all that there are.
    """

    reached: dict[str, int] = field(default_factory=dict)
    passed: int = 0
    requested: int | None = None


@dataclass
class Snapshot:
    """All jobs at one moment.

    Parameters
    ----------
    where
        What was looked at, for people.
    jobs
        The jobs; of a store, only those that are done.
    notes
        What else is to be said, such as that nobody works on them.
    progress
        Candidates, if the store of outputs could be read.
    complete
        Whether jobs that are not done are among `jobs` too.
    worked_on
        Whether somebody works on them; None if that cannot be seen.
    at
        The moment, UTC.
    """

    where: str
    jobs: list[JobSeen]
    notes: list[str] = field(default_factory=list)
    progress: Progress | None = None
    complete: bool = True
    worked_on: bool | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.worked_on is False or not any(
            job.state in ("running", "waiting") for job in self.jobs
        )

    def as_dict(self) -> Mapping[str, Any]:
        """What is not said by the table of stages, as plain values."""
        candidates = None if self.progress is None else vars(self.progress)
        return {
            "where": self.where,
            "at": self.at.isoformat(),
            "ended": self.ended,
            "complete": self.complete,
            "worked_on": self.worked_on,
            "notes": self.notes,
            "candidates": candidates,
        }


def utc(moment: datetime | str | None) -> datetime | None:
    """A moment in UTC; without a zone it is UTC, as FireWorks and MongoDB write it."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if moment is None or moment.tzinfo is not None:
        return moment and moment.astimezone(UTC)
    return moment.replace(tzinfo=UTC)
