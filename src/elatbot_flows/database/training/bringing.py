"""Materials brought into the store from elsewhere: people's files, and stored candidates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.training.collections import plain
from elatbot_flows.documents.training import FilterStep
from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.training.data.given import read_given
from elatbot_flows.training.data.judged import CANDIDATES, read_candidate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobflow import JobStore
    from maggma.core import Store

    from elatbot_flows.documents.labelled import LabelledMaterial

__all__ = ["Brought", "bring_candidates", "bring_file"]

_CHUNK = 500


@dataclass(frozen=True)
class Brought:
    """What came into the store.

    Parameters
    ----------
    count
        Materials.
    skipped
        What did not, by reason.
    first
        The first of these for people.
    """

    count: int
    skipped: dict[str, int] = field(default_factory=dict)
    first: str | None = None

    def step(self, name: str) -> FilterStep:
        """The same as a step of cleaning."""
        came = self.count + sum(self.skipped.values())
        return FilterStep(name=name, words="it cannot be read", came_in=came, dropped=self.skipped)


def bring_file(materials: Store, path: Path, temperature: float = 0.0) -> Brought:
    """Bring the rows of a file into the store, instead of what came from a file of that name.

    Parameters
    ----------
    materials
        Store of `LabelledMaterial` documents.
    path, temperature
        See `read_given`.

    Raises
    ------
    ElatbotError
        If the file cannot be read, or no row can be used.
    """
    found = read_given(path, temperature=temperature)
    _replace(materials, path.name, found.materials)
    return Brought(len(found.materials), found.skipped, found.first)


def bring_candidates(materials: Store, store: JobStore) -> Brought:
    """Bring all candidates that passed, with their verdicts, instead of those brought before.

    Parameters
    ----------
    materials
        Store of `LabelledMaterial` documents.
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
    _replace(materials, CANDIDATES, found)
    return Brought(len(found), dict(sorted(skipped.items())))


def _replace(materials: Store, origin: str, found: Sequence[LabelledMaterial]) -> None:
    """Write materials, then remove the others of their origin."""
    for start in range(0, len(found), _CHUNK):
        chunk = [plain(each) for each in found[start : start + _CHUNK]]
        materials.update(chunk, key="material_id")
    kept = [each.material_id for each in found]
    materials.remove_docs({"origin": origin, "material_id": {"$nin": kept}})
