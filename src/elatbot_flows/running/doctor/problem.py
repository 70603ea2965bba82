"""Something that keeps jobs from going on, with the reason and the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Kind", "Problem", "grouped", "last_line"]

Kind = Literal["failed", "lost", "stuck", "locked", "paused", "not running"]
_NAMED = 3


@dataclass(frozen=True)
class Problem:
    """One reason, with all jobs that share it.

    Parameters
    ----------
    kind
        ``"failed"``: it ended with an error; ``"lost"``: it should run and does not; ``"stuck"``:
        it could go on and nobody takes it; ``"locked"``: by somebody who did not let go;
        ``"paused"``: by somebody; ``"not running"``: nobody works on the run.
    reason
        In one line.
    stage
        Of the jobs; None for a whole run.
    jobs
        Number and name of every job.
    blocked
        Jobs that wait for them.
    command
        The command that mends it, given the numbers; None if there is none.
    mend
        Does what the command does, given the numbers, and says what it did; None if only people
        can.
    """

    kind: Kind
    reason: str
    stage: str | None = None
    jobs: tuple[tuple[str, str], ...] = ()
    blocked: int = 0
    command: Callable[[list[str]], str] | None = field(default=None, compare=False)
    mend: Callable[[list[str]], str] | None = field(default=None, compare=False)

    @property
    def numbers(self) -> list[str]:
        """Numbers of the jobs."""
        return [number for number, _ in self.jobs]

    @property
    def remedy(self) -> str:
        """The command that mends it, or nothing."""
        return "" if self.command is None else self.command(self.numbers)

    def words(self) -> str:
        """All of it in one line."""
        named = ", ".join(f"{number} ({name})" for number, name in self.jobs[:_NAMED])
        more = f" and {len(self.jobs) - _NAMED} more" if len(self.jobs) > _NAMED else ""
        count = f"{len(self.jobs)} jobs, " if len(self.jobs) > 1 else ""
        who = f"{self.stage}: {count}{named}{more}: " if self.jobs else ""
        wait = f"; {self.blocked} more wait for that" if self.blocked else ""
        return f"{who}{self.reason}{wait}"

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "kind": self.kind,
            "stage": self.stage,
            "reason": self.reason,
            "count": len(self.jobs),
            "jobs": [{"id": number, "name": name} for number, name in self.jobs],
            "blocked": self.blocked,
            "command": self.remedy,
        }


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """One problem for each kind, stage and reason, those with most jobs first."""
    groups: dict[tuple[str, str | None, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.kind, problem.stage, problem.reason), []).append(problem)
    found = [
        Problem(
            first.kind,
            first.reason,
            first.stage,
            tuple(job for one in (first, *others) for job in one.jobs),
            sum(one.blocked for one in (first, *others)),
            first.command,
            first.mend,
        )
        for first, *others in groups.values()
    ]
    return sorted(found, key=lambda problem: -len(problem.jobs))


def last_line(text: str | None) -> str:
    r"""The line of a traceback that names the exception, with its message.

    Examples
    --------
    >>> last_line("Traceback (most recent call last):\n  File 'a.py'\nValueError: no\nluck")
    'ValueError: no'
    """
    lines = [line for line in (text or "").splitlines() if line.strip()]
    for place in range(len(lines) - 1, 0, -1):
        if lines[place - 1].startswith(" ") and not lines[place].startswith(" "):
            return lines[place].strip()
    return lines[0].strip() if lines else "nothing was said"
