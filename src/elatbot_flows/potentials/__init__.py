"""Interatomic potentials: loading them by name or directory, relaxing and straining crystals."""

from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.registry import DEFAULT_POTENTIAL, load_potential

__all__ = ["DEFAULT_POTENTIAL", "Potential", "load_potential"]
