"""Proposer: materials that lie in the store, for lists too long for one job."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from jobflow import Maker, OutputReference, job
from monty.json import MSONable

from elatbot_flows.documents import MaterialShelf
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.proposers.given import brought

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Flow, Job

    from elatbot_flows.documents import RunRecord
    from elatbot_flows.proposers.given import GivenProposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["Shelf", "ShelvedProposer", "shelve", "shelved"]


@dataclass(frozen=True)
class Shelf(MSONable):
    """Where some materials lie: a job whose output is a `MaterialShelf`, and how many there are."""

    uuid: str
    number: int


@dataclass
class ShelvedProposer(Maker):
    """Take materials from shelves; otherwise as a GivenProposer.

    Parameters
    ----------
    name
        Name of the flow.
    shelves
        Where they lie.
    expectation
        A text model with a predictor, whose opinion counts as evidence; None for nobody.
    materials_sha256
        Hash of the whole list, which tells this proposer from others.
    """

    name: str = "propose"
    shelves: list[Shelf] = field(default_factory=list)
    expectation: str | None = "elatbot-mini"
    materials_sha256: str = ""

    def make(
        self,
        target: DesignTarget | None,
        n: int | None,
        run: RunRecord,
        known: Sequence[str] | None = None,
    ) -> Flow:
        """Bring the materials as candidates.

        Parameters
        ----------
        target
            What is wanted; None where only moduli are asked for.
        n, known
            Not used: all are brought.
        run
            The run, or a reference to it.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.Shortlist`.
        """
        del n, known
        there = [OutputReference(shelf.uuid) for shelf in self.shelves]
        chunks = [(one.materials, one.names) for one in there]
        firsts = list(accumulate((shelf.number for shelf in self.shelves[:-1]), initial=0))
        return brought(self, chunks, firsts, target, run)

    @property
    def model(self) -> None:
        """Nobody proposes."""
        return

    def settings(self) -> dict[str, Any]:
        """All settings as plain values, without where things lie."""
        plain = plain_settings(self)
        del plain["shelves"]
        return plain | {"number": sum(shelf.number for shelf in self.shelves)}


@job(output_schema=MaterialShelf)
def shelve(materials: list[Any], names: list[str]) -> MaterialShelf:
    """Write down some materials, so that later jobs may refer to them."""
    return MaterialShelf(materials=materials, names=names)


def shelved(proposer: GivenProposer, size: int) -> tuple[list[Job], list[ShelvedProposer]]:
    """Put a list on shelves, and cut it.

    Parameters
    ----------
    proposer
        Who brings the list.
    size
        Materials of one part at most.

    Returns
    -------
    list of Job
        They write the materials down.
    list of ShelvedProposer
        One for each part.
    """
    digest = str(proposer.settings()["materials_sha256"])
    jobs, parts = [], []
    for start in range(0, len(proposer.materials), size):
        shelves = []
        for first in range(start, min(start + size, len(proposer.materials)), proposer.chunk_size):
            last = min(first + proposer.chunk_size, start + size, len(proposer.materials))
            made = shelve(proposer.materials[first:last], proposer.names[first:last])
            made.name = f"{proposer.name} materials {first + 1} to {last}"
            jobs.append(made)
            shelves.append(Shelf(made.uuid, last - first))
        part_of = f"{digest}:{start}"
        parts.append(ShelvedProposer(proposer.name, shelves, proposer.expectation, part_of))
    return jobs, parts
