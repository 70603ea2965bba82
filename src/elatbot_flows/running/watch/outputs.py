"""What the store of outputs says of runs: jobs that are done, and candidates by stage."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.gather import completed_at
from elatbot_flows.errors import StoreError
from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.watch.seen import JobSeen, Progress, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import JobStore

__all__ = ["done_jobs", "flows_of_run", "progress_of", "store_snapshot"]

_JOB = ["uuid", "index", "name", "metadata", "completed_at"]


def store_snapshot(
    store: JobStore, words: str, tag: str | None = None, run_id: str | None = None
) -> Snapshot:
    """Jobs that are done, of the newest run unless others are asked for.

    Parameters
    ----------
    store
        Connected JobStore.
    words
        What it is, for people.
    tag, run_id
        Only these jobs.

    Raises
    ------
    StoreError
        If there is no such run.
    """
    flows = flows_of_run(store, run_id, tag)
    return Snapshot(
        where=words,
        jobs=done_jobs(store, flows),
        notes=["a store knows only what is done: what runs or waits is known to who runs it"],
        progress=progress_of(store, flows),
        complete=False,
        worked_on=False,
    )


def flows_of_run(store: JobStore, run_id: str | None, tag: str | None = None) -> list[str]:
    """Uuids of the outermost flows of a run; without one, of the newest run.

    Raises
    ------
    StoreError
        If the store knows none.
    """
    criteria: dict[str, Any] = {"output.@class": "RunRecord"}
    if run_id is not None:
        criteria["output.run_id"] = run_id
    if tag is not None:
        criteria["metadata.tags"] = tag
    found = list(store.docs_store.query(criteria, ["hosts", "completed_at"]))
    if not found:
        which = f" {run_id}" if run_id else f" with the tag {tag}" if tag else ""
        raise StoreError(f"the store knows no run{which}; see elatbot query --count run_id")
    if run_id is None and tag is None:
        found = [max(found, key=completed_at)]
    return sorted({str(document["hosts"][-1]) for document in found if document.get("hosts")})


def done_jobs(store: JobStore, flows: Sequence[str]) -> list[JobSeen]:
    """Jobs of flows that have an output."""
    with suppress(Exception):  # somebody who may only read waits a little longer
        store.docs_store.ensure_index("hosts")
    found = store.docs_store.query({"hosts": {"$in": list(flows)}}, _JOB)
    return [
        JobSeen(
            number=str(document["uuid"]),
            name=str(document["name"]),
            stage=stage_of(str(document["name"]), document.get("metadata")),
            state="done",
            ended=completed_at(document),
        )
        for document in found
    ]


def progress_of(store: JobStore, flows: Sequence[str]) -> Progress:
    """Candidates by the stage they have reached."""
    mine: dict[str, Any] = {"hosts": {"$in": list(flows)}}
    chunks = store.docs_store.query(
        mine | {"output.@class": "CandidateChunk"}, ["output.rung", "output.rows"]
    )
    status: dict[str, dict[str, str]] = {}
    for document in chunks:
        known = status.setdefault(str(document["output"]["rung"]), {})
        for row in document["output"]["rows"]:
            if known.get(row["candidate_id"]) != "passed":  # a higher crystal may pass later
                known[row["candidate_id"]] = row["status"]
    records = store.docs_store.query(mine | {"output.@class": "RunRecord"}, ["output.requested"])
    wanted = [record["output"].get("requested") for record in records]
    return Progress(
        reached={stage: len(known) for stage, known in status.items()},
        passed=sum(word == "passed" for word in status.get("judge", {}).values()),
        requested=None if None in wanted or not wanted else sum(wanted),
    )
