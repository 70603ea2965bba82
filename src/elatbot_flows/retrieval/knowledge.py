"""Rows of known values out of files, records and stores, with everything skipped counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.retrieval.disagreement import Disagreement, find_disagreements
from elatbot_flows.retrieval.rows import ALLOY_NAMES, KnowledgeRow, read_row
from elatbot_flows.training.data.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["KnowledgeBase", "Skipped", "Store"]


class Store(Protocol):
    """What is needed of a connected store of maggma."""

    def query(self, criteria: dict[str, Any] | None = None) -> Iterable[dict[str, Any]]:
        """Documents that meet the criteria."""


@dataclass(frozen=True)
class Skipped:
    """A record that is not used.

    Parameters
    ----------
    source
        Where it stands.
    reason
        One of `elatbot_flows.retrieval.rows.read_row`'s, ``not_an_object``, or ``repeated``: the
        same alloy, crystal system, temperature and values as a row before.
    message
        The same for people.
    """

    source: str
    reason: str
    message: str


@dataclass(frozen=True)
class KnowledgeBase:
    """Rows that can be searched, in the order in which they were read.

    Parameters
    ----------
    rows
        The rows, none twice.
    skipped
        Records that are not used.
    """

    rows: tuple[KnowledgeRow, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def skipped_counts(self) -> dict[str, int]:
        """Number of skipped records by reason."""
        return dict(sorted(Counter(skipped.reason for skipped in self.skipped).items()))

    @property
    def bulk_modulus(self) -> str:
        """Which bulk modulus the rows tell: the Voigt average if any does, else the one of Hill."""
        told = {name for row in self.rows for name, _ in row.values}
        plain = "bulk_modulus" in told and "bulk_modulus_voigt" not in told
        return "bulk_modulus" if plain else "bulk_modulus_voigt"

    def disagreements(self) -> tuple[Disagreement, ...]:
        """Rows that contradict each other, see `find_disagreements`."""
        return find_disagreements(self.rows)

    @classmethod
    def from_files(
        cls, *paths: Path, names: Mapping[str, str] = ALLOY_NAMES, zero_kelvin: bool = False
    ) -> KnowledgeBase:
        """Read files of comma-separated values, JSON and JSON lines, see `read_table`.

        Parameters
        ----------
        paths
            The files.
        names
            Formulas of alloys by name.
        zero_kelvin
            Accept rows at 0 K.

        Raises
        ------
        ElatbotError
            If a file cannot be read, or no row of all files can be used.
        """
        sourced: list[tuple[str, Any]] = []
        for path in paths:
            records = enumerate(read_table(path), start=1)
            sourced += [(f"{path.name}, row {n}", record) for n, record in records]
        return _build(sourced, names, None, zero_kelvin=zero_kelvin)

    @classmethod
    def from_records(
        cls,
        records: Iterable[Any],
        *,
        source: str = "records",
        names: Mapping[str, str] = ALLOY_NAMES,
        temperature: float | None = None,
        zero_kelvin: bool = False,
    ) -> KnowledgeBase:
        """Read dictionaries.

        Parameters
        ----------
        records
            See `elatbot_flows.retrieval.rows.read_row`.
        source
            What to call their origin.
        names
            Formulas of alloys by name.
        temperature
            K, for records that tell none.
        zero_kelvin
            Accept rows at 0 K.

        Raises
        ------
        ElatbotError
            If none can be used.
        """
        sourced = [(f"{source}, row {n}", record) for n, record in enumerate(records, start=1)]
        return _build(sourced, names, temperature, zero_kelvin=zero_kelvin)

    @classmethod
    def from_store(
        cls, store: Store, criteria: dict[str, Any] | None = None, **settings: Any
    ) -> KnowledgeBase:
        """Read the documents of a connected store of maggma.

        Parameters
        ----------
        store
            For example the collection of candidates of `database.stores.candidate_store`,
            whose moduli belong to 0 K: ``temperature=0, zero_kelvin=True``.
        criteria
            Which documents, in the query language of MongoDB.
        settings
            Those of `from_records`.

        Raises
        ------
        ElatbotError
            If none can be used.
        """
        return cls.from_records(store.query(criteria), **({"source": "store"} | settings))


def _build(
    sourced: Iterable[tuple[str, Any]],
    names: Mapping[str, str],
    temperature: float | None,
    *,
    zero_kelvin: bool,
) -> KnowledgeBase:
    rows: dict[Any, KnowledgeRow] = {}
    skipped = []
    for source, record in sourced:
        try:
            if not isinstance(record, dict):
                raise ParseError("it is not a JSON object", reason="not_an_object")  # noqa: TRY301
            row = read_row(
                record, source, names=names, temperature=temperature, zero_kelvin=zero_kelvin
            )
        except ParseError as error:
            skipped.append(Skipped(source, error.reason, str(error)))
            continue
        key = (row.percent, row.crystal_system, row.temperature, row.values)
        if key in rows:
            message = f"it says the same as {rows[key].source}"
            skipped.append(Skipped(source, "repeated", message))
        else:
            rows[key] = row
    base = KnowledgeBase(tuple(rows.values()), tuple(skipped))
    if not rows:
        first = f"; {skipped[0].source}: {skipped[0].message}" if skipped else ""
        raise ElatbotError(f"no row can be used; skipped: {base.skipped_counts}{first}")
    return base
