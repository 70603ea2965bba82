"""When a campaign has done enough."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from elatbot_flows.documents import CampaignDesign, CampaignDocument

__all__ = ["StopRules"]


@dataclass(frozen=True)
class StopRules(MSONable):
    """Rules of which one is enough; they are looked at after each round of designs.

    Parameters
    ----------
    hits
        Hits, counted once for each formula and target.
    judged
        Candidates whose crystals the judges were shown.
    evaluations
        Evaluations of potentials. What earlier runs computed costs none.
    idle
        A pair of generator and target is given up after this many designs in a row without a hit
        that is new.

    Raises
    ------
    TargetError
        If a number is not positive.

    Examples
    --------
    >>> StopRules(hits=20, evaluations=100_000)
    StopRules(hits=20, judged=None, evaluations=100000, idle=3)
    """

    hits: int | None = None
    judged: int | None = None
    evaluations: int | None = None
    idle: int | None = 3

    def __post_init__(self) -> None:
        for rule in fields(self):
            value = getattr(self, rule.name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise TargetError(f"stop after {rule.name}: {value!r} is not a positive number")

    def reason(self, campaign: CampaignDocument) -> str | None:
        """Why a campaign is done, for people; None if it goes on."""
        for name, words in (
            ("hits", "hits were found"),
            ("judged", "candidates were judged"),
            ("evaluations", "evaluations of potentials were spent"),
        ):
            limit, reached = getattr(self, name), getattr(campaign, name)
            if limit is not None and reached >= limit:
                return f"{reached} {words}, {limit} were to be enough"
        return None

    def gives_up(self, designs: list[CampaignDesign]) -> bool:
        """Whether a pair of generator and target brings nothing new any more.

        Parameters
        ----------
        designs
            Its designs so far.
        """
        if designs and designs[-1].counts is not None and not designs[-1].counts.distinct:
            return True  # it has no formula left
        last = designs[-self.idle :] if self.idle else []
        return bool(last) and len(last) == self.idle and not any(one.new_hits for one in last)
