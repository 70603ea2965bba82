"""The result of a run, read back from its store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.database.builder import run_outputs
from elatbot_flows.database.gather import gather_run
from elatbot_flows.decoding import DOCUMENTS, refuse_code
from elatbot_flows.documents import CandidateDocument, DesignDocument

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["DesignResult", "read_result"]


@dataclass(frozen=True)
class DesignResult:
    """A run and its candidates.

    Parameters
    ----------
    document
        What was asked, the funnel, the ranks.
    candidates
        All of them, those that passed first, by rank.
    """

    document: DesignDocument
    candidates: tuple[CandidateDocument, ...]

    @property
    def passed(self) -> tuple[CandidateDocument, ...]:
        """Those that passed, by rank."""
        return tuple(c for c in self.candidates if c.status == "passed")


def read_result(store: JobStore, uuid: str) -> DesignResult:
    """Read the result of a run.

    Parameters
    ----------
    store
        Connected JobStore.
    uuid
        Of the job that concluded the run.
    """
    for found in store.docs_store.query({"uuid": uuid}, ["output"]):
        refuse_code(found["output"], DOCUMENTS)
    document = DesignDocument.model_validate(store.get_output(uuid))
    outputs = run_outputs(store.docs_store, document.run.run_id)
    refuse_code([found["output"] for found in outputs], DOCUMENTS)
    run = gather_run(outputs)
    return DesignResult(document, tuple(run.candidates if run else ()))
