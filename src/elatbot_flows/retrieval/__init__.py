"""Known values of alloys: read, searched, interpolated, and put in front of a question."""

from elatbot_flows.retrieval.context import RetrievedContext, answer_with_references
from elatbot_flows.retrieval.disagreement import Disagreement, find_disagreements
from elatbot_flows.retrieval.interpolation import Interpolation, interpolate
from elatbot_flows.retrieval.knowledge import KnowledgeBase, Skipped
from elatbot_flows.retrieval.neighbours import Neighbour, retrieve
from elatbot_flows.retrieval.rows import ALLOY_NAMES, KnowledgeRow

__all__ = [
    "ALLOY_NAMES",
    "Disagreement",
    "Interpolation",
    "KnowledgeBase",
    "KnowledgeRow",
    "Neighbour",
    "RetrievedContext",
    "Skipped",
    "answer_with_references",
    "find_disagreements",
    "interpolate",
    "retrieve",
]
