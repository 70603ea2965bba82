"""Job: hand the best crystals of a design on to any other flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Flow, OutputReference, Response, job

from elatbot_flows.documents import CampaignDocument, DesignDocument
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.rows import continued

if TYPE_CHECKING:
    from jobflow import Maker
    from pymatgen.core import Structure

    from elatbot_flows.documents import BestCandidate, LedgerRow

__all__ = ["top_hits"]


@job
def top_hits(
    document: DesignDocument | CampaignDocument, n: int, maker: Maker | None = None
) -> list[Structure] | Response[Any]:
    """The relaxed crystals of the best hits, or what a Maker makes of each.

    Parameters
    ----------
    document
        Output of a design or a campaign.
    n
        Hits at most, best first.
    maker
        A Maker of atomate2 or any other whose ``make`` takes a crystal; None for the crystals.

    Returns
    -------
    list
        Primitive cells, best first; or the outputs of the Makers, in their order.

    Raises
    ------
    TargetError
        If `n` is not positive.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget, InverseDesignMaker
    >>> design = InverseDesignMaker(n=4).make(DesignTarget(bulk_modulus=(150, 170)))
    >>> best = top_hits(design.output, 3)  # best.output goes into any job
    >>> best.name
    'top_hits'
    """
    if n < 1:
        raise TargetError(f"{n} hits: ask for at least one")
    rows: Any = _hits(document)[:n]
    crystals = [OutputReference(str(row.uuid)).candidates[row.place].structure for row in rows]
    if maker is None:
        made: list[Any] = []
        handed = hand_on(crystals)
    else:
        made = [maker.make(crystal) for crystal in crystals]
        for one, row in zip(made, rows, strict=True):
            one.append_name(f" {row.formula}")
        handed = hand_on([one.output for one in made])
    finished = {str(row.uuid) for row in rows}
    flow: Flow = continued([*made, handed], handed.output, finished)
    return Response(replace=flow)


@job
def hand_on(found: list[Any]) -> list[Any]:
    """The same in one list."""
    return found


def _hits(document: Any) -> list[BestCandidate] | list[LedgerRow]:
    """Hits of a document as jobflow resolves it, best first."""
    if isinstance(document, dict):
        kind = CampaignDocument if "lanes" in document else DesignDocument
        document = kind.model_validate(document)
    rows = document.best if isinstance(document, CampaignDocument) else document.rows
    return [row for row in rows if row.verdict == "hit"]
