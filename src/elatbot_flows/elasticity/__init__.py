"""What a 6x6 elastic tensor means: moduli, stability, verdicts. Pure functions in GPa."""

from elatbot_flows.elasticity.moduli import Moduli, moduli_from_tensor
from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.elasticity.units import GPA_PER_EV_A3, bulk_modulus_from_pressures
from elatbot_flows.elasticity.verdict import Verdict, judge

__all__ = [
    "GPA_PER_EV_A3",
    "Moduli",
    "Verdict",
    "bulk_modulus_from_pressures",
    "judge",
    "moduli_from_tensor",
    "smallest_eigenvalue",
]
