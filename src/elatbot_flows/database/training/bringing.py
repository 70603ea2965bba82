"""Materials brought into the store from elsewhere: people's files, and stored candidates."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.training.collections import plain
from elatbot_flows.documents.training import DataSource
from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.files import sha256_of
from elatbot_flows.training.data.given import read_given
from elatbot_flows.training.data.judged import CANDIDATES, read_candidate
from elatbot_flows.training.data.materials_project import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobflow import JobStore

    from elatbot_flows.database.training.collections import TrainingStores
    from elatbot_flows.documents.labelled import LabelledMaterial

__all__ = ["bring_candidates", "bring_file", "note_source"]

_CHUNK = 500
_OURS = (CANDIDATES, ORIGIN)


def bring_file(stores: TrainingStores, path: Path, temperature: float = 0.0) -> DataSource:
    """Bring the rows of a file into the store, instead of what came from a file of that name.

    Parameters
    ----------
    stores
        Where they go.
    path, temperature
        See `elatbot_flows.training.data.given.read_given`.

    Returns
    -------
    DataSource
        How many came, and what could not be read.

    Raises
    ------
    ElatbotError
        If the file cannot be read, or no row can be used.
    """
    if path.name in _OURS:
        raise ElatbotError(f"{path}: {path.name} means something else here; rename the file")
    found = read_given(path, temperature=temperature)
    _replace(stores, path.name, found.materials)
    told = {"skipped": found.skipped, "first": found.first, "sha256": sha256_of(path)}
    return note_source(stores, path.name, **told)


def bring_candidates(stores: TrainingStores, store: JobStore) -> DataSource:
    """Bring all candidates that passed, with their verdicts, instead of those brought before.

    Parameters
    ----------
    stores
        Where they go.
    store
        The JobStore beside which the collection of candidates is.

    Raises
    ------
    ElatbotError
        If there is none.
    """
    found: list[LabelledMaterial] = []
    skipped: Counter[str] = Counter()
    for candidate in candidate_store(store).query({"status": "passed"}):
        try:
            found.append(read_candidate(candidate))
        except ParseError as error:
            skipped[error.reason] += 1
    if not found:
        raise ElatbotError(f"no candidate can be learned from; skipped: {dict(skipped)}")
    _replace(stores, CANDIDATES, found)
    return note_source(stores, CANDIDATES, skipped=dict(sorted(skipped.items())))


def note_source(stores: TrainingStores, origin: str, **told: Any) -> DataSource:
    """Keep what is to be said of an origin, beside the number of its materials."""
    there = stores.materials.count({"origin": origin})
    source = DataSource(origin=origin, materials=there, last_updated=datetime.now(tz=UTC), **told)
    stores.sources.update(plain(source), key="origin")
    return source


def _replace(stores: TrainingStores, origin: str, found: Sequence[LabelledMaterial]) -> None:
    """Write materials, then remove the others of their origin."""
    for start in range(0, len(found), _CHUNK):
        chunk = [plain(each) for each in found[start : start + _CHUNK]]
        stores.materials.update(chunk, key="material_id")
    kept = [each.material_id for each in found]
    stores.materials.remove_docs({"origin": origin, "material_id": {"$nin": kept}})
