"""Proposers: a target in, candidates out."""

from elatbot_flows.proposers.base import Proposer
from elatbot_flows.proposers.given import GivenProposer
from elatbot_flows.proposers.text import TextProposer

__all__ = ["GivenProposer", "Proposer", "TextProposer"]
