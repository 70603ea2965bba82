"""The collections next to the job outputs: candidates and runs, with their indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.database.mongodb import sibling

if TYPE_CHECKING:
    from jobflow import JobStore
    from maggma.core import Store

__all__ = ["CANDIDATE_INDEXES", "candidate_store", "index_candidates", "index_runs", "run_store"]

CANDIDATE_INDEXES = (
    *("candidate_id", "run_id", "kind", "status", "verdict", "reason", "tags", "last_updated"),
    *("formula", "formula_pretty", "formula_anonymous", "chemsys", "elements", "nelements"),
    *("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio"),
    *("probability", "disagreement", "energy_above_hull", "unseen", "rank", "spacegroup_number"),
)
"""Fields of candidates that questions are asked by."""

_RUN_INDEXES = ("run_id", "kind", "state", "tags", "last_updated")


def candidate_store(store: JobStore) -> Store:
    """The collection ``candidates`` next to the job outputs, connected.

    Raises
    ------
    StoreError
        If the JobStore is of a kind that has no collections.
    """
    return sibling(store, "candidates", "candidate_id")


def run_store(store: JobStore) -> Store:
    """The collection ``runs`` next to the job outputs, connected; raises as `candidate_store`."""
    return sibling(store, "runs", "run_id")


def index_candidates(candidates: Store) -> None:
    """Make the indexes of the collection of candidates unless they are there."""
    for field in CANDIDATE_INDEXES:
        candidates.ensure_index(field)


def index_runs(runs: Store) -> None:
    """Make the indexes of the collection of runs unless they are there."""
    for field in _RUN_INDEXES:
        runs.ensure_index(field)
