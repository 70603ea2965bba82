"""The steps by which the published data were cleaned, each by its name.

ElaTBot-DFT kept 10,520 of 12,127 entries of the Materials Project (Digital Discovery 2025,
doi:10.1039/D5DD00061K). A tensor need be neither positive definite nor of the right symmetry. What
comes from elsewhere goes through `PLAUSIBLE` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.documents.labelled import Averages

if TYPE_CHECKING:
    from collections.abc import Callable

    from elatbot_flows.documents.labelled import LabelledMaterial

__all__ = ["HIGHEST", "PAPER", "PLAUSIBLE", "STEPS", "Step", "dropped_by"]

HIGHEST = 1000.0
"""Largest modulus that is believed, GPa."""


@dataclass(frozen=True)
class Step:
    """A reason to leave materials out.

    Parameters
    ----------
    name
        Its name.
    words
        What it drops, for people.
    reason
        Why it drops a material; None if it does not.
    """

    name: str
    words: str
    reason: Callable[[LabelledMaterial], str | None]


def _no_label(material: LabelledMaterial) -> str | None:
    told = (material.elastic_tensor, material.bulk_modulus, material.shear_modulus)
    return "no_label" if all(each is None for each in told) else None


def _no_youngs_modulus(material: LabelledMaterial) -> str | None:
    import numpy as np
    from pymatgen.analysis.elasticity import ElasticTensor

    if material.elastic_tensor is None:
        return "no_tensor"
    try:
        found = float(ElasticTensor.from_voigt(np.array(material.elastic_tensor)).y_mod)
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError):
        return "no_youngs_modulus"
    return None if math.isfinite(found) else "no_youngs_modulus"


def _not_recorded(material: LabelledMaterial) -> str | None:
    if material.bulk_modulus is None:
        return "no_bulk_modulus"
    return "no_shear_modulus" if material.shear_modulus is None else None


def _out_of_range(material: LabelledMaterial) -> str | None:
    told = [material.bulk_modulus or Averages(), material.shear_modulus or Averages()]
    values = [value for each in told for value in (each.voigt, each.reuss, each.vrh)]
    if any(value is not None and not value >= 0 for value in values):
        return "negative_modulus"
    too_large = any(value is not None and value > HIGHEST for value in values)
    return "large_modulus" if too_large else None


_LABELLED = Step("labelled", "neither tensor nor modulus is known", _no_label)
_WITHIN = Step("moduli_within_range", "a modulus is below 0 or above 1000 GPa", _out_of_range)
PAPER = (
    _LABELLED,
    Step("youngs_modulus", "pymatgen finds no Young's modulus of the tensor", _no_youngs_modulus),
    Step("moduli_recorded", "the record lacks bulk or shear modulus", _not_recorded),
    _WITHIN,
)
"""Those of the paper, in its order."""
PLAUSIBLE = (_LABELLED, _WITHIN)
"""Those for materials that are not of the Materials Project."""
STEPS = {step.name: step for step in (*PAPER, *PLAUSIBLE)}
"""All of them by name, in order."""


def dropped_by(material: LabelledMaterial) -> tuple[str, str] | None:
    """Name of the first step that drops a material, and its reason; None if it is kept."""
    steps = PAPER if material.label == "dft" else PLAUSIBLE
    for step in steps:
        reason = step.reason(material)
        if reason is not None:
            return step.name, reason
    return None
