"""Whether the output of a job may stand in for that of an equal one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobflow import Flow, Job

__all__ = ["may_resume", "never_resume"]

_RESUMABLE = "resumable"


def never_resume(job: Job | Flow, *, what_it_brings: bool = True) -> None:
    """Have a job run each time, although an equal one has an output in the store.

    For jobs that read from outside, such as weights in a folder: equal inputs do not mean equal
    outputs there; and for jobs that end although jobs before them failed. Runners other than ours
    never look, and run every job anyway.

    Parameters
    ----------
    job
        The job, or a flow, for all its jobs.
    what_it_brings
        Whether the same holds for jobs that it replaces itself by.
    """
    job.update_metadata({_RESUMABLE: False}, dynamic=what_it_brings)


def may_resume(job: Job) -> bool:
    """Whether an equal finished job may stand in for this one."""
    return bool(job.metadata.get(_RESUMABLE, True))
