"""Thermodynamic stability: the convex hull of competing phases, all energies from one potential."""

from elatbot_flows.stability.cache import PhaseCache, potential_identity
from elatbot_flows.stability.hull import energy_above_hull
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
from elatbot_flows.stability.result import CrystalEnergy, HullDistance, Product
from elatbot_flows.stability.settings import HullSettings

__all__ = [
    "ChemicalSystemSearch",
    "CrystalEnergy",
    "HullDistance",
    "HullSettings",
    "KnownCrystal",
    "Phase",
    "PhaseCache",
    "PhaseSource",
    "Product",
    "Survey",
    "energy_above_hull",
    "folder_source",
    "given_source",
    "materials_project_source",
    "potential_identity",
    "search_chemical_systems",
    "store_source",
]
