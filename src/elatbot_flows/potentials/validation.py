"""From a crystal to a relaxed one with an elastic tensor, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache, partial
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import ElasticResult, MethodRecord
from elatbot_flows.elasticity.symmetry import crystal_symmetry, spacegroup_analyzer
from elatbot_flows.errors import PotentialError, StructureError
from elatbot_flows.potentials.crystal_checks import check_crystal, check_distances
from elatbot_flows.potentials.descent import descent_starts
from elatbot_flows.potentials.gates import gated
from elatbot_flows.potentials.measuring import measure, relax_crystal
from elatbot_flows.potentials.settings import ValidationSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation

    Examined = tuple[ElasticResult, dict[str, NDArray[np.float64]]]

__all__ = ["ValidationSettings", "blank_result", "relaxed_fields", "validate_crystal"]

_PACKAGES = ("elatbot_flows", "ase", "numpy", "pymatgen", "spglib", "torch")
_FOLLOWED = "the crystal as built is a saddle of the energy; this one lies {:.1f} meV/atom lower"
_STARTS = 2
"""Ways down that are tried from one saddle."""
_LOWER = 1e-4
"""A crystal that is less than this lower is the same one, eV/atom."""


def validate_crystal(
    structure: Structure,
    potential: Potential,
    settings: ValidationSettings | None = None,
    source: str | None = None,
) -> ElasticResult:
    """Relax a crystal, compute its elastic tensor, and let it through the gates.

    A crystal that is a saddle of the energy is followed downhill, and the result is about the
    lower crystal. Nothing is raised for a crystal that is bad in whatever way: that is a result.

    Parameters
    ----------
    structure
        The crystal as it was built.
    potential
        The potential.
    settings
        Method, thresholds and gates; the defaults if None.
    source
        What to call it.
    """
    settings = settings or ValidationSettings()
    before = potential.evaluations
    record = MethodRecord(**potential.record())
    blank = blank_result(structure, record, settings, source)
    examine = partial(_examined, structure, blank, potential, settings)
    result, descents = examine(structure)
    highest = result.energy_per_atom
    for followed in range(1, settings.follow + 1):
        lower = _followed(result, descents, potential, settings, examine)
        if lower is None or highest is None:
            break
        result, descents = lower
        gained = highest - float(result.energy_per_atom or highest)
        result = result.updated(
            modes_followed=followed,
            energy_gained=gained,
            near_gates=[_FOLLOWED.format(1000 * gained), *result.near_gates],
        )
    return result.updated(evaluations=potential.evaluations - before)


def _examined(
    original: Structure,
    blank: ElasticResult,
    potential: Potential,
    settings: ValidationSettings,
    crystal: Structure,
) -> Examined:
    """What became of a crystal, and what its energy may fall along."""
    result, descents = blank, {}
    try:
        check_crystal(crystal, potential, settings)
        ended = relax_crystal(crystal, potential, settings)
        result = result.updated(**relaxed_fields(original, ended, settings))
        if ended.converged:
            check_distances(ended.structure, settings)
            found = measure(ended.structure, potential, settings)
            result, descents = gated(result, found, settings), found.descents
        else:
            message = f"forces or stress above the thresholds after {settings.max_steps} steps"
            result = result.failed("relaxation_not_converged", message)
    except StructureError as error:
        result = result.failed(error.reason, str(error))
    except PotentialError as error:
        result = result.failed("potential_error", str(error))
    except Exception as error:  # noqa: BLE001 - potentials raise what they like on odd crystals
        result = result.failed("calculation_error", f"{type(error).__name__}: {error}")
    return result, descents


def _followed(
    saddle: ElasticResult,
    descents: dict[str, NDArray[np.float64]],
    potential: Potential,
    settings: ValidationSettings,
    examine: Callable[[Structure], Examined],
) -> Examined | None:
    """What became of the crystal below a saddle; None if it is none or nothing lies below."""
    structure, energy = saddle.structure, saddle.energy_per_atom
    space = descents.get(str(saddle.reason))
    if space is None or structure is None or energy is None or not space.size:
        return None
    symmetry = crystal_symmetry(structure, settings.symprec)
    starts = descent_starts(structure, space, symmetry, potential, energy * len(structure))
    for start in islice(starts, _STARTS):
        result, further = examine(start)
        lower = result.energy_per_atom
        if result.relaxed and lower is not None and lower < energy - _LOWER:
            return result, further
    return None


def blank_result(
    structure: Structure, judge: MethodRecord, settings: ValidationSettings, source: str | None
) -> ElasticResult:
    """What is known of a crystal before anything is computed.

    Parameters
    ----------
    structure
        The crystal as it was built.
    judge
        Who will say something of it.
    settings
        Method, thresholds and gates.
    source
        What to call it.
    """
    elements = sorted(element.symbol for element in structure.composition.elements)
    return ElasticResult(
        source=source,
        formula=structure.composition.reduced_formula,
        chemsys="-".join(elements),
        elements=elements,
        status="failed",
        structure=structure,
        nsites=len(structure),
        method=settings.method,
        settings=asdict(settings),
        judge=judge,
        versions=dict(_versions()),
    )


@cache  # reading them takes longer than some relaxations
def _versions() -> dict[str, str]:
    return {package: version(package) for package in _PACKAGES}


def relaxed_fields(
    before: Structure, ended: SymmetricRelaxation, settings: ValidationSettings
) -> dict[str, Any]:
    """Fields of a result about the relaxed crystal, and how far it is from the one that was built.

    Parameters
    ----------
    before
        The crystal as it was built.
    ended
        Its relaxation.
    settings
        Tolerance of the symmetry.
    """
    after = ended.structure
    per_atom = after.volume / len(after)
    number, system = _symmetry(after, settings.symprec)
    force, stress = ended.residuals()
    return {
        "structure": after,
        "nsites": len(after),
        "relaxed": ended.converged,
        "residual_force": force,
        "residual_stress": stress,
        "energy_per_atom": ended.point.energy / len(after),
        "volume_per_atom": per_atom,
        "volume_change": per_atom / (before.volume / len(before)) - 1,
        "initial_spacegroup_number": _symmetry(before, settings.symprec)[0],
        "spacegroup_number": number,
        "crystal_system": system,
        "displacement": _displacement(before, after),
    }


def _symmetry(structure: Structure, symprec: float) -> tuple[int, str]:
    analyzer = spacegroup_analyzer(structure, symprec)
    return analyzer.get_space_group_number(), analyzer.get_crystal_system().capitalize()


def _displacement(before: Structure, after: Structure) -> float | None:
    """Root mean square displacement, A, with volumes made equal."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(ltol=0.4, stol=0.6, angle_tol=15, primitive_cell=True, scale=True)
    found = matcher.get_rms_dist(before, after)
    return None if found is None else float(found[0] * (after.volume / len(after)) ** (1 / 3))
