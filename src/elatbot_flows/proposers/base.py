"""The port of proposers: anybody who brings candidates for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jobflow import Flow, Job

    from elatbot_flows.documents import MethodRecord, RunRecord, TextModelRecord
    from elatbot_flows.targets import DesignTarget

__all__ = ["Proposer"]


class Proposer(Protocol):
    """A Maker of jobs or flows that end in a shortlist."""

    name: str

    def make(self, target: DesignTarget | None, n: int | None, run: RunRecord) -> Job | Flow:
        """Bring candidates.

        Parameters
        ----------
        target
            What is wanted; None where only moduli are asked for.
        n
            Candidates that are to pass in the end; None for all.
        run
            The run, or a reference to it.

        Returns
        -------
        Job or Flow
            Its output is a :class:`~elatbot_flows.documents.Shortlist`.
        """

    def records(
        self, target: DesignTarget | None
    ) -> tuple[TextModelRecord | None, MethodRecord | None]:
        """Which text model proposes, and which one says what it expects; None for nobody.

        Raises
        ------
        TargetError
            If the target is none for this proposer.
        """

    def elements(self) -> tuple[str, ...] | None:
        """Symbols of the elements that can be proposed; None for all."""
