"""Job: bring the collection of candidates up to date with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow import CURRENT_JOB, SETTINGS, JobConfig, job
from pydantic import BaseModel, Field

from elatbot_flows.documents import DesignDocument
from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["Publication", "publish"]


class Publication(BaseModel):
    """What came of publishing a run."""

    run_id: str = Field(description="The run.")
    published: int = Field(description="Candidates written into the collection.")
    message: str | None = Field(None, description="Why none was, for people.")


@job(output_schema=Publication, config=JobConfig(expose_store=True))
def publish(document: DesignDocument) -> Publication:
    """Write the candidates of a run into the collection that people query.

    Workers that see no database, such as those of jobflow-remote, leave it to ``elatbot query`` and
    ``elatbot publish``, which do the same for all runs that are new.

    Parameters
    ----------
    document
        The last document of the run.
    """
    from elatbot_flows.database.builder import publish_candidates

    run_id = DesignDocument.model_validate(document).run.run_id
    try:
        store = _store_with(run_id)
        if store is not None:
            return Publication(run_id=run_id, published=publish_candidates(store, run_id))
        words = "this worker sees no database that holds the run"
    except StoreError as error:
        words = str(error)
    return Publication(run_id=run_id, published=0, message=words)


def _store_with(run_id: str) -> JobStore | None:
    """The store of the job, or the one jobflow is configured with, if it holds the run."""
    from maggma.stores import JSONStore, MemoryStore

    for store in (CURRENT_JOB.store, SETTINGS.JOB_STORE):
        if store is None or isinstance(store.docs_store, JSONStore):
            continue
        if type(store.docs_store) is MemoryStore:
            continue  # what is written there beside the outputs is lost at once
        store.connect()
        if store.count({"output.@class": "RunRecord", "output.run_id": run_id}):
            return store
    return None
