"""Many designs, some at once, until enough is found: targets, generators and lists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker, OutputReference, Response, job

from elatbot_flows.documents import CampaignDocument
from elatbot_flows.errors import TargetError
from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.lanes import Plan
from elatbot_flows.flows.stopping import StopRules
from elatbot_flows.jobs.rows import continued, own_uuid
from elatbot_flows.jobs.tally import tally
from elatbot_flows.proposers.given import GivenProposer
from elatbot_flows.proposers.shelved import shelved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Job

    from elatbot_flows.proposers.shelved import ShelvedProposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["CampaignMaker", "advance"]


@dataclass
class CampaignMaker(Maker):
    """Design for many targets, in rounds, until a rule says that it is enough.

    Each pair of a maker and a target is a lane of designs with different seeds; what a lane has
    tried is not proposed in it again. A list is cut into designs of `chunk` materials. Designs of
    one round run side by side, and then the rules are looked at.

    Parameters
    ----------
    name
        Name of the campaign, which all its jobs and candidates are tagged with.
    designs
        How to design: one maker for each generator or list.
    most
        Designs of one lane at most, each for ``n`` candidates.
    chunk
        Materials of a list that one design takes; each of its jobs takes ``chunk_size`` of the
        proposer.
    at_once
        Designs of one round.
    stop
        When it is enough.
    recall
        Whether crystals and tensors that this user's earlier runs computed are taken over.
    tags
        Further tags.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget
    >>> targets = [DesignTarget(bulk_modulus=(low, low + 20)) for low in (100, 150, 200)]
    >>> flow = CampaignMaker(name="ladder", most=5, stop=StopRules(hits=100)).make(targets)
    >>> [job.name for job in flow.jobs]
    ['ladder']
    """

    name: str = "campaign"
    designs: list[InverseDesignMaker] = field(default_factory=lambda: [InverseDesignMaker()])
    most: int = 1
    chunk: int = 200
    at_once: int = 4
    stop: StopRules = field(default_factory=StopRules)
    recall: bool = True
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        TargetError
            If a number is not positive or there is no maker.
        """
        if min(self.most, self.chunk, self.at_once) < 1:
            raise TargetError("most, chunk and at_once must be at least 1")
        if not self.designs:
            raise TargetError("a campaign needs at least one design maker")

    def make(self, targets: Sequence[DesignTarget | None]) -> Flow:
        """Make the flow for some targets.

        Parameters
        ----------
        targets
            What is wanted; None to have a list judged without a verdict.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.CampaignDocument`.

        Raises
        ------
        TargetError
            If there is no target.
        """
        if not targets:
            raise TargetError("a campaign needs at least one target")
        shelving: list[Job] = []
        parts: list[list[ShelvedProposer]] = []
        makers = []
        for maker in self.designs:
            jobs, cut = self._on_shelves(maker)
            shelving += jobs
            parts.append(cut)
            light = self._without_list(maker, cut) if cut else maker
            makers.append(replace(light, recall=self.recall or maker.recall))
        plan = Plan(
            name=self.name,
            makers=makers,
            parts=parts,
            targets=list(targets),
            most=self.most,
            at_once=self.at_once,
            stop=self.stop,
        )
        begun = advance(plan, None, [made.output.names for made in shelving])
        begun.name = self.name
        flow = Flow([*shelving, begun], output=begun.output, name=self.name)
        flow.update_metadata({"tags": [self.name, *self.tags]})
        return flow

    def _on_shelves(self, maker: InverseDesignMaker) -> tuple[list[Job], list[ShelvedProposer]]:
        if isinstance(maker.proposer, GivenProposer):
            return shelved(maker.proposer, self.chunk)
        return [], []

    def _without_list(
        self, maker: InverseDesignMaker, cut: list[ShelvedProposer]
    ) -> InverseDesignMaker:
        """The maker as later jobs carry it with them; one job of a step takes one shelf."""
        size = maker.chunk_size or cut[0].shelves[0].number
        return replace(maker, proposer=cut[0], chunk_size=size)


@job
def advance(
    plan: Plan, campaign: CampaignDocument | None, after: Any = None
) -> CampaignDocument | Response[Any]:
    """Begin the next round of designs, or say why there is none.

    Parameters
    ----------
    plan
        All designs.
    campaign
        How far it is; None at the start.
    after
        What has to be there first.
    """
    del after
    known = _opened(plan) if campaign is None else CampaignDocument.model_validate(campaign)
    stopped = plan.stop.reason(known) if known.designs else None
    due = [] if stopped else plan.next(known)
    if not due:
        why = stopped or "all designs are done, or bring nothing new"
        return known.model_copy(update={"uuid": own_uuid(), "stopped": why})
    designs = [plan.design(which, known) for which in due]
    begun = [
        which.model_copy(update={"uuid": flow.output.uuid})
        for which, flow in zip(due, designs, strict=True)
    ]
    before: Any = OutputReference(known.uuid) if known.designs else known
    targets = [plan.target_of(lane) for lane in range(len(known.lanes))]
    counted = tally(before, begun, [flow.output for flow in designs], targets)
    counted.name = f"{plan.name} tally"
    so_far: Any = counted.output
    again = advance(plan, so_far)
    again.name = plan.name
    finished = plan.shelves() | ({known.uuid} if known.designs else set())
    return Response(replace=continued([*designs, counted, again], again.output, finished))


def _opened(plan: Plan) -> CampaignDocument:
    lanes = plan.lanes
    return CampaignDocument(uuid="", name=plan.name, lanes=lanes, tried=[[] for _ in lanes])
