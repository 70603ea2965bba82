"""Known crystals as a test of every checkpoint before its first use.

A checkpoint of another version of its package, or one whose weights were mixed up, may load, agree
with its own energies and still be wrong, often for compounds only. So volumes, bulk moduli and
reaction energies of well-known crystals are compared with measurements. The tolerances leave room
for any density functional; they tell sound potentials from broken ones, not good from better.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.check_cache import is_remembered, remember
from elatbot_flows.potentials.evaluation import last_results
from elatbot_flows.potentials.reference_crystals import CRYSTALS, REACTIONS

if TYPE_CHECKING:
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.reference_crystals import ReferenceCrystal

__all__ = ["Comparison", "check_potential", "compare", "is_switched_off"]

VOLUME_TOLERANCE = 0.10
"""Largest relative deviation of a volume; density functionals stay below 0.07 here."""
BULK_MODULUS_FACTOR = 2.2
"""Largest factor between bulk moduli, either way; sound potentials stay below 1.8 here."""
REACTION_TOLERANCE = 0.6
"""Largest deviation of a reaction energy, eV; sound potentials stay below 0.3 here."""
STRAIN = 0.01
_PRESSURE_DERIVATIVE = 4.0
_VERSION = 1
"""Of this check, to be raised with every change of crystals or tolerances."""


@dataclass(frozen=True)
class Comparison:
    """One number of a potential beside the measured one.

    Parameters
    ----------
    subject
        Crystal or reaction.
    quantity
        ``"volume"`` (A^3 per cell), ``"bulk modulus"`` (GPa) or ``"energy"`` (eV).
    value, reference
        Of the potential, and measured; `value` is NaN where there is no equilibrium.
    passed
        Whether they agree within the tolerance.
    """

    subject: str
    quantity: str
    value: float
    reference: float
    passed: bool

    def __str__(self) -> str:
        unit = {"volume": "A^3", "bulk modulus": "GPa", "energy": "eV"}[self.quantity]
        digits = 2 if self.quantity == "energy" else 1
        found = "none" if np.isnan(self.value) else f"{self.value:.{digits}f}"
        return f"{self.subject} {self.quantity} {found} instead of {self.reference:g} {unit}"


def is_switched_off() -> bool:
    """Whether the environment variable ``ELATBOT_FLOWS_SELF_CHECK`` says ``off``."""
    words = ("0", "off", "no", "false")
    return os.environ.get("ELATBOT_FLOWS_SELF_CHECK", "").strip().lower() in words


def check_potential(potential: Potential) -> bool | None:
    """Whether a potential is right about known crystals; remembered by its weights.

    Returns
    -------
    bool or None
        True if it passed; None if it knows fewer than two of the crystals, or runs another program,
        whose settings nobody can know here.

    Raises
    ------
    PotentialError
        If it is wrong, with the numbers and what to do.
    """
    key = _key(potential)
    if potential.weights_sha256 and is_remembered(key):
        return True
    if _runs_a_program(potential.calculator):
        return None
    comparisons = compare(potential)
    if len({c.subject for c in comparisons if c.quantity == "volume"}) < 2:
        return None
    wrong = [comparison for comparison in comparisons if not comparison.passed]
    if wrong:
        raise PotentialError(_refusal(potential, wrong, len(comparisons)))
    if potential.weights_sha256:
        remember(key, {f"{c.subject} {c.quantity}": round(c.value, 3) for c in comparisons})
    return True


def compare(potential: Potential) -> list[Comparison]:
    """All comparisons of a potential with measurements that its elements allow.

    Crystals that it raises errors for are left out: it is not silent about them. The evaluations
    are not counted.
    """
    before = potential.evaluations
    comparisons, energies = [], {}
    try:
        for crystal in CRYSTALS:
            if found := _equilibrium(crystal, potential):
                volume, bulk_modulus, energies[crystal.name] = found
                comparisons += _compare_crystal(crystal, volume, bulk_modulus)
    finally:
        potential.evaluations = before
    for reaction in REACTIONS:
        if energies.keys() >= reaction.coefficients.keys():
            energy = sum(n * energies[name] for name, n in reaction.coefficients.items())
            passed = bool(abs(energy - reaction.energy) < REACTION_TOLERANCE)
            subject = reaction.equation
            comparisons.append(Comparison(subject, "energy", energy, reaction.energy, passed))
    return comparisons


def _equilibrium(
    crystal: ReferenceCrystal, potential: Potential
) -> tuple[float, float, float] | None:
    """Volume (A^3), bulk modulus (GPa) and energy (eV) per formula unit at zero pressure.

    From the pressures at two volumes by Murnaghan's equation (Proc. Natl. Acad. Sci. 30, 244
    (1944)) with the usual pressure derivative of 4.
    """
    atoms = crystal.atoms()
    if not set(atoms.symbols) <= set(potential.elements):
        return None
    try:
        (v1, p1, e1), (v2, p2, e2) = (_point(crystal, potential, s) for s in (-STRAIN, STRAIN))
    except PotentialError:
        return np.nan, np.nan, np.nan
    except Exception:  # noqa: BLE001 - each package has its own way to say that it cannot
        return None
    volume, pressure, energy = np.array([v1 + v2, p1 + p2, e1 + e2]) / 2
    with np.errstate(all="ignore"):  # a stiffness of zero or less fails the comparison anyway
        stiffness = -volume * (p2 - p1) / (v2 - v1)
        bulk_modulus = stiffness - _PRESSURE_DERIVATIVE * pressure
        grown = 1 + _PRESSURE_DERIVATIVE * pressure / bulk_modulus
        equilibrium = volume * grown ** (1 / _PRESSURE_DERIVATIVE)
        strained = stiffness * ((v2 - v1) / (2 * volume)) ** 2 + pressure**2 / stiffness
    energy -= 0.5 * volume * strained / GPA_PER_EV_A3
    units = len(atoms) // _atoms_per_formula(crystal)
    return float(equilibrium / units), float(bulk_modulus), float(energy / units)


def _point(
    crystal: ReferenceCrystal, potential: Potential, strain: float
) -> tuple[float, float, float]:
    """Volume (A^3), pressure (GPa) and energy (eV) of the strained cell."""
    atoms = crystal.atoms()
    atoms.set_cell(atoms.cell * (1 + strain), scale_atoms=True)
    atoms.calc = potential.calculator
    atoms.get_stress()
    energy, stress = last_results(potential)
    return float(atoms.cell.volume), -float(np.trace(stress)) / 3, energy


def _atoms_per_formula(crystal: ReferenceCrystal) -> int:
    from ase.formula import Formula

    return len(Formula(crystal.name))


def _compare_crystal(
    crystal: ReferenceCrystal, volume: float, bulk_modulus: float
) -> list[Comparison]:
    """Comparisons of volume and bulk modulus; NaN never passes."""
    atoms = crystal.atoms()
    measured = float(atoms.cell.volume) * _atoms_per_formula(crystal) / len(atoms)
    stiff = crystal.bulk_modulus
    near = bool(abs(volume / measured - 1) < VOLUME_TOLERANCE)
    right = bool(stiff / BULK_MODULUS_FACTOR < bulk_modulus < stiff * BULK_MODULUS_FACTOR)
    return [
        Comparison(crystal.name, "volume", float(volume), round(measured, 2), near),
        Comparison(crystal.name, "bulk modulus", float(bulk_modulus), stiff, right),
    ]


def _runs_a_program(calculator: object) -> bool:
    from ase.calculators.calculator import FileIOCalculator
    from ase.calculators.genericfileio import GenericFileIOCalculator

    return isinstance(calculator, FileIOCalculator | GenericFileIOCalculator)


def _key(potential: Potential) -> dict[str, Any]:
    """All that decides the outcome; another release of the package is another outcome."""
    record = potential.record()
    names = ("family", "package", "package_version", "weights_sha256", "dtype")
    kind = potential.device.partition(":")[0]
    return {"check": _VERSION, "device": kind} | {name: record[name] for name in names}


def _refusal(potential: Potential, wrong: list[Comparison], total: int) -> str:
    shown = "; ".join(str(comparison) for comparison in wrong[:4])
    more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
    cause = (
        f"Its weights were likely made for another version of {potential.package} than "
        f"{potential.package_version}: give a checkpoint made for this one, or another potential"
        if potential.weights_sha256
        else "Give another potential"
    )
    return (
        f"potential {potential.name} is wrong about known crystals ({len(wrong)} of {total} "
        f"numbers fail): {shown}{more}. {cause}. One meant for other "
        "materials is loaded with check=False or ELATBOT_FLOWS_SELF_CHECK=off"
    )
