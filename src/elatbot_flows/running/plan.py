"""Jobs of a local run that wait for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobflow import Flow, Job

__all__ = ["Plan"]


class Plan:
    """Jobs that wait, and the uuids whose output is final, or will never be, or stops children."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.lost: set[str] = set()
        self.stopped: set[str] = set()
        self.closed = False
        self._orphans: list[str] = []
        self._waiting: list[tuple[Job, set[str]]] = []

    def add(self, flow: Flow, *, before_children_of: str | None = None) -> list[Job]:
        """Take in the jobs of a flow; return those that do work of their own.

        Who waits for `before_children_of` waits for all of them too.
        """
        from jobflow.core.flow import get_flow

        new = list(get_flow(flow, allow_external_references=True).iterflow())
        uuids = {job.uuid for job, _ in new}
        for _, parents in self._waiting:
            if before_children_of in parents:
                parents.update(uuids)
        self._waiting += [(job, set(parents)) for job, parents in new]
        return [job for job, _ in new if job.name != "store_inputs"]

    def pop_ready(self) -> Iterator[Job]:
        """Hand out the jobs whose parents are done, or lost where the job can do without."""
        if self.closed:
            return
        self._lose_orphans()
        ended = self.done | self.lost
        ready = [job for job, parents in self._waiting if parents <= ended]
        self._waiting = [pair for pair in self._waiting if not pair[1] <= ended]
        yield from ready

    def _lose_orphans(self) -> None:
        """Take out the jobs that can never run because of a parent, and their children."""
        while orphans := [job for job, parents in self._waiting if self._is_orphan(job, parents)]:
            self.stopped |= {job.uuid for job, parents in self._waiting if parents & self.stopped}
            self.lost |= {job.uuid for job in orphans}
            self._waiting = [pair for pair in self._waiting if pair[0] not in orphans]
            self._orphans += [job.name for job in orphans]

    def _is_orphan(self, job: Job, parents: set[str]) -> bool:
        from jobflow import OnMissing

        needed = job.config.on_missing_references == OnMissing.ERROR
        return bool(parents & self.stopped or (needed and parents & self.lost))

    def orphans(self) -> list[str]:
        """Names of jobs that never run: a parent failed or stopped them or the whole flow."""
        return self._orphans + [job.name for job, _ in self._waiting]
