"""Which designs a campaign consists of, and which are next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jobflow import OutputReference
from monty.json import MSONable

from elatbot_flows.documents import CampaignDesign
from elatbot_flows.flows.stopping import StopRules

if TYPE_CHECKING:
    from jobflow import Flow

    from elatbot_flows.documents import CampaignDocument
    from elatbot_flows.flows.design import InverseDesignMaker
    from elatbot_flows.proposers.shelved import ShelvedProposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["Plan"]

_ANY = "no target"


@dataclass
class Plan(MSONable):
    """All designs of a campaign: one lane for each pair of a maker and a target.

    Parameters
    ----------
    name
        Of the campaign.
    makers
        How to design.
    parts
        For each maker the parts of its list, in the order of its designs; empty for one that asks
        a text model, whose designs differ in their seed.
    targets
        What is wanted; None where only moduli are asked for.
    most
        Designs of a lane without a list, at most.
    at_once
        Designs of one round.
    stop
        When it has done enough.
    """

    name: str
    makers: list[InverseDesignMaker]
    parts: list[list[ShelvedProposer]]
    targets: list[DesignTarget | None]
    most: int = 1
    at_once: int = 4
    stop: StopRules = field(default_factory=StopRules)

    @property
    def lanes(self) -> list[str]:
        """What people read of each lane."""
        makers = [_maker_words(maker) for maker in self.makers]
        named = [f"{maker}, " if len(makers) > 1 else "" for maker in makers]
        return [f"{name}{target_words(target)}" for name in named for target in self.targets]

    def target_of(self, lane: int) -> int:
        """Number of the target of a lane."""
        return lane % len(self.targets)

    def next(self, campaign: CampaignDocument) -> list[CampaignDesign]:
        """The designs of the next round, in turns between the lanes; none if all are done.

        Parameters
        ----------
        campaign
            How far it is.
        """
        due = []
        for lane, label in enumerate(self.lanes):
            done = [one for one in campaign.designs if one.lane == lane]
            parts = len(self.parts[lane // len(self.targets)])
            if len(done) < (parts or self.most) and (parts or not self.stop.gives_up(done)):
                due.append(CampaignDesign(label=label, lane=lane, part=len(done)))
        return sorted(due, key=lambda one: (one.part, one.lane))[: self.at_once]

    def design(self, which: CampaignDesign, campaign: CampaignDocument) -> Flow:
        """The flow of one design.

        Parameters
        ----------
        which
            One of `next`.
        campaign
            The campaign as it lies in the store; its document says what was tried before.
        """
        number = which.lane // len(self.targets)
        maker, parts = self.makers[number], self.parts[number]
        named = f"{self.name}: {which.label} {which.part + 1}"
        maker = replace(maker, name=named, seed=maker.seed + which.part)
        if parts:
            maker = replace(maker, proposer=parts[which.part], seed=maker.seed - which.part)
        tried = OutputReference(campaign.uuid).tried[which.lane] if which.part else None
        flow = maker.make(self.targets[self.target_of(which.lane)], tried)
        flow.append_name(f" ({self.name})")
        return flow

    def shelves(self) -> set[str]:
        """Jobs that hold the materials of lists."""
        return {s.uuid for parts in self.parts for part in parts for s in part.shelves}


def target_words(target: DesignTarget | None) -> str:
    """A target in a few words: ``"bulk_modulus 150:170 of Al-Ni-Ti"``."""
    if target is None:
        return _ANY
    intervals = ", ".join(f"{name} {interval}" for name, interval in target.intervals().items())
    return intervals + (f" of {'-'.join(target.elements)}" if target.elements else "")


def _maker_words(maker: InverseDesignMaker) -> str:
    model = maker.proposer.model
    return maker.proposer.name if model is None else model.name
