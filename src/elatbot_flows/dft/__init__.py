"""Density functional codes as a source of energies, forces and stresses.

A code is a settings object that makes an ASE calculator; everything else is the same for all.
"""

from elatbot_flows.dft.code import DFTCode
from elatbot_flows.dft.espresso import EspressoCode
from elatbot_flows.dft.gpaw import GPAWCode
from elatbot_flows.dft.settings import DFTSettings
from elatbot_flows.dft.vasp import VaspCode

__all__ = ["DFTCode", "DFTSettings", "EspressoCode", "GPAWCode", "VaspCode"]
