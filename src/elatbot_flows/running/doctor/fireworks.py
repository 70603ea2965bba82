"""What keeps Fireworks from going on."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.doctor.fireworks_launches import Launches, here
from elatbot_flows.running.doctor.problem import Problem, grouped, last_line
from elatbot_flows.running.doctor.slurm import queued_jobs
from elatbot_flows.running.watch.seen import utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.running.watch.fireworks import Fireworks

__all__ = ["problems_of_fireworks"]


def problems_of_fireworks(
    seen: Fireworks, patience: timedelta, silence: timedelta | None = None
) -> list[Problem]:
    """Fireworks that failed, are lost, are taken by nobody, or were paused.

    Parameters
    ----------
    seen
        The Fireworks.
    patience
        How long one may be ready before it is odd that nobody takes it.
    silence
        How long a running one may be silent; FireWorks' own RUN_EXPIRATION_SECS if not given.
    """
    from fireworks.fw_config import RUN_EXPIRATION_SECS

    silent = timedelta(seconds=RUN_EXPIRATION_SECS) if silence is None else silence
    launches = Launches(seen.pad, seen.documents)
    gone = _gone(seen, launches)
    return grouped(
        [
            *_failed(seen, launches),
            *gone,
            *_lost(seen, launches, silent, gone),
            *_untaken(seen, launches, patience),
            *_paused(seen),
        ]
    )


def _problem(kind: Any, reason: str, seen: Fireworks, number: int, **more: Any) -> Problem:
    document = seen.documents[number]
    name = str(document["name"])
    return Problem(
        kind,
        reason,
        stage_of(name, document["spec"]),
        ((str(number), name),),
        len(seen.waiting_for(number)),
        **more,
    )


def _failed(seen: Fireworks, launches: Launches) -> list[Problem]:
    def rerun(numbers: list[str]) -> str:
        for number in numbers:
            seen.pad.rerun_fw(int(number))
        return f"{len(numbers)} Fireworks will be run again"

    return [
        _problem(
            "failed",
            last_line(launches.said(number)),
            seen,
            number,
            command=lambda numbers: f"lpad rerun_fws -i {','.join(numbers)}",
            mend=rerun,
        )
        for number in seen.in_state("FIZZLED")
    ]


def _lost(
    seen: Fireworks, launches: Launches, silent: timedelta, gone: Sequence[Problem]
) -> list[Problem]:
    """Those that run, but whose process has said nothing for too long."""
    seconds = silent.total_seconds()
    known = {int(number) for problem in gone for number in problem.numbers}
    query = {"fw_id": {"$in": [n for n in seen.in_state("RUNNING") if n not in known]}}
    _, lost, _ = seen.pad.detect_lostruns(expiration_secs=seconds, query=query)

    def rerun(numbers: list[str]) -> str:
        mine = {"fw_id": {"$in": [int(number) for number in numbers]}}
        seen.pad.detect_lostruns(expiration_secs=seconds, rerun=True, query=mine)
        return f"{len(numbers)} Fireworks will be run again"

    return [
        _problem(
            "lost",
            f"nothing was heard of its process on {launches.host(number)} for {_hours(silent)}",
            seen,
            number,
            command=lambda numbers: _lost_again(numbers, seconds),
            mend=rerun,
        )
        for number in lost
    ]


def _lost_again(numbers: list[str], seconds: float) -> str:
    query = f'{{"fw_id": {{"$in": [{", ".join(numbers)}]}}}}'
    return f"lpad detect_lostruns --time {seconds:.0f} -q '{query}' --rerun"


def _gone(seen: Fireworks, launches: Launches) -> list[Problem]:
    """Those whose job has gone from Slurm, as far as it is the Slurm of this machine."""
    known = queued_jobs()
    if known is None:
        return []
    missing = [
        number
        for number in seen.in_state("RESERVED", "RUNNING")
        if launches.worker(number) == here()
        and (job := launches.queue_job(number)) is not None
        and job not in known
    ]

    def rerun(numbers: list[str]) -> str:
        for number in map(int, numbers):
            launches.run_again(number)
        return f"{len(numbers)} Fireworks will be run again"

    return [
        _problem(
            "lost",
            f"it is {seen.documents[number]['state']}, and its job has gone from Slurm",
            seen,
            number,
            command=lambda _: "elatbot doctor --fireworks --rerun",
            mend=rerun,
        )
        for number in launches.still_open(missing)  # others have ended since they were read
    ]


def _untaken(seen: Fireworks, launches: Launches, patience: timedelta) -> list[Problem]:
    """Those that are ready, for a category of which nobody runs anything."""
    waiting: dict[str | None, list[int]] = defaultdict(list)
    now = datetime.now(UTC)
    for number, document in seen.in_state("READY").items():
        since = utc(document["updated_on"])
        if since is not None and now - since > patience:
            waiting[document["spec"].get("_category")].append(number)
    busy = {seen.documents[n]["spec"].get("_category") for n in seen.in_state("RUNNING")}
    found = []
    for category, numbers in waiting.items():
        if category in busy:
            continue
        reason, command = _nobody(category, launches, patience)
        found += [
            _problem("stuck", reason, seen, number, command=lambda _, said=command: said)
            for number in numbers
        ]
    return found


def _nobody(category: str | None, launches: Launches, patience: timedelta) -> tuple[str, str]:
    """Why nobody takes what is ready, and who should be started."""
    since = f"ready for more than {_hours(patience)}, and nobody takes it"
    start = "rlaunch rapidfire, or qlaunch rapidfire for a queue"
    if category is None:
        return since, start
    never = "" if launches.served(category) else "; no FireWorker of this category was ever seen"
    return (
        f"{since} (category {category}{never})",
        f"{start}, with category: {category} in my_fworker.yaml",
    )


def _paused(seen: Fireworks) -> list[Problem]:
    words = {"PAUSED": "resume_fws", "DEFUSED": "reignite_fws"}
    return [
        _problem(
            "paused",
            f"somebody made it {document['state']}",
            seen,
            number,
            command=lambda numbers, word=words[document["state"]]: (
                f"lpad {word} -i {','.join(numbers)}"
            ),
        )
        for number, document in seen.in_state(*words).items()
    ]


def _hours(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes / 60:.3g} h" if minutes >= 120 else f"{minutes:.3g} min"
