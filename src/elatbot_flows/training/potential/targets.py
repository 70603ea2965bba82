r"""What a potential is to be around a crystal: harmonic, with the moduli of the labels.

Around a crystal at rest the energy is
:math:`E = \frac12 \epsilon C \epsilon + \frac12 w \Phi w`, with displacements
:math:`w = u - \Lambda \epsilon` beyond those that the strain causes. :math:`C` (relaxed ions),
:math:`\Lambda` and :math:`\Phi` are the teacher's; :math:`C` is scaled so that its bulk and shear
modulus are those by density functional theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.mandel import voigt_from_mandel
from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.response import optical_modes
from elatbot_flows.elasticity.units import GPA_PER_EV_A3

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.training.potential.labels import Label

__all__ = ["Target", "targets_of"]

_STABLE_MODE = 0.3
"""Curvature that modes of a crystal with known moduli get at least, eV/A^2."""
_STABLE_SHEAR = 0.2
"""Smallest eigenvalue of its tensor, over that of an isotropic solid with its shear modulus."""
_SCALES = ((0.5, 2.0), (0.33, 3.0))
"""Of bulk and shear moduli. Outside of that teacher and label are about different crystals."""
_LEAST_MODE = 0.1
"""Flatter modes of crystals without labels say nothing, eV/A^2."""
_HYDROSTATIC = np.repeat([1.0, 0.0], 3) / np.sqrt(3.0)


@dataclass(frozen=True)
class Target:
    """The energy around a crystal.

    Parameters
    ----------
    label
        What it was made of.
    stiffness
        C times the volume of the cell, Mandel, shape (6, 6), eV.
    shifts
        Displacements by strain, shape (3 n, 6), A.
    springs
        Force constants without translations, shape (3 n, 3 n), eV/A^2.
    scales
        What bulk and shear modulus of the teacher were multiplied by.
    """

    label: Label
    stiffness: NDArray[np.float64]
    shifts: NDArray[np.float64]
    springs: NDArray[np.float64]
    scales: tuple[float, float]

    @cached_property
    def structure(self) -> Structure:
        """The crystal at rest."""
        from pymatgen.core import Structure

        return Structure.from_dict(self.label.structure)

    def energy_and_gradient(
        self, coordinates: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Energy above rest (eV) and its gradient at strain and displacements (6 + 3 n,)."""
        strain = coordinates[:6]
        free = coordinates[6:] - self.shifts @ strain
        pull, push = self.stiffness @ strain, self.springs @ free
        energy = 0.5 * float(strain @ pull + free @ push)
        return energy, np.concatenate([pull - self.shifts.T @ push, push])


def targets_of(labels: Iterable[Label]) -> tuple[list[Target], dict[str, int]]:
    """Targets of all labels, and how many labels made none, by reason.

    Crystals without moduli are scaled by the medians of those with them. ``flat_mode``: too flat to
    say anything; ``scale``: moduli of teacher and label are too far apart.
    """
    labels = list(labels)
    known = [label for label in labels if label.bulk_modulus is not None]
    asked = [label for label in labels if label.bulk_modulus is None]
    found: list[Target | str] = [_known(label) for label in known]
    scales = [target.scales for target in found if isinstance(target, Target)]
    usual = np.median(scales, axis=0).tolist() if scales else [1.0, 1.0]
    found += [_asked(label, (usual[0], usual[1])) for label in asked]
    reasons = [each for each in found if isinstance(each, str)]
    targets = [each for each in found if isinstance(each, Target)]
    return targets, {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _known(label: Label) -> Target | str:
    """Of a crystal with moduli, which is stable, whatever the teacher says."""
    hessian, volume = np.array(label.hessian), _volume(label)
    values, vectors = optical_modes(hessian)
    values = np.maximum(values, _STABLE_MODE)
    stiffness, shifts = _relaxed(hessian, values, vectors)
    wanted = (float(label.bulk_modulus or 0), float(label.shear_modulus or 0))
    weights, axes = np.linalg.eigh(stiffness)
    least = _STABLE_SHEAR * 2 * wanted[1] * volume / GPA_PER_EV_A3
    stiffness = (axes * np.maximum(weights, least)) @ axes.T
    found = moduli_from_tensor(voigt_from_mandel(stiffness / volume * GPA_PER_EV_A3))
    scales = (wanted[0] / found.bulk_modulus, wanted[1] / found.shear_modulus)
    if not all(low < scale < high for scale, (low, high) in zip(scales, _SCALES, strict=True)):
        return "scale"
    return _scaled(label, stiffness, shifts, (vectors * values) @ vectors.T, scales)


def _asked(label: Label, scales: tuple[float, float]) -> Target | str:
    """Of a crystal that only the teacher knows, who may call it unstable."""
    hessian = np.array(label.hessian)
    values, vectors = optical_modes(hessian)
    if np.abs(values).min(initial=np.inf) < _LEAST_MODE:
        return "flat_mode"
    stiffness, shifts = _relaxed(hessian, values, vectors)
    return _scaled(label, stiffness, shifts, (vectors * values) @ vectors.T, scales)


def _relaxed(
    hessian: NDArray[np.float64], values: NDArray[np.float64], vectors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stiffness with ions relaxed, and the displacements that strains cause."""
    coupling = hessian[:6, 6:] @ vectors
    stiffness = hessian[:6, :6] - (coupling / values) @ coupling.T
    return stiffness, -(vectors / values) @ coupling.T


def _scaled(
    label: Label,
    stiffness: NDArray[np.float64],
    shifts: NDArray[np.float64],
    springs: NDArray[np.float64],
    scales: Sequence[float],
) -> Target:
    """Voigt's and Reuss's bulk moduli are multiplied by the first scale, shear ones by the other.

    Hydrostatic strain and the five shears are scaled by the square roots from both sides.
    """
    bulk, shear = scales
    onto = np.outer(_HYDROSTATIC, _HYDROSTATIC)
    scaling = np.sqrt(bulk) * onto + np.sqrt(shear) * (np.eye(6) - onto)
    return Target(
        label, scaling @ stiffness @ scaling, shifts, springs * np.sqrt(bulk * shear), (bulk, shear)
    )


def _volume(label: Label) -> float:
    return abs(float(np.linalg.det(np.array(label.structure["lattice"]["matrix"]))))
