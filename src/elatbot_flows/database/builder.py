"""Bring the collections of candidates and runs up to date with the job outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maggma.core import Builder

from elatbot_flows.database.collections import (
    candidate_store,
    index_candidates,
    index_runs,
    run_store,
)
from elatbot_flows.database.entries import candidate_entry
from elatbot_flows.database.gather import OUTPUTS, gather_run
from elatbot_flows.database.loose import LOOSE, loose_entries
from elatbot_flows.database.summary import run_entry
from elatbot_flows.decoding import DOCUMENTS, refuse_code
from elatbot_flows.documents.published import SCHEMA_VERSION, RunSummary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobflow import JobStore
    from maggma.core import Store
    from pydantic import BaseModel

__all__ = ["CandidateBuilder", "publish_candidates", "run_outputs"]

_SLIM = ["uuid", "hosts", "output.run_id", "output.run.run_id"]


def run_outputs(source: Store, run_id: str) -> list[dict[str, Any]]:
    """Job documents of one run."""
    criteria = {"output.@class": {"$in": list(OUTPUTS)}, "output.run_id": run_id}
    concluded = {"output.@class": "DesignDocument", "output.run.run_id": run_id}
    return [*source.query(criteria), *source.query(concluded)]


class CandidateBuilder(Builder):  # type: ignore[misc]
    """Maggma builder: one document for each candidate and one for each run.

    Runs that were published when they had come to their end are left alone, so that it may be
    called again and again; so may maggma's ``mrun`` with a file of it.

    Parameters
    ----------
    source
        Store of job outputs.
    candidates, runs
        Where the documents go.
    run_id
        Only this run, whether it is new or not; None for all in the source that are new or go on.
    """

    def __init__(
        self, source: Store, candidates: Store, runs: Store, run_id: str | None = None
    ) -> None:
        self.source = source
        self.candidates = candidates
        self.runs = runs
        self.run_id = run_id
        super().__init__(sources=[source], targets=[candidates, runs])

    @classmethod
    def of(cls, store: JobStore, run_id: str | None = None) -> CandidateBuilder:
        """The builder for a connected JobStore and the collections next to its documents."""
        return cls(store.docs_store, candidate_store(store), run_store(store), run_id)

    def get_items(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the job documents of every run that has changed, and of jobs outside of runs."""
        for field in ("output.@class", "output.run_id", "output.run.run_id"):
            self.source.ensure_index(field)
        index_candidates(self.candidates)
        index_runs(self.runs)
        if self.run_id is not None:
            yield run_outputs(self.source, self.run_id)
            return
        opened = list(self.source.query({"output.@class": "RunRecord"}, _SLIM))
        known = self._published()
        ends = self._ends()
        for run_id in dict.fromkeys(str(d["output"]["run_id"]) for d in opened):
            if known.get(run_id) is None or known[run_id] != ends.get(run_id):
                yield run_outputs(self.source, run_id)
        inside = {host for document in opened for host in document.get("hosts") or []}
        yield from ([document] for document in self._loose(inside, known))

    def _published(self) -> dict[str, str | None]:
        """Runs of this version in the collection, and the job each was concluded by."""
        current = {"schema_version": SCHEMA_VERSION}
        found = self.runs.query(current, ["run_id", "concluded_by"])
        return {document["run_id"]: document["concluded_by"] for document in found}

    def _ends(self) -> dict[str, str]:
        """Runs that have come to their end, and the newest job that concluded each."""
        ended = self.source.query({"output.@class": "DesignDocument"}, [*_SLIM, "completed_at"])
        newest = sorted(ended, key=lambda document: str(document.get("completed_at")))
        return {str(d["output"]["run"]["run_id"]): str(d["uuid"]) for d in newest}

    def _loose(self, inside: set[str], known: dict[str, str | None]) -> Iterator[dict[str, Any]]:
        found = self.source.query({"output.@class": {"$in": list(LOOSE)}}, ["uuid", "hosts"])
        uuids = [d["uuid"] for d in found if not inside.intersection(d.get("hosts") or [])]
        for uuid in uuids:
            if uuid not in known:
                yield from self.source.query({"uuid": uuid}, sort={"index": -1}, limit=1)

    def process_item(self, item: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Candidates of a run or a job, and last its summary, as plain documents.

        A run that cannot be read, such as one of an early version, is told in its summary.
        """
        try:
            entries, summary = _entries(item)
        except Exception as error:  # noqa: BLE001 - one run must not keep others from their place
            entries, summary = [], _unreadable(item, error)
        return [_plain(document) for document in (*entries, summary)] if summary else []

    def update_targets(self, items: list[list[dict[str, Any]]]) -> None:
        """Write candidates, and after them the summary that says that they are there."""
        for *candidates, summary in filter(None, items):
            self.candidates.update(candidates, key="candidate_id")
            self.runs.update(summary, key="run_id")


def _entries(item: list[dict[str, Any]]) -> tuple[list[Any], RunSummary | None]:
    refuse_code([document["output"] for document in item], DOCUMENTS)
    output = item[0]["output"] if item else None
    if isinstance(output, list) or (output or {}).get("@class") in LOOSE:
        return loose_entries(item[0])
    run = gather_run(item)
    if run is None:
        return [], None
    return [candidate_entry(member, run) for member in run.members], run_entry(run)


def _unreadable(item: list[dict[str, Any]], error: Exception) -> RunSummary:
    from elatbot_flows.database.gather import completed_at

    newest = max(item, key=completed_at)
    output = newest["output"] if isinstance(newest["output"], dict) else {}
    run_id = output.get("run_id") or (output.get("run") or {}).get("run_id") or newest["uuid"]
    concluded = [d["uuid"] for d in item if "run" in d["output"]]
    return RunSummary(
        run_id=str(run_id),
        state="unreadable",
        concluded_by=str(concluded[-1] if concluded else newest["uuid"]),
        last_updated=completed_at(newest),
        notes=[f"its documents cannot be read by this version: {type(error).__name__}: {error}"],
    )


def _plain(document: BaseModel) -> dict[str, Any]:
    from monty.json import jsanitize

    kept = document.model_dump()
    plain: dict[str, Any] = jsanitize(kept, strict=True, allow_bson=True)
    if "evidence" in plain:
        plain["evidence"] = _said(plain["evidence"])
    return plain


def _said(value: Any) -> Any:
    """Without all that nothing was said of."""
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items() if one not in (None, [], {})}
    return [_said(one) for one in value] if isinstance(value, list) else value


def publish_candidates(store: JobStore, run_id: str | None = None) -> int:
    """Bring candidates and runs up to date with the job outputs.

    Parameters
    ----------
    store
        Connected JobStore.
    run_id
        Only this run; None for all that are new or go on.

    Returns
    -------
    int
        Candidates written.

    Raises
    ------
    StoreError
        If the JobStore is of a kind that has no collections.
    """
    builder = CandidateBuilder.of(store, run_id)
    written = 0
    for item in builder.get_items():
        documents = builder.process_item(item)
        builder.update_targets([documents])
        written += max(0, len(documents) - 1)
    return written
