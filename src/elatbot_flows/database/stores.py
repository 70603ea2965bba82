"""Where documents live, and one collection of candidates that people can query.

Job outputs go to the JobStore that jobflow is configured with. Without one, they go to an embedded
store: one file, for the processes of one machine. On clusters, configure MongoDB for jobflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maggma.core import Builder

from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobflow import JobStore
    from maggma.core import Store

    from elatbot_flows.targets import Interval

__all__ = [
    "CandidateBuilder",
    "candidate_store",
    "embedded_store",
    "find_candidates",
    "open_store",
    "publish_candidates",
    "run_outputs",
]

_FOLDER = "store"
_FILE = "documents.sqlite"
_OLDER_SETTINGS = "monty.storage.cfg"


def embedded_store(folder: Path) -> JobStore:
    """A JobStore in a file below `folder`, with the additional store ``data``.

    Raises
    ------
    StoreError
        If the folder holds the store of an older version, which had another layout.
    """
    from jobflow import JobStore

    from elatbot_flows.database.sqlite_store import SqliteStore

    file = folder / _FOLDER / _FILE
    _refuse_older_layout(file.parent)
    data = SqliteStore(file, "data", key="blob_uuid")
    return JobStore(SqliteStore(file, "outputs", key="uuid"), additional_stores={"data": data})


def _refuse_older_layout(folder: Path) -> None:
    if (folder / _OLDER_SETTINGS).exists():
        raise StoreError(
            f"{folder} is a store of MontyDB files, which earlier versions wrote and this one does "
            "not read; query it with the version that wrote it, or choose another --out folder"
        )


def open_store(folder: Path, *, existing: bool = False) -> tuple[JobStore, str]:
    """The JobStore to use, connected, and what it is in words.

    Parameters
    ----------
    folder
        Folder of the run.
    existing
        Read what is there: an embedded store in `folder` comes before the configured one, and
        having neither is an error.

    Raises
    ------
    StoreError
        If nothing is there to read, or the store cannot be reached or is unfit.
    """
    from jobflow import SETTINGS
    from maggma.stores import JSONStore, MemoryStore

    configured = SETTINGS.JOB_STORE
    has_embedded = any((folder / _FOLDER / name).is_file() for name in (_FILE, _OLDER_SETTINGS))
    if type(configured.docs_store) is MemoryStore or (existing and has_embedded):
        if existing and not has_embedded:
            raise StoreError(
                f"{folder} holds no results and jobflow has no store configured; "
                "give the --out folder of a run, or configure JOB_STORE for jobflow"
            )
        store, words = embedded_store(folder), f"embedded store in {folder / _FOLDER}"
    elif isinstance(configured.docs_store, JSONStore):
        raise StoreError(
            "jobflow is configured with a JSONStore, which loses documents of jobs that replace "
            "themselves or run side by side; configure a MongoStore as JOB_STORE"
        )
    else:
        store, words = configured, f"jobflow's store {configured.docs_store.name}"
    try:
        store.connect()
        store.query_one({}, properties=["uuid"])  # databases connect at the first question
    except Exception as error:
        remedy = "correct JOB_STORE of jobflow" if store is configured else "choose another folder"
        reason = str(error).partition(" (configured timeouts")[0]
        raise StoreError(f"{words} cannot be opened ({reason}); {remedy}") from error
    return store, words


def candidate_store(store: JobStore) -> Store:
    """The collection ``candidates`` next to the job outputs, connected."""
    from monty.json import MontyDecoder

    spec = store.docs_store.as_dict()
    spec |= {"collection_name": "candidates", "key": "candidate_id"}
    candidates: Store = MontyDecoder().process_decoded(spec)
    candidates.connect()
    return candidates


def run_outputs(source: Store, run_id: str) -> list[dict[str, Any]]:
    """Outputs of the jobs of one run, oldest first."""
    from elatbot_flows.database.gather import OUTPUTS

    criteria = {"output.@class": {"$in": list(OUTPUTS)}, "output.run_id": run_id}
    concluded = {"output.@class": "DesignDocument", "output.run.run_id": run_id}
    found = [*source.query(criteria), *source.query(concluded)]
    found.sort(key=lambda document: str(document.get("completed_at")))
    return [document["output"] for document in found]


def _runs(source: Store) -> list[str]:
    """Identifiers of all runs."""
    return sorted(source.distinct("output.run_id", {"output.@class": "RunRecord"}))


class CandidateBuilder(Builder):  # type: ignore[misc]
    """Maggma builder: one document per candidate, as the latest step of its run left it.

    Parameters
    ----------
    source
        Store of job outputs.
    target
        Store of candidates.
    run_id
        Only this run; None for all runs in the source.
    """

    def __init__(self, source: Store, target: Store, run_id: str | None = None) -> None:
        self.source = source
        self.target = target
        self.run_id = run_id
        super().__init__(sources=[source], targets=[target])

    def get_items(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the outputs of each run."""
        runs = [self.run_id] if self.run_id else _runs(self.source)
        for run_id in runs:
            yield run_outputs(self.source, run_id)

    def process_item(self, item: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One document for each candidate of a run."""
        from monty.json import jsanitize

        from elatbot_flows.database.gather import gather_candidates

        return [jsanitize(c.model_dump(), strict=True) for c in gather_candidates(item)]

    def update_targets(self, items: list[list[dict[str, Any]]]) -> None:
        """Write the candidates of finished items."""
        for documents in items:
            self.target.update(documents, key="candidate_id")


def publish_candidates(store: JobStore, run_id: str | None = None) -> int:
    """Bring the collection of candidates up to date with the job outputs; return their number.

    Parameters
    ----------
    store
        Connected JobStore.
    run_id
        Only this run; None for all.
    """
    candidates = candidate_store(store)
    builder = CandidateBuilder(store.docs_store, candidates, run_id)
    written = 0
    for item in builder.get_items():
        documents = builder.process_item(item)
        builder.update_targets([documents])
        written += len(documents)
    return written


def find_candidates(
    candidates: Store,
    *,
    verdict: str | None = None,
    status: str | None = None,
    intervals: dict[str, Interval] | None = None,
    elements: tuple[str, ...] | None = None,
    contains: tuple[str, ...] = (),
    formula: str | None = None,
    unseen: bool | None = None,
    max_above_hull: float | None = None,
    run_id: str | None = None,
    sort: str = "probability",
    descending: bool = True,
    limit: int = 0,
) -> list[dict[str, Any]]:
    """Candidates that fit, as plain documents.

    Parameters
    ----------
    candidates
        Store made by :func:`candidate_store`.
    verdict, status, formula, run_id
        Values to match.
    intervals
        Closed intervals of properties.
    elements
        The only elements a candidate may have.
    contains
        Elements it must have.
    unseen
        Whether its formula is absent from the generator's training rows.
    max_above_hull
        Largest energy above the hull, eV/atom; leaves out those never placed.
    sort
        Field to sort by; documents without a value come last.
    descending
        Largest first.
    limit
        Most documents to return, 0 for all.
    """
    matched = {"verdict": verdict, "status": status, "formula": formula, "run_id": run_id}
    criteria: dict[str, Any] = {key: v for key, v in matched.items() if v is not None}
    if unseen is not None:
        criteria["unseen"] = unseen
    for name, interval in (intervals or {}).items():
        criteria[name] = {"$gte": interval.low, "$lte": interval.high}
    if max_above_hull is not None:
        criteria["energy_above_hull"] = {"$lte": max_above_hull}
    if contains:
        criteria["elements"] = {"$all": list(contains)}
    found = list(candidates.query(criteria))
    if elements is not None:
        found = [d for d in found if d["elements"] and set(d["elements"]) <= set(elements)]
    known = [document for document in found if document.get(sort) is not None]
    others = [document for document in found if document.get(sort) is None]
    ordered = sorted(known, key=lambda d: (d[sort], d["candidate_id"]), reverse=descending) + others
    for document in ordered:
        document.pop("_id", None)
    return ordered[: limit or None]
