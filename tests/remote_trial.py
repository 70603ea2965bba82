"""A flow the way jobflow-remote runs it: workers see a folder with their input, and no database.

What a worker does and how input and output travel is jobflow-remote's own code; only the queue, in
which its daemon keeps jobs in MongoDB, is a list here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow.core.flow import get_flow
from monty.json import MontyDecoder, jsanitize
from monty.serialization import loadfn

if TYPE_CHECKING:
    from pathlib import Path

    from jobflow import Flow, Job, JobStore


def run_through_remote(flow: Flow, store: JobStore, folder: Path) -> list[str]:
    """Run a flow as jobflow-remote's daemon and workers would, one job after the other.

    Parameters
    ----------
    flow
        Any flow.
    store
        The JobStore of the project; no worker sees it.
    folder
        Empty folder, in which every job gets one.

    Returns
    -------
    list of str
        The jobs that ran, by name.
    """
    waiting = list(get_flow(flow).iterflow())
    done: set[str] = set()
    names = []
    while waiting:
        job, parents = next(pair for pair in waiting if done.issuperset(pair[1]))
        waiting.remove((job, parents))
        names.append(job.name)
        response = _run(job, store, folder / f"{len(names):04d}")
        if response.replace is None:
            done.add(job.uuid)
        for new in filter(None, (response.replace, response.addition, response.detour)):
            waiting += list(new.iterflow())
    return names


def _run(job: Job, store: JobStore, folder: Path) -> object:
    from jobflow_remote.jobs.data import IN_FILENAME, OUT_FILENAME
    from jobflow_remote.jobs.run import run_remote_job
    from jobflow_remote.remote.data import (
        get_remote_in_file,
        get_remote_store,
        resolve_job_dict_args,
        update_store,
    )

    folder.mkdir()
    store.connect()  # jobflow-remote closes it after every job
    resolved = resolve_job_dict_args(jsanitize(job, strict=True, enum_values=True), store)
    on_worker = get_remote_store(store, folder, None)
    sent = get_remote_in_file(resolved, on_worker)
    (folder / IN_FILENAME).write_bytes(sent.getvalue())
    run_remote_job(folder)
    ended = loadfn(folder / OUT_FILENAME, cls=None)
    if ended["error"]:
        raise RuntimeError(f"{job.name}: {ended['error']}")
    update_store(store, get_remote_store(store, folder, None), 1)
    return MontyDecoder().process_decoded(ended["response"])
