"""Crystals for a formula: prototypes, substituted known materials and random crystals."""

from elatbot_flows.structures.build import SOURCES, build_structures
from elatbot_flows.structures.geometry import minimum_distance_ratio, predict_volume
from elatbot_flows.structures.guess import StructureGuess
from elatbot_flows.structures.materials_project import KnownMaterial, Search, search_summary

__all__ = [
    "SOURCES",
    "KnownMaterial",
    "Search",
    "StructureGuess",
    "build_structures",
    "minimum_distance_ratio",
    "predict_volume",
    "search_summary",
]
