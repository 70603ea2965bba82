"""Thermodynamic stability: the convex hull of competing phases, all energies from one potential."""

from elatbot_flows.stability.cache import PhaseCache, potential_identity, shared_cache
from elatbot_flows.stability.hull import energy_above_hull, unplaced
from elatbot_flows.stability.known import (
    ChemicalSystemSearch,
    KnownCrystal,
    PhaseSource,
    folder_source,
    given_source,
    materials_project_source,
    search_chemical_systems,
    store_source,
)
from elatbot_flows.stability.phases import Phase, Survey
from elatbot_flows.stability.result import CrystalEnergy
from elatbot_flows.stability.settings import HullSettings
from elatbot_flows.stability.table import PhaseTable, shipped_table

__all__ = [
    "ChemicalSystemSearch",
    "CrystalEnergy",
    "HullSettings",
    "KnownCrystal",
    "Phase",
    "PhaseCache",
    "PhaseSource",
    "PhaseTable",
    "Survey",
    "energy_above_hull",
    "folder_source",
    "given_source",
    "materials_project_source",
    "potential_identity",
    "search_chemical_systems",
    "shared_cache",
    "shipped_table",
    "store_source",
    "unplaced",
]
