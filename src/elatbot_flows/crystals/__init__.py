"""Crystals for a formula: prototypes, substituted known materials and random crystals."""

from elatbot_flows.crystals.build import SOURCES, build_structures
from elatbot_flows.crystals.geometry import minimum_distance_ratio, predict_volume
from elatbot_flows.crystals.guess import StructureGuess
from elatbot_flows.crystals.materials_project import KnownMaterial, Search, search_summary
from elatbot_flows.crystals.recognition import known_as, prototype_of

__all__ = [
    "SOURCES",
    "KnownMaterial",
    "Search",
    "StructureGuess",
    "build_structures",
    "known_as",
    "minimum_distance_ratio",
    "predict_volume",
    "prototype_of",
    "search_summary",
]
