"""Competing phases: crystals relaxed with one potential, and what became of those that were not."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elatbot_flows.crystals.drafts import gain, reason_of
from elatbot_flows.crystals.geometry import minimum_distance_ratio
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.errors import StructureError
from elatbot_flows.potentials.evaluation import energy_forces_stress
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.coordinates import Point
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["Phase", "Survey", "relaxed_phase", "survey"]


_FIRST_STEPS = 2
"""Steps after which it shows whether a relaxation is worth going on with."""


@dataclass(frozen=True)
class Phase:
    """A relaxed crystal that others may decompose into.

    Parameters
    ----------
    formula
        Reduced formula.
    energy_per_atom
        Energy of the potential, eV/atom.
    source
        ``"elements"``, ``"prototypes"``, or the name of a source of known crystals.
    label
        Prototype, file or identifier.
    structure
        Relaxed primitive cell; None if only the energy is known.
    """

    formula: str
    energy_per_atom: float
    source: str
    label: str
    structure: Structure | None = field(default=None, repr=False, compare=False)

    @property
    def is_element(self) -> bool:
        """Whether it consists of one element."""
        from pymatgen.core import Composition

        return bool(Composition(self.formula).is_element)


@dataclass(frozen=True)
class Survey:
    """What a search for phases gave.

    Parameters
    ----------
    phases
        Those that could be relaxed, lowest in energy first.
    tried
        Crystals looked at.
    failures
        Number of crystals given up, by reason.
    drafts
        Energy as built and what relaxation typically gains, eV/atom, of crystals by label.
    """

    phases: tuple[Phase, ...] = ()
    tried: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, tuple[float, float]] = field(default_factory=dict)


def relaxed_phase(
    structure: Structure,
    potential: Potential,
    settings: HullSettings,
    source: str,
    label: str,
    *,
    highest: float = math.inf,
    start: Point | None = None,
) -> Phase:
    """Relax cell and ions of a crystal within its symmetry.

    Parameters
    ----------
    structure
        Ordered crystal.
    potential
        The potential.
    settings
        Thresholds.
    source, label
        Where it comes from.
    highest
        Energy, eV/atom, above which the phase is of no use: given up after a few steps.
    start
        Energy and gradient of the crystal as given, if they are known.

    Raises
    ------
    StructureError
        ``disordered``, ``relaxation_not_converged``, ``atoms_overlap`` or ``too_high``.
    PotentialError
        If the potential does not know an element or gives numbers that are not finite.
    """
    if not structure.is_ordered:
        raise StructureError("sites are partly occupied; give an ordered crystal", "disordered")
    potential.require(site.specie.symbol for site in structure)
    _check_distances(structure, settings)
    primitive = structure.get_primitive_structure(tolerance=settings.symprec)
    if len(primitive) < len(structure):
        structure, start = primitive, None
    size = len(structure)

    def hopeless(point: Point, steps: int) -> bool:
        return steps >= _FIRST_STEPS and point.energy / size - gain(point) > highest

    ended = relax_in_symmetry(
        structure,
        potential,
        crystal_symmetry(structure, settings.symprec),
        max_force=settings.max_force,
        max_stress=settings.max_stress,
        max_steps=settings.max_steps,
        start=start,
        enough=hopeless,
    )
    if not ended.converged and hopeless(ended.point, settings.max_steps):
        raise StructureError("it would end too high to matter", "too_high")
    if not ended.converged:
        message = f"forces or stress above the thresholds after {settings.max_steps} steps"
        raise StructureError(f"{message}; raise max_steps", "relaxation_not_converged")
    _check_distances(ended.structure, settings)
    return Phase(
        formula=structure.composition.reduced_formula,
        energy_per_atom=ended.point.energy / len(structure),
        source=source,
        label=label,
        structure=ended.structure,
    )


def _check_distances(structure: Structure, settings: HullSettings) -> None:
    if (ratio := minimum_distance_ratio(structure)) < settings.min_distance_ratio:
        raise StructureError(f"two atoms are at {ratio:.2f} of the sum of radii", "atoms_overlap")


def survey(
    crystals: Sequence[tuple[str, Structure]],
    potential: Potential,
    settings: HullSettings,
    *,
    source: str,
    most: int,
) -> Survey:
    """Evaluate labelled crystals as they are and relax those lowest in energy.

    Parameters
    ----------
    crystals
        Labels and crystals.
    potential
        The potential.
    settings
        Thresholds.
    source
        Where they come from.
    most
        Number of crystals to relax.
    """
    failures: Counter[str] = Counter()
    phases: list[Phase] = []
    for label, structure in _lowest(crystals, potential, most, failures):
        try:
            phases.append(relaxed_phase(structure, potential, settings, source, label))
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            failures[reason_of(error)] += 1
    phases.sort(key=lambda phase: phase.energy_per_atom)
    return Survey(tuple(phases), len(crystals), dict(failures))


def _lowest(
    crystals: Sequence[tuple[str, Structure]],
    potential: Potential,
    most: int,
    failures: Counter[str],
) -> list[tuple[str, Structure]]:
    """The `most` crystals lowest in energy as they are; all, unasked, if there are no more."""
    if len(crystals) <= most:
        return list(crystals)
    energies = []
    for number, (_, structure) in enumerate(crystals):
        try:
            energy, _, _ = energy_forces_stress(structure, potential)
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            failures[reason_of(error)] += 1
        else:
            energies.append((energy / len(structure), number))
    return [crystals[number] for _, number in sorted(energies)[:most]]
