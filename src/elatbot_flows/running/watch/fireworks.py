"""What FireWorks' LaunchPad says of jobs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.watch.descent import descendants
from elatbot_flows.running.watch.outputs import flows_of_run, progress_of
from elatbot_flows.running.watch.seen import JobSeen, Progress, Snapshot, State, utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fireworks import LaunchPad

__all__ = ["Fireworks", "launchpad", "read_fireworks", "snapshot_of_fireworks"]

_STATES: dict[str, State] = {
    "COMPLETED": "done",
    "RUNNING": "running",
    "RESERVED": "waiting",
    "READY": "waiting",
    "WAITING": "waiting",
    "FIZZLED": "failed",
    "DEFUSED": "blocked",
    "PAUSED": "blocked",
}
_HOSTS = "spec._tasks.job.hosts"
_FIELDS = (
    "fw_id", "name", "state", "updated_on", "launches",
    "spec.stage", "spec.tags", "spec._category", _HOSTS,
)  # fmt: skip
_OPEN = {"state": {"$nin": ["COMPLETED", "ARCHIVED"]}}


class Fireworks:
    """The Fireworks of some workflows.

    Parameters
    ----------
    pad
        The LaunchPad.
    documents
        Of the Fireworks, slim, by number.
    workflows
        Of the workflows.
    """

    def __init__(
        self, pad: LaunchPad, documents: dict[int, dict[str, Any]], workflows: list[dict[str, Any]]
    ) -> None:
        self.pad = pad
        self.documents = documents
        self.workflows = workflows

    def in_state(self, *states: str) -> dict[int, dict[str, Any]]:
        """Those in one of the states."""
        return {n: fw for n, fw in self.documents.items() if fw["state"] in states}

    def waiting_for(self, number: int) -> set[int]:
        """Those that can only run after another one."""
        return descendants(number, self._links)

    @cached_property
    def _links(self) -> dict[int, list[int]]:
        links = [pair for workflow in self.workflows for pair in workflow["links"].items()]
        return {int(one): [int(other) for other in others] for one, others in links}

    @property
    def flows(self) -> list[str]:
        """Uuids of the outermost flows of jobflow."""
        hosts = [_hosts(document) for document in self.documents.values()]
        return sorted({one[-1] for one in hosts if one})


def launchpad() -> LaunchPad:
    """The LaunchPad that FireWorks is configured with.

    Raises
    ------
    StoreError
        If FireWorks is not installed or the LaunchPad is out of reach.
    """
    try:
        from fireworks import LaunchPad
    except ImportError as error:
        raise StoreError("this needs FireWorks: pip install FireWorks") from error
    try:
        pad = LaunchPad.auto_load()
        pad.fireworks.find_one({}, {"fw_id": 1})
    except Exception as error:
        reason = f"{type(error).__name__}, see lpad -l my_launchpad.yaml get_wflows"
        raise StoreError(f"FireWorks' LaunchPad cannot be reached ({reason})") from error
    return pad


def read_fireworks(pad: LaunchPad, tag: str | None = None, run_id: str | None = None) -> Fireworks:
    """Fireworks of this package: those of a tag or run, of all that goes on, or of the last flow.

    Raises
    ------
    StoreError
        If there are none.
    """
    ours: dict[str, Any] = {"spec.stage": {"$exists": True}}
    if tag is not None:
        ours["spec.tags"] = tag
    if run_id is not None:
        ours[_HOSTS] = {"$in": _flows(run_id)}
    chosen = _workflows(pad, ours, _OPEN) if tag is None and run_id is None else []
    chosen = chosen or _workflows(pad, ours, {})
    if not chosen:
        which = f" of run {run_id}" if run_id else f" with the tag {tag}" if tag else ""
        raise StoreError(f"the LaunchPad has no Fireworks{which} that this package submitted")
    if tag is None and run_id is None and not any(w["state"] != "COMPLETED" for w in chosen):
        chosen = chosen[-1:]
    nodes = [node for workflow in chosen for node in workflow["nodes"]]
    found = pad.fireworks.find({"fw_id": {"$in": nodes}}, dict.fromkeys(_FIELDS, 1))
    documents = {int(fw["fw_id"]): fw for fw in found if fw["state"] != "ARCHIVED"}
    return Fireworks(pad, documents, chosen)


def _workflows(
    pad: LaunchPad, ours: dict[str, Any], criteria: dict[str, Any]
) -> list[dict[str, Any]]:
    """Workflows with Fireworks of ours, the oldest first."""
    numbers = {fw["fw_id"] for fw in pad.fireworks.find(ours, {"fw_id": 1})}
    found = pad.workflows.find(criteria, dict.fromkeys(("nodes", "links", "state", "name"), 1))
    mine = [workflow for workflow in found if numbers.intersection(workflow["nodes"])]
    return sorted(mine, key=lambda workflow: max(workflow["nodes"]))


def snapshot_of_fireworks(seen: Fireworks) -> Snapshot:
    """All Fireworks as jobs; those behind a failure are blocked."""
    failed = seen.in_state("FIZZLED", "DEFUSED", "PAUSED")
    blocked = {after for number in failed for after in seen.waiting_for(number)}
    starts = _starts(seen.pad, seen.documents)
    jobs = [
        _job(document, starts.get(number), blocked=number in blocked)
        for number, document in seen.documents.items()
    ]
    names = ", ".join(dict.fromkeys(str(workflow["name"]) for workflow in seen.workflows))
    where = f"FireWorks' LaunchPad {seen.pad.name}: {names}"
    return Snapshot(where=where, jobs=jobs, progress=_progress(seen))


def _job(document: dict[str, Any], start: Any, *, blocked: bool) -> JobSeen:
    state = _STATES.get(document["state"], "waiting")
    name, done = str(document["name"]), state == "done"
    return JobSeen(
        number=str(document["fw_id"]),
        name=name,
        stage=stage_of(name, document["spec"]),
        state="blocked" if blocked and state == "waiting" else state,
        started=utc(start),
        ended=utc(document["updated_on"]) if done else None,
    )


def _starts(pad: LaunchPad, numbers: Iterable[int]) -> dict[int, Any]:
    """When the last launch of each began."""
    found = pad.launches.find(
        {"fw_id": {"$in": list(numbers)}}, {"fw_id": 1, "time_start": 1, "launch_id": 1}
    )
    ordered = sorted(found, key=lambda launch: int(launch["launch_id"]))
    return {launch["fw_id"]: launch.get("time_start") for launch in ordered}


def _hosts(document: dict[str, Any]) -> list[str]:
    tasks = document["spec"].get("_tasks") or [{}]
    return [str(host) for host in (tasks[0].get("job") or {}).get("hosts") or []]


def _flows(run_id: str) -> list[str]:
    from jobflow import SETTINGS

    with SETTINGS.JOB_STORE as store:
        return flows_of_run(store, run_id)


def _progress(seen: Fireworks) -> Progress | None:
    """Candidates, if the store of outputs can be read from here."""
    from jobflow import SETTINGS

    try:
        SETTINGS.JOB_STORE.connect()
        return progress_of(SETTINGS.JOB_STORE, seen.flows)
    except Exception:  # noqa: BLE001 - drivers have errors of their own, and the table does without
        return None
