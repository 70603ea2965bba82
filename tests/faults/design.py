"""A design that takes seconds, and what has to be the same whatever happened on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from samples import EMT

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["DESIGN", "STAGES", "Census", "Difference"]

DESIGN = (
    *("design", "--bulk-modulus", "100:200", "--elements", "Ni,Cu,Pd,Ag,Pt,Au"),
    *("--max-sites", "4", "--potential", EMT, "--tag", "faults"),
)
"""Arguments of ``elatbot`` besides ``-n``: small cells and an analytic potential."""
STAGES = (
    *("begin", "propose", "climb", "build", "judge", "hull", "rivals", "doubled"),
    *("conclude", "publish"),
)
"""Those in which processes are killed; rivals and doubled are parts of the job of the hull."""
_VARYING = {"_id", "job_uuids", "resting_in", "last_updated", "place"}
"""Fields that say which jobs wrote a document, and when."""
_COST = ("completions", "tokens")


@dataclass
class Census:
    """What stands in the collections of a store.

    Parameters
    ----------
    candidates
        Documents by id.
    runs
        Documents of the collection of runs.
    twice
        Documents whose key another document of the collection has.
    """

    candidates: dict[str, dict[str, Any]]
    runs: list[dict[str, Any]]
    twice: int = 0

    @classmethod
    def of(cls, store: JobStore) -> Census:
        """Count a connected store, as it was left, then publish what nobody has published."""
        from elatbot_flows.database.builder import publish_candidates
        from elatbot_flows.database.collections import candidate_store, run_store

        publish_candidates(store)
        candidates = list(candidate_store(store).query({"tags": "faults"}))
        runs = list(run_store(store).query({"tags": "faults"}))
        jobs = [(d["uuid"], d["index"]) for d in store.query({}, ["uuid", "index"])]
        keys = [d["candidate_id"] for d in candidates], [d["run_id"] for d in runs], jobs
        twice = sum(count - 1 for key in keys for count in Counter(key).values())
        return cls({d["candidate_id"]: d for d in candidates}, runs, twice)

    def against(self, undisturbed: Census) -> Difference:
        """What a disturbed run lost, has twice, or says differently."""
        expected, found = undisturbed.candidates, self.candidates
        other = {
            f"{name}.{part}"
            for name in expected.keys() & found.keys()
            for part in expected[name].keys() | found[name].keys()
            if part not in _VARYING
            and _plain(expected[name].get(part)) != _plain(found[name].get(part))
        }
        return Difference(
            lost=len(expected.keys() - found.keys()),
            twice=self.twice + len(found.keys() - expected.keys()) + abs(len(self.runs) - 1),
            other=sorted(other) + _run_differences(undisturbed.runs[0], self.runs[0]),
        )


@dataclass
class Difference:
    """Candidates lost, documents too many, and fields that are not the same."""

    lost: int = 0
    twice: int = 0
    other: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.twice or self.other)


def _run_differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    fields = ("run_id", "state", "counts", "by_status", "notes")
    other = [f"run.{name}" for name in fields if _plain(expected[name]) != _plain(found[name])]
    costs = expected["cost"], found["cost"]
    return other + [f"cost.{name}" for name in _COST if costs[0][name] != costs[1][name]]


def _plain(value: Any) -> Any:
    """Numbers rounded to what two runs of the same potential have in common."""
    if isinstance(value, dict):
        # What was spent depends on what a process that was killed has kept in the caches.
        unsaid = ("uuid", "evaluations", "recalled")
        return {k: _plain(v) for k, v in value.items() if k not in unsaid}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
