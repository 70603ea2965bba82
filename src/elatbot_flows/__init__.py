"""Inverse design of materials by elastic moduli, as jobflow workflows.

A design target goes in; a text model proposes, crystals are built, interatomic potentials judge,
and every step is a jobflow job whose document can be queried later.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elatbot_flows.flows.design import InverseDesignMaker
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["DesignTarget", "Interval", "InverseDesignMaker", "__version__", "load_potential"]

__version__ = "0.1.0"

_HOMES = {
    "DesignTarget": "elatbot_flows.targets",
    "Interval": "elatbot_flows.targets",
    "InverseDesignMaker": "elatbot_flows.flows.design",
    "load_potential": "elatbot_flows.potentials",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use, so that ``import elatbot_flows`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
