"""Energy above the convex hull of the competing phases."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError, PotentialError, StructureError
from elatbot_flows.potentials.crystal_checks import NOBLE_GASES
from elatbot_flows.stability.cache import PhaseCache
from elatbot_flows.stability.competing import competing_phases
from elatbot_flows.stability.elements import GASES
from elatbot_flows.stability.phases import relaxed_phase
from elatbot_flows.stability.result import CrystalEnergy, HullDistance, Product
from elatbot_flows.stability.settings import HullSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.known import PhaseSource
    from elatbot_flows.stability.phases import Phase
    from elatbot_flows.stability.result import Status

__all__ = ["energy_above_hull"]


def energy_above_hull(
    crystals: Sequence[Structure | CrystalEnergy],
    potential: Potential,
    *,
    sources: Sequence[PhaseSource] = (),
    settings: HullSettings | None = None,
    cache: PhaseCache | None = None,
) -> list[HullDistance]:
    """Distance of crystals to the convex hull, every energy from one potential.

    The crystals asked about do not compete with each other, only with the elements, with
    prototypes (see :class:`HullSettings`) and with what `sources` know. Nothing is raised for a
    crystal that is bad in whatever way: that is a result.

    Parameters
    ----------
    crystals
        Crystals, relaxed here within their symmetry (one evaluation if they are relaxed already),
        or energies of crystals relaxed with the same potential before.
    potential
        The potential.
    sources
        Sources of known crystals, relaxed anew with the potential.
    settings
        Thresholds; the defaults if None.
    cache
        Where relaxed phases are kept; a new one if None.

    Returns
    -------
    list of HullDistance
        One for each crystal, in their order.
    """
    settings = settings or HullSettings()
    cache = PhaseCache() if cache is None else cache
    return [_distance(crystal, potential, sources, settings, cache) for crystal in crystals]


def _distance(
    crystal: Structure | CrystalEnergy,
    potential: Potential,
    sources: Sequence[PhaseSource],
    settings: HullSettings,
    cache: PhaseCache,
) -> HullDistance:
    before = potential.evaluations
    so_far = HullDistance("unknown")
    try:
        so_far = _named(crystal)
        _check_elements(so_far.elements, potential)
        energy, structure = _energy(crystal, potential, settings)
        so_far = replace(so_far, energy_per_atom=energy, structure=structure)
        phases, missing = competing_phases(
            str(so_far.formula), so_far.elements, potential, settings, sources, cache
        )
        so_far = replace(so_far, missing=tuple(missing))
        so_far = _judged(so_far, energy, phases, settings)
    except StructureError as error:
        so_far = so_far.unknown(error.reason, str(error))
    except PotentialError as error:
        so_far = so_far.unknown("potential_error", str(error))
    except ElatbotError:
        raise  # a store that cannot be written is no fault of the crystal
    except Exception as error:  # noqa: BLE001 - potentials raise what they like on odd crystals
        so_far = so_far.unknown("calculation_error", f"{type(error).__name__}: {error}")
    return replace(so_far, evaluations=potential.evaluations - before)


def _named(crystal: Structure | CrystalEnergy) -> HullDistance:
    from pymatgen.core import Composition

    if isinstance(crystal, CrystalEnergy):
        composition = Composition(crystal.formula)
    else:
        composition = crystal.composition
    elements = tuple(sorted(element.symbol for element in composition.elements))
    return HullDistance("unknown", composition.reduced_formula, elements)


def _check_elements(elements: Sequence[str], potential: Potential) -> None:
    if unknown := sorted(set(elements) - set(potential.elements)):
        message = f"potential {potential.name} does not know {', '.join(unknown)}"
        raise StructureError(message, "unsupported_element")
    if noble := sorted(set(elements) & NOBLE_GASES):
        message = f"{', '.join(noble)}: the potential leaves out the forces that bind noble gases"
        raise StructureError(message, "unsupported_element")


def _energy(
    crystal: Structure | CrystalEnergy, potential: Potential, settings: HullSettings
) -> tuple[float, Structure | None]:
    """Energy (eV/atom) and crystal, relaxed here if it was not before."""
    if isinstance(crystal, CrystalEnergy):
        if not math.isfinite(crystal.energy_per_atom):
            raise StructureError("the energy given is not a finite number", "not_finite")
        return crystal.energy_per_atom, crystal.structure
    phase = relaxed_phase(crystal, potential, settings, "candidate", "candidate")
    return phase.energy_per_atom, phase.structure


def _judged(
    so_far: HullDistance, energy: float, phases: list[Phase], settings: HullSettings
) -> HullDistance:
    """Distance and status from the hull of `phases` without the crystal itself."""
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
    from pymatgen.core import Composition

    made = [Composition(phase.formula) for phase in phases]
    present = {c.elements[0].symbol for c in made if c.is_element}
    if absent := sorted(set(so_far.elements) - present):
        message = (
            f"no crystal of {', '.join(absent)} could be relaxed: the hull has no corner there"
        )
        raise StructureError(message, "missing_element")
    recognised = [_is_same(phase, so_far, energy, settings) for phase in phases]
    others = [p for p, same in zip(phases, recognised, strict=True) if not same]
    by_entry: dict[Any, Phase] = {}
    for phase in others:
        made_of = Composition(phase.formula)
        by_entry[PDEntry(made_of, phase.energy_per_atom * made_of.num_atoms)] = phase
    diagram = PhaseDiagram(list(by_entry))
    own = Composition(so_far.formula)
    parts, hull = diagram.get_decomp_and_hull_energy_per_atom(own)
    distance = energy - float(hull)
    products = [Product(by_entry[e], float(fraction)) for e, fraction in parts.items()]
    so_far = replace(
        so_far,
        energy_above_hull=distance,
        decomposition=tuple(sorted(products, key=lambda p: -p.fraction)),
        competing=tuple(others),
        left_out=tuple(
            f"{p.source}: {p.label}" for p, same in zip(phases, recognised, strict=True) if same
        ),
        formation_energy_per_atom=_formation_energy(so_far, energy, diagram),
        status=_status(distance, settings),
    )
    return _without_gases(so_far)


def _is_same(phase: Phase, so_far: HullDistance, energy: float, settings: HullSettings) -> bool:
    """Whether a phase is the very crystal asked about; an element is its own corner of the hull."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    if so_far.structure is None or len(so_far.elements) == 1 or phase.formula != so_far.formula:
        return False
    if abs(phase.energy_per_atom - energy) > settings.same_energy:
        return False
    return bool(StructureMatcher().fit(phase.structure, so_far.structure))


def _formation_energy(so_far: HullDistance, energy: float, diagram: Any) -> float | None:
    """With respect to the lowest crystals of the elements, eV/atom."""
    from pymatgen.core import Composition

    if set(so_far.elements) & set(GASES):
        return None
    references = {e.symbol: entry.energy_per_atom for e, entry in diagram.el_refs.items()}
    own = Composition(so_far.formula).fractional_composition
    mixed = sum(fraction * references[e.symbol] for e, fraction in own.items())
    return energy - float(mixed)


def _status(distance: float, settings: HullSettings) -> Status:
    if distance <= settings.stable + settings.noise:
        return "stable"
    return "metastable" if distance <= settings.metastable + settings.noise else "unstable"


def _without_gases(so_far: HullDistance) -> HullDistance:
    """No answer where it would hang on the energy of a gas."""
    formulas = {product.phase.formula for product in so_far.decomposition}
    if gases := sorted(f"{symbol}2" for symbol in GASES if formulas & {symbol, f"{symbol}2"}):
        message = f"it would decompose into gaseous {', '.join(gases)}, whose energy is not known"
        return replace(so_far, energy_above_hull=None).unknown("gas_terminal", message)
    return so_far
