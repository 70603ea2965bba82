"""What a 6x6 elastic tensor means: moduli, directions, symmetry, stability, verdicts.

Pure functions in GPa.
"""

from elatbot_flows.elasticity.directional import (
    DirectionalModuli,
    Extremes,
    directional_moduli,
    linear_compressibility,
    poisson_ratio_bounds,
    shear_modulus_bounds,
    youngs_modulus,
)
from elatbot_flows.elasticity.laue import (
    LAUE_CLASSES,
    Projection,
    laue_class,
    project_on_laue_class,
    symmetry_of_structure,
)
from elatbot_flows.elasticity.moduli import Moduli, moduli_from_tensor
from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.elasticity.units import GPA_PER_EV_A3, bulk_modulus_from_pressures

__all__ = [
    "GPA_PER_EV_A3",
    "LAUE_CLASSES",
    "DirectionalModuli",
    "Extremes",
    "Moduli",
    "Projection",
    "bulk_modulus_from_pressures",
    "directional_moduli",
    "laue_class",
    "linear_compressibility",
    "moduli_from_tensor",
    "poisson_ratio_bounds",
    "project_on_laue_class",
    "shear_modulus_bounds",
    "smallest_eigenvalue",
    "symmetry_of_structure",
    "youngs_modulus",
]
