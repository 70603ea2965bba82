"""What is new: crystals compared up to disorder, and counts of stable, unique and novel ones."""

from elatbot_flows.novelty.matching import DisorderedMatcher, interchangeable
from elatbot_flows.novelty.report import SunReport, sun

__all__ = ["DisorderedMatcher", "SunReport", "interchangeable", "sun"]
