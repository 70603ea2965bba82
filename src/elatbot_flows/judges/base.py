"""The port of judges: anybody who can say how stiff a crystal is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jobflow import Flow, Job
    from pymatgen.core import Structure

    from elatbot_flows.documents import MethodRecord

__all__ = ["Judge"]


class Judge(Protocol):
    """A Maker of jobs or flows that end in one elastic result for each crystal."""

    name: str

    def make(self, structures: list[Structure], sources: list[str] | None = None) -> Job | Flow:
        """Judge crystals.

        Parameters
        ----------
        structures
            Crystals, or references to them.
        sources
            What to call them, one word for each.

        Returns
        -------
        Job or Flow
            Its output is a list of :class:`~elatbot_flows.documents.ElasticResult`, one for each
            crystal, in their order; what cannot be judged has a reason.
        """

    def record(self) -> MethodRecord:
        """Who judges, with which weights and settings."""

    def elements(self) -> tuple[str, ...] | None:
        """Symbols of the elements that can be judged; None for all."""
