"""Many guesses at a crystal, relaxed cheaply: the lowest in energy are kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.crystals.drafts import drafted, expected_energy, gain
from elatbot_flows.documents import Polymorph
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import PotentialError, StructureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.crystals.drafts import Draft
    from elatbot_flows.crystals.guess import StructureGuess
    from elatbot_flows.potentials import Potential
    from elatbot_flows.potentials.coordinates import Point
    from elatbot_flows.potentials.quasi_newton import Relaxing, SymmetricRelaxation

__all__ = ["Screening", "relax_guesses"]

_NEAR = 0.02
"""What will end this far above the lowest crystal, eV/atom, is kept as it is after a few steps."""


class Screening(Protocol):
    """How guesses are relaxed; see :class:`~elatbot_flows.jobs.build.BuildMaker`."""

    max_relaxed: int
    keep: int
    energy_window: float
    max_force: float
    max_stress: float
    max_steps: int
    rough_steps: int
    min_distance_ratio: float


def relax_guesses(
    guesses: Sequence[StructureGuess], potential: Potential, settings: Screening
) -> tuple[list[Polymorph], list[tuple[str, str]]]:
    """Relax the guesses that promise to end lowest; those that will not be it only roughly.

    Parameters
    ----------
    guesses
        Crystals as built.
    potential
        The potential.
    settings
        Numbers and thresholds.

    Returns
    -------
    list of Polymorph
        Lowest in energy first, without repeats; the first with an estimate of its bulk modulus.
    list of (str, str)
        Reason and message for each crystal given up.
    """
    from elatbot_flows.potentials.relaxation import hydrostatic_bulk_modulus

    failures: list[tuple[str, str]] = []
    drafts = _most_promising(guesses, potential, settings.max_relaxed, failures)
    relaxed: list[Polymorph] = []
    pressures: dict[int, float] = {}
    for draft, ended in _relaxed_together(drafts, potential, settings):
        with _noting(failures):
            if isinstance(ended, Exception):
                raise ended
            relaxed.append(_polymorph(draft, ended, settings))
            pressures[id(relaxed[-1].structure)] = _pressure(ended)
    best = _near_the_lowest(relaxed, settings)
    while best:
        with _noting(failures):
            crystal = best[0].structure
            modulus = hydrostatic_bulk_modulus(crystal, potential, pressures[id(crystal)])
            return [best[0].model_copy(update={"bulk_modulus": modulus}), *best[1:]], failures
        best = best[1:]
    return [], failures


def _most_promising(
    guesses: Sequence[StructureGuess],
    potential: Potential,
    most: int,
    failures: list[tuple[str, str]],
) -> list[Draft]:
    """Those that relaxation should bring lowest, the most promising first."""

    def failed(error: Exception) -> None:
        with _noting(failures):
            raise error

    drafts = drafted(guesses, potential, failed)
    return sorted(drafts, key=expected_energy)[:most]


def _near_the_lowest(rough: list[Polymorph], settings: Screening) -> list[Polymorph]:
    """Distinct crystals that may still turn out lowest, or stand in for one that fails."""
    kept = _distinct(rough)
    window = [p for p in kept if _energy(p) < _energy(kept[0]) + settings.energy_window]
    return window[: settings.keep]


def _relaxed_together(
    drafts: list[Draft], potential: Potential, settings: Screening
) -> Iterator[tuple[Draft, SymmetricRelaxation | Exception]]:
    """Relax side by side, each until it is clear that it will not end near the lowest."""
    from elatbot_flows.elasticity.symmetry import crystal_symmetry
    from elatbot_flows.potentials.quasi_newton import relax_together, relaxing

    energies = {number: draft.energy_per_atom for number, draft in enumerate(drafts)}

    def course(number: int, draft: Draft) -> Relaxing:
        structure = draft.guess.structure

        def enough(point: Point, steps: int) -> bool:
            energies[number] = point.energy / len(structure)
            above = energies[number] - gain(point) - min(energies.values())
            hopeless = above - gain(point) > settings.energy_window
            return hopeless or (steps >= settings.rough_steps and above > _NEAR)

        return (
            yield from relaxing(
                structure,
                crystal_symmetry(structure),
                max_force=settings.max_force,
                max_stress=settings.max_stress,
                max_steps=settings.max_steps,
                start=draft.point,
                enough=enough,
            )
        )

    courses = [(d.guess.structure, course(number, d)) for number, d in enumerate(drafts)]
    return zip(drafts, relax_together(courses, potential), strict=True)


def _polymorph(draft: Draft, ended: SymmetricRelaxation, settings: Screening) -> Polymorph:
    """A relaxed crystal; raises that atoms overlap."""
    from elatbot_flows.crystals.geometry import minimum_distance_ratio

    if (ratio := minimum_distance_ratio(ended.structure)) < settings.min_distance_ratio:
        raise StructureError(f"atoms at {ratio:.2f} of their radii's sum", reason="overlap")
    return Polymorph(
        structure=ended.structure,
        source=draft.guess.source,
        label=draft.guess.label,
        energy_per_atom=ended.point.energy / len(ended.structure),
    )


def _pressure(ended: SymmetricRelaxation) -> float:
    """Pressure (GPa) of a relaxed crystal, to first order in how its cell changed its shape."""
    point = ended.point
    shrunk = (point.volume / ended.structure.volume) ** (2 / 3)
    return float(-point.gradient[:3].sum() / 3 / point.volume * shrunk * GPA_PER_EV_A3)


@contextmanager
def _noting(failures: list[tuple[str, str]]) -> Iterator[None]:
    """Note what a potential or a crystal cannot do, and go on with the next crystal."""
    try:
        yield
    except PotentialError as error:
        failures.append(("potential_error", str(error)))
    except StructureError as error:
        failures.append((error.reason, str(error)))
    except Exception as error:  # noqa: BLE001 - libraries raise many kinds for hopeless crystals
        failures.append(("calculation_error", f"{type(error).__name__}: {error}"))


def _energy(polymorph: Polymorph) -> float:
    return float(polymorph.energy_per_atom or 0.0)


def _distinct(polymorphs: list[Polymorph], tolerance: float = 2e-3) -> list[Polymorph]:
    """Sort by energy and drop those that relaxed into one already kept."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(scale=False)
    kept: list[Polymorph] = []
    for polymorph in sorted(polymorphs, key=_energy):
        near = [p for p in kept if abs(_energy(p) - _energy(polymorph)) < tolerance]
        if not any(matcher.fit(p.structure, polymorph.structure) for p in near):
            kept.append(polymorph)
    return kept
