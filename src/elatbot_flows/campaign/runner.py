"""Run a flow on this machine: several jobs at once, and nothing done twice.

jobflow's ``run_locally`` runs one job after the other and starts from the beginning each time.
Here the jobs that are ready run in worker processes, and a job whose function and resolved
inputs are the same as those of a finished one in the store takes over its output.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from elatbot_flows.campaign.fingerprint import fingerprint
from elatbot_flows.campaign.threads import shared_out_threads
from elatbot_flows.errors import ElatbotError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobflow import Flow, Job, JobStore

__all__ = ["Event", "RunSummary", "run_flow"]


@dataclass(frozen=True)
class Event:
    """Something that happened to a job.

    Parameters
    ----------
    kind
        ``"added"``, ``"started"``, ``"finished"``, ``"resumed"`` (output found in the store) or
        ``"failed"``.
    job
        Name of the job.
    error
        What it failed with.
    """

    kind: Literal["added", "started", "finished", "resumed", "failed"]
    job: str
    error: Exception | None = None


@dataclass
class RunSummary:
    """What became of the jobs of a flow: names of those run, resumed, failed and never run."""

    finished: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)
    orphaned: list[str] = field(default_factory=list)


def run_flow(
    flow: Flow,
    store: JobStore,
    *,
    workers: int = 1,
    on_event: Callable[[Event], None] = lambda _: None,
    warm_up: Callable[[], None] | None = None,
) -> RunSummary:
    """Run a flow in worker processes on this machine.

    Parameters
    ----------
    flow
        The flow; jobs may replace themselves by or add other flows.
    store
        Where outputs go. Each worker opens it anew, so it must not live in memory.
    workers
        Processes; the threads of numerical libraries are shared out among them, unless
        ``OMP_NUM_THREADS`` says how many each may have.
    on_event
        Called in this process for every event.
    warm_up
        A function of a module, called once in a spare worker while the first job runs, for
        imports that take long.

    Returns
    -------
    RunSummary
        Jobs that ran, were resumed or failed. Children of a failed job are not run.

    Raises
    ------
    StoreError
        If the store lives in memory.
    """
    _require_persistence(store)
    plan = _Plan()
    summary = RunSummary()
    for job in plan.add(flow):
        on_event(Event("added", job.name))
    store_spec = json.dumps(store.as_dict(), default=str)
    with shared_out_threads(workers), _pool(workers) as pool:
        running: dict[Future[dict[str, Any]], Job] = {}
        if warm_up is not None and workers > 1:
            pool.submit(warm_up)
        while True:
            for job in plan.pop_ready():
                on_event(Event("started", job.name))
                running[pool.submit(_work, _to_json(job), store_spec)] = job
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _settle(running.pop(future), future, plan, summary, on_event)
    summary.orphaned = plan.orphans()
    return summary


def _require_persistence(store: JobStore) -> None:
    from maggma.stores import MemoryStore

    if type(store.docs_store) is MemoryStore:
        raise StoreError(
            "outputs in memory would be lost with the worker processes; give a store on disk or "
            "in a database, or use jobflow's run_locally"
        )


def _settle(
    job: Job,
    future: Future[dict[str, Any]],
    plan: _Plan,
    summary: RunSummary,
    on_event: Callable[[Event], None],
) -> None:
    """Book the end of a job and take in the jobs it brought."""
    from monty.json import MontyDecoder

    try:
        outcome = future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a job raises is its failure
        plan.lost.add(job.uuid)
        summary.failed[job.name] = error
        on_event(Event("failed", job.name, error))
        return
    for flow in outcome["flows"]:
        for new in plan.add(MontyDecoder().process_decoded(flow)):
            on_event(Event("added", new.name))
    if not outcome["replaced"]:
        plan.done.add(job.uuid)
    (summary.resumed if outcome["resumed"] else summary.finished).append(job.name)
    on_event(Event("resumed" if outcome["resumed"] else "finished", job.name))


class _Plan:
    """Jobs that wait, and the uuids whose output is final, or will never be."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.lost: set[str] = set()
        self._orphans: list[str] = []
        self._waiting: list[tuple[Job, set[str]]] = []

    def add(self, flow: Flow) -> list[Job]:
        """Take in the jobs of a flow; return those that do work of their own."""
        from jobflow.core.flow import get_flow

        new = list(get_flow(flow, allow_external_references=True).iterflow())
        self._waiting += [(job, set(parents)) for job, parents in new]
        return [job for job, _ in new if job.name != "store_inputs"]

    def pop_ready(self) -> Iterator[Job]:
        """Hand out the jobs whose parents are done, or lost where the job can do without."""
        self._lose_orphans()
        ended = self.done | self.lost
        ready = [job for job, parents in self._waiting if parents <= ended]
        self._waiting = [pair for pair in self._waiting if not pair[1] <= ended]
        yield from ready

    def _lose_orphans(self) -> None:
        """Take out the jobs that can never run because a parent failed, and their children."""
        while orphans := [job for job, parents in self._waiting if self._is_orphan(job, parents)]:
            self.lost |= {job.uuid for job in orphans}
            self._waiting = [pair for pair in self._waiting if pair[0] not in orphans]
            self._orphans += [job.name for job in orphans]

    def _is_orphan(self, job: Job, parents: set[str]) -> bool:
        from jobflow import OnMissing

        return job.config.on_missing_references == OnMissing.ERROR and bool(parents & self.lost)

    def orphans(self) -> list[str]:
        """Names of jobs that can never run because a parent failed."""
        return self._orphans + [job.name for job, _ in self._waiting]


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that end at once when this process is interrupted."""
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        yield pool
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        # Not waiting for the thread of the pool makes it trip over the end of the interpreter.
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _start_worker() -> None:
    """Leave Ctrl-C to the main process, which ends the workers, and end when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _to_json(job: Job | Flow) -> str:
    from monty.json import MontyEncoder

    return json.dumps(job, cls=MontyEncoder)


def _work(job_spec: str, store_spec: str) -> dict[str, Any]:
    """In a worker: run one job; only errors that can be rebuilt cross to the main process."""
    try:
        return _run_job(job_spec, store_spec)
    except Exception as error:
        if isinstance(error, ElatbotError) or type(error).__module__ == "builtins":
            raise
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


def _run_job(job_spec: str, store_spec: str) -> dict[str, Any]:
    """Run one job, or take over the output of an equal one."""
    from monty.json import MontyDecoder

    from elatbot_flows.jobs.resume import may_resume

    job: Job = MontyDecoder().decode(job_spec)
    store = _open_store(store_spec)
    if job.config.resolve_references:
        job.resolve_args(store)
        if may_resume(job):
            job.metadata["fingerprint"] = fingerprint(job)
            if _take_over(job, store):
                return {"flows": [], "replaced": False, "resumed": True}
    response = job.run(store)
    if response.detour is not None:
        raise NotImplementedError("detours are not supported here: use jobflow's run_locally")
    flows: list[Any] = [f for f in (response.replace, response.addition) if f is not None]
    return {
        "flows": [json.loads(_to_json(flow)) for flow in flows],
        "replaced": response.replace is not None,
        "resumed": False,
    }


@lru_cache(maxsize=1)
def _open_store(spec: str) -> JobStore:
    from monty.json import MontyDecoder

    store: JobStore = MontyDecoder().decode(spec)
    store.connect()
    return store


def _take_over(job: Job, store: JobStore) -> bool:
    """Store the output of an equal finished job as that of `job`, if there is one."""
    found = [
        document
        for document in store.docs_store.query(
            {"metadata.fingerprint": job.metadata["fingerprint"]}
        )
        if document.get("output") is not None
    ]
    if not found:
        return False
    document = {key: value for key, value in found[-1].items() if key != "_id"}
    document |= {"uuid": job.uuid, "index": job.index, "hosts": job.hosts, "name": job.name}
    store.docs_store.update(document, key=["uuid", "index"])
    return True
