"""Run a flow on this machine: several jobs at once, and nothing done twice.

jobflow's ``run_locally`` runs one job after the other and starts from the beginning each time.
Here the jobs that are ready run in worker processes, and a job whose function and resolved
inputs are the same as those of a finished one in the store takes over its output.
"""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from elatbot_flows.dft.code import OWN_FOLDER
from elatbot_flows.errors import ElatbotError, StoreError
from elatbot_flows.jobs.resume import may_resume
from elatbot_flows.running.fingerprint import fingerprint
from elatbot_flows.running.plan import Plan
from elatbot_flows.running.pool import worker_pool
from elatbot_flows.running.run_log import BEAT, TOLD, RunLog, told
from elatbot_flows.running.threads import shared_out_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobflow import Flow, Job, JobStore, Response

_FOLDER = "elatbot-jobs"
"""Where programs that jobs start leave their files, in the current folder."""

_OUTCOME = {"brought": {}, "resumed": False, "stops_children": False, "stops_flow": False}
"""What a worker says of a job that ended: flows it brought by their kind, and what it stops."""

__all__ = ["Event", "RunSummary", "run_flow"]

Kind = Literal["added", "started", "finished", "resumed", "failed"]


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

    kind: Kind
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
    potentials: Sequence[str] = (),
    folder: Path | None = None,
) -> RunSummary:
    """Run a flow in worker processes on this machine.

    Parameters
    ----------
    flow
        The flow; jobs may replace themselves by other flows, add some or have their children wait
        for some, and stop their children or the whole flow.
    store
        Where outputs go. Each worker opens it anew, so it must not live in memory.
    workers
        Processes; the threads of numerical libraries are shared out among them, unless
        ``OMP_NUM_THREADS`` says how many each may have.
    on_event
        Called in this process for every event.
    potentials
        What jobs will need, loaded once for all workers where that is possible.
    folder
        Where to write what is going on, for others to see; None for nowhere.

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
    plan = Plan()
    summary = RunSummary()
    store_spec = json.dumps(store.as_dict(), default=str)
    log = RunLog(folder, flow, workers)
    with log, shared_out_threads(workers), worker_pool(workers, potentials) as pool:

        def tell(kind: Kind, job: Job, error: Exception | None = None) -> None:
            log.note(kind, job, error)
            on_event(Event(kind, job.name, error))

        for job in plan.add(flow):
            tell("added", job)
        running: dict[Future[dict[str, Any]], Job] = {}
        while True:
            for job in plan.pop_ready():
                tell("started", job)
                running[pool.submit(_work, _to_json(job), store_spec)] = job
            if not running:
                break
            log.beat()
            for future in wait(running, timeout=BEAT, return_when=FIRST_COMPLETED).done:
                _settle(running.pop(future), future, plan, summary, tell)
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
    plan: Plan,
    summary: RunSummary,
    tell: Callable[..., None],
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
        tell("failed", job, error)
        return
    for kind, flow in outcome["brought"].items():
        before = job.uuid if kind == "detour" else None
        for new in plan.add(MontyDecoder().process_decoded(flow), before_children_of=before):
            tell("added", new)
    if "replace" not in outcome["brought"]:
        plan.done.add(job.uuid)
    if outcome["stops_children"]:
        plan.stopped.add(job.uuid)
    plan.closed |= outcome["stops_flow"]
    (summary.resumed if outcome["resumed"] else summary.finished).append(job.name)
    tell("resumed" if outcome["resumed"] else "finished", job)


def _to_json(job: Job | Flow) -> str:
    from monty.json import MontyEncoder

    return json.dumps(job, cls=MontyEncoder)


def _work(job_spec: str, store_spec: str) -> dict[str, Any]:
    """In a worker: run one job; only errors that can be rebuilt cross to the main process."""
    try:
        return _run_job(job_spec, store_spec)
    except Exception as error:  # noqa: BLE001 - all are sent on
        known = isinstance(error, ElatbotError) or type(error).__module__ == "builtins"
        sent = error if known else RuntimeError(f"{type(error).__name__}: {error}")
        setattr(sent, TOLD, told(error))
        raise sent from None


def _run_job(job_spec: str, store_spec: str) -> dict[str, Any]:
    """Run one job, or take over the output of an equal one."""
    from monty.json import MontyDecoder

    from elatbot_flows.running.inputs import inputs_of, supply

    job: Job = MontyDecoder().decode(job_spec)
    store = _open_store(store_spec)
    if job.config.resolve_references:
        inputs = inputs_of(job, store)
        if may_resume(job):
            job.metadata["fingerprint"] = fingerprint(job, inputs)
            if _take_over(job, store):
                return _OUTCOME | {"resumed": True}
        supply(job, inputs)
    with _folder_of(job):
        response = job.run(store)
    stops = {"stops_children": response.stop_children, "stops_flow": response.stop_jobflow}
    if response.detour is not None or response.addition is not None or any(stops.values()):
        _never_take_over(job, response, store)
    flows = {name: getattr(response, name) for name in ("detour", "replace", "addition")}
    brought = {name: json.loads(_to_json(f)) for name, f in flows.items() if f is not None}
    return _OUTCOME | stops | {"brought": brought}


@contextlib.contextmanager
def _folder_of(job: Job) -> Iterator[None]:
    """A folder of its own for a job that leaves files in the current one, as programs do."""
    if not job.metadata.get(OWN_FOLDER):
        yield
        return
    folder = Path.cwd() / _FOLDER / f"{job.uuid}-{job.index}"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(folder):
        yield


@lru_cache(maxsize=1)
def _open_store(spec: str) -> JobStore:
    from monty.json import MontyDecoder

    store: JobStore = MontyDecoder().decode(spec)
    store.connect()
    return store


def _never_take_over(job: Job, response: Response[Any], store: JobStore) -> None:
    """Have no equal job take over the output: it would lack what this one did beside it."""
    from jobflow import Flow

    (document,) = store.docs_store.query({"uuid": job.uuid, "index": job.index})
    document["metadata"].pop("fingerprint", None)
    store.docs_store.update(document, key=["uuid", "index"])
    if isinstance(response.replace, Flow):  # its last job stores the output in place of this one
        response.replace.update_metadata({"fingerprint": None})


def _take_over(job: Job, store: JobStore) -> bool:
    """Store the output of an equal finished job as that of `job`, if there is one."""
    equal = {"metadata.fingerprint": job.metadata["fingerprint"]}
    found = [d for d in store.docs_store.query(equal) if d.get("output") is not None]
    if not found:
        return False
    document = {key: value for key, value in found[-1].items() if key != "_id"}
    document |= {"uuid": job.uuid, "index": job.index, "hosts": job.hosts, "name": job.name}
    store.docs_store.update(document, key=["uuid", "index"])
    return True
