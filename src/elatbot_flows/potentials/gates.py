"""What an elastic tensor must be before moduli are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from elatbot_flows.documents import ElasticResult
    from elatbot_flows.potentials.measuring import Measurement
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["gated"]

_SOFT_MODE = 0.1
"""Curvatures of crystals are of the order of 1 eV/A^2: less than a tenth of it is little."""
_SOFT_SHEAR = 0.1
"""Smallest eigenvalue, over that of an isotropic solid with its Voigt average, called little."""


def gated(result: ElasticResult, found: Measurement, settings: ValidationSettings) -> ElasticResult:
    """The result with what was measured: passed and with moduli, or failed with the reason.

    What is not finite or not stable gets no moduli.
    """
    result = result.updated(softest_mode=found.softest_mode, residual=found.residual)
    if found.unconverged:
        message = f"ions did not converge in {found.unconverged}"
        return result.failed("strain_not_converged", message)
    if not np.isfinite(found.tensor).all():
        return result.failed("not_finite", "the elastic tensor is not finite")
    if settings.method == "linear_response" and found.residual > settings.max_asymmetry:
        message = f"second derivatives contradict each other by {found.residual:.1%}"
        return result.failed("not_smooth", f"{message}: the potential is not smooth enough")
    eigenvalue = smallest_eigenvalue(found.tensor)
    result = result.updated(
        elastic_tensor=found.tensor.tolist(),
        clamped_tensor=None if found.clamped is None else found.clamped.tolist(),
        ieee_axes=found.axes.tolist(),
        smallest_eigenvalue=eigenvalue,
        born_stable=eigenvalue > 0,
    )
    if found.softest_mode is not None and found.softest_mode < settings.softest_mode:
        curvature = f"a curvature of {found.softest_mode:.2f} eV/A^2"
        return result.failed(
            "soft_mode", f"the energy has {curvature} along a displacement of atoms"
        )
    if eigenvalue <= 0:
        message = f"the elastic tensor has an eigenvalue of {eigenvalue:.1f} GPa"
        return result.failed("born_unstable", message)
    moduli = moduli_from_tensor(found.tensor)
    names = (*PROPERTIES, "universal_anisotropy")
    result = result.updated(status="passed", near_gates=_near(result, found, settings))
    return result.updated(**{name: getattr(moduli, name) for name in names})


def _near(result: ElasticResult, found: Measurement, settings: ValidationSettings) -> list[str]:
    """Gates that a crystal passed by little."""
    near = []
    if found.softest_mode is not None and found.softest_mode < _SOFT_MODE:
        near.append(f"softest mode of {found.softest_mode:.3f} eV/A^2: atoms hardly held in place")
    eigenvalue = float(result.smallest_eigenvalue or 0.0)
    usual = 2 * moduli_from_tensor(found.tensor).shear_modulus_voigt
    if eigenvalue < _SOFT_SHEAR * usual:
        near.append(f"smallest eigenvalue of {eigenvalue:.1f} GPa: nearly unstable under strain")
    if settings.method == "linear_response" and found.residual > settings.max_asymmetry / 2:
        near.append(f"second derivatives contradict each other by {found.residual:.1%}")
    return near
