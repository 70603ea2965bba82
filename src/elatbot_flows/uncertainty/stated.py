"""An estimate out of what one judge says, with the errors that it states itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from elatbot_flows.uncertainty.elements import shares_of
from elatbot_flows.uncertainty.joint_estimate import JointDistribution, JointEstimate
from elatbot_flows.uncertainty.kinds import material_kind
from elatbot_flows.uncertainty.opinions import opinion_of

if TYPE_CHECKING:
    from elatbot_flows.documents import ElasticResult

__all__ = ["stated_estimate"]

_NORMAL = 100.0
"""Degrees of freedom with which a t distribution is nearly a normal one."""


def stated_estimate(result: ElasticResult, composition: Any) -> JointEstimate | None:
    """What one judge says, taken at its word: its moduli with its own standard deviations.

    Parameters
    ----------
    result
        A result with moduli and their standard deviations.
    composition
        Formula, or what pymatgen makes a composition of.

    Returns
    -------
    JointEstimate or None
        None if a modulus or a standard deviation is missing or not positive.
    """
    moduli = (result.bulk_modulus, result.shear_modulus)
    spreads = (result.bulk_modulus_std, result.shear_modulus_std)
    if not all(value and value > 0 for value in (*moduli, *spreads)):
        return None
    bulk, shear, bulk_std, shear_std = (float(value or 0.0) for value in (*moduli, *spreads))
    distribution = JointDistribution(
        log_means=(math.log(bulk), math.log(shear)),
        log_scales=(bulk_std / bulk, shear_std / shear),
        correlation=0.0,
        tail=_NORMAL,
    )
    name = result.judge.name
    kind = material_kind(shares_of(composition))
    return JointEstimate(distribution, kind, {name: opinion_of(result)}, far_off={name: 0.0})
