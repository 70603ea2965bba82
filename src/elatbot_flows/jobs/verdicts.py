"""Job: training records out of candidates with verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import CURRENT_JOB, SETTINGS, JobConfig, job

from elatbot_flows.documents import VerdictLessons
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TrainingError
from elatbot_flows.jobs.finetune import given_records
from elatbot_flows.training.verdicts.lessons import lessons_from
from elatbot_flows.training.verdicts.tried import MODULI, VerdictSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobflow import JobStore

    from elatbot_flows.documents import CandidateDocument, TaskRecord

__all__ = ["verdict_lessons"]


@job(output_schema=VerdictLessons, config=JobConfig(expose_store=True))
def verdict_lessons(
    candidates: str | list[CandidateDocument] | list[dict[str, Any]] | None,
    base: str,
    settings: VerdictSettings | None = None,
    test_records: str | list[TaskRecord] | None = None,
    *,
    pairs: bool = False,
) -> VerdictLessons:
    """Make training records of candidates with verdicts, in the words of a model.

    Parameters
    ----------
    candidates
        Folder of a run or a campaign, or file of a store or that describes one
        (`elatbot_flows.database.stores.store_in_file`); documents of candidates; or None for the
        store of this job, else the one that jobflow is configured with.
    base
        Model that will be taught, see `elatbot_flows.engines.text_model.text_model`.
    settings
        Which candidates, and how; None for the defaults.
    test_records
        File of training records, or themselves: those of the split ``"test"`` are handed on.
    pairs
        Whether hits are put beside misses.

    Raises
    ------
    TrainingError
        If there is nothing to learn.
    StoreError
        If the store cannot be read.
    """
    settings = settings or VerdictSettings()
    if candidates is None or isinstance(candidates, str):
        given: list[Any] = list(_stored(candidates, settings))
    else:
        given = [_plain(one) for one in candidates]
    tests = given_records([] if test_records is None else test_records)
    return lessons_from(given, text_model(base), settings, pairs=pairs, test=tests)


def _plain(candidate: Any) -> Any:
    return candidate if isinstance(candidate, dict) else candidate.model_dump()


def _stored(place: str | None, settings: VerdictSettings) -> Iterator[dict[str, Any]]:
    from elatbot_flows.database.builder import publish_candidates
    from elatbot_flows.database.collections import candidate_store

    store = _here() if place is None else _at(Path(place))
    publish_candidates(store)
    found = candidate_store(store)
    fields = (
        *("candidate_id", "kind", "status", "verdict", "formula", "proposed_crystal_system"),
        *("crystal_system", "target", "judges", "energy_above_hull", *MODULI),
    )
    return iter(found.query(settings.criteria(), list(fields)))


def _at(place: Path) -> JobStore:
    from elatbot_flows.database.stores import open_store, store_in_file

    return store_in_file(place)[0] if place.is_file() else open_store(place, existing=True)[0]


def _here() -> JobStore:
    from maggma.stores import JSONStore, MemoryStore

    for store in (CURRENT_JOB.store, SETTINGS.JOB_STORE):
        if store is None or isinstance(store.docs_store, JSONStore):
            continue
        if type(store.docs_store) is not MemoryStore:
            store.connect()
            return store
    raise TrainingError("this worker sees no store of candidates: give its folder or file")
