"""The port of proposers: anybody who brings candidates for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Flow, Job

    from elatbot_flows.documents import RunRecord
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget

__all__ = ["Proposer"]


class Proposer(Protocol):
    """A Maker of jobs or flows that end in a shortlist.

    Parameters
    ----------
    name
        Its name.
    expectation
        The text model that says what it expects of every formula; None for nobody.
    """

    name: str
    expectation: str | None

    @property
    def model(self) -> TextModel | None:
        """The text model that proposes; None for nobody."""

    def make(
        self,
        target: DesignTarget | None,
        n: int | None,
        run: RunRecord,
        known: Sequence[str] | None = None,
    ) -> Job | Flow:
        """Bring candidates.

        Parameters
        ----------
        target
            What is wanted; None where only moduli are asked for.
        n
            Candidates that are to pass in the end; None for all.
        run
            The run, or a reference to it.
        known
            Formulas that are not to be proposed again, or a reference to them; a list that was
            given is brought whole.

        Returns
        -------
        Job or Flow
            Its output is a :class:`~elatbot_flows.documents.Shortlist`.
        """

    def settings(self) -> dict[str, Any]:
        """What tells this proposer from others, as plain values, short enough for a record."""
