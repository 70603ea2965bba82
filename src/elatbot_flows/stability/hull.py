"""Energy above the convex hull of the competing phases."""

from __future__ import annotations

import math
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents.provenance import MethodRecord
from elatbot_flows.documents.stability import CompetingPhase, DecompositionProduct, HullResult
from elatbot_flows.errors import ElatbotError, PotentialError, StructureError
from elatbot_flows.potentials.crystal_checks import NOBLE_GASES
from elatbot_flows.stability.cache import PhaseCache
from elatbot_flows.stability.competing import Means, competing_phases
from elatbot_flows.stability.elements import GASES
from elatbot_flows.stability.mixtures import lowest_by_formula, lowest_mixture
from elatbot_flows.stability.phases import Phase, relaxed_phase
from elatbot_flows.stability.result import CrystalEnergy
from elatbot_flows.stability.settings import HullSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.known import PhaseSource

__all__ = ["energy_above_hull", "unplaced"]

_PACKAGES = ("elatbot_flows", "ase", "numpy", "pymatgen", "spglib", "torch")


def energy_above_hull(
    crystals: Sequence[Structure | CrystalEnergy],
    potential: Potential,
    *,
    phases: Sequence[CrystalEnergy] = (),
    sources: Sequence[PhaseSource] = (),
    settings: HullSettings | None = None,
    cache: PhaseCache | None = None,
) -> list[HullResult]:
    """Distance of crystals to the convex hull, every energy from one potential.

    The crystals asked about do not compete with each other, only with the elements, with
    prototypes (see :class:`HullSettings`), with `phases` and with what `sources` know. Nothing is
    raised for a crystal that is bad in whatever way: that is a result.

    Parameters
    ----------
    crystals
        Crystals, relaxed here within their symmetry (one evaluation if they are relaxed already),
        or energies of crystals relaxed with the same potential before.
    potential
        The potential.
    phases
        Competing crystals whose energies are known already, from the same potential. If some have
        the formula of the crystal asked about, no prototypes of that formula are tried besides.
    sources
        Sources of known crystals, relaxed anew with the potential.
    settings
        Thresholds; the defaults if None.
    cache
        Where relaxed phases are kept; a new one if None.

    Returns
    -------
    list of HullResult
        One for each crystal, in their order.
    """
    settings = settings or HullSettings()
    means = Means(potential, settings, PhaseCache() if cache is None else cache)
    extra = [_as_phase(phase) for phase in phases if math.isfinite(phase.energy_per_atom)]
    return [_placed(crystal, means, extra, sources) for crystal in crystals]


def unplaced(potential: Potential, settings: HullSettings) -> HullResult:
    """A result that says nothing yet but who was asked and how."""
    return HullResult(
        status="unknown",
        evaluations=0,
        settings=asdict(settings),
        potential=MethodRecord(**potential.record()),
        versions={package: version(package) for package in _PACKAGES},
    )


def _as_phase(crystal: CrystalEnergy) -> Phase:
    from pymatgen.core import Composition

    formula = Composition(crystal.formula).reduced_formula
    return Phase(formula, crystal.energy_per_atom, "given", crystal.label, crystal.structure)


def _placed(
    crystal: Structure | CrystalEnergy,
    means: Means,
    extra: Sequence[Phase],
    sources: Sequence[PhaseSource],
) -> HullResult:
    potential = means.potential
    before = potential.evaluations
    so_far = unplaced(potential, means.settings)
    try:
        so_far = _named(crystal, so_far)
        _check_elements(so_far.elements, potential)
        own = _own_phase(crystal, means)
        so_far = _updated(so_far, energy_per_atom=own.energy_per_atom, structure=own.structure)
        phases, missing = competing_phases(
            own.formula, tuple(so_far.elements), means, sources, extra
        )
        so_far = _judged(_updated(so_far, missing=missing), own, phases, means.settings)
    except StructureError as error:
        so_far = so_far.unknown(error.reason, str(error))
    except PotentialError as error:
        so_far = so_far.unknown("potential_error", str(error))
    except ElatbotError:
        raise  # a store that cannot be written is no fault of the crystal
    except Exception as error:  # noqa: BLE001 - potentials raise what they like on odd crystals
        so_far = so_far.unknown("calculation_error", f"{type(error).__name__}: {error}")
    return _updated(so_far, evaluations=potential.evaluations - before)


def _updated(result: HullResult, **fields: Any) -> HullResult:
    return result.model_copy(update=fields)


def _named(crystal: Structure | CrystalEnergy, result: HullResult) -> HullResult:
    from pymatgen.core import Composition

    made_of = crystal.formula if isinstance(crystal, CrystalEnergy) else crystal.composition
    composition = Composition(made_of)
    elements = sorted(element.symbol for element in composition.elements)
    return _updated(
        result,
        formula=composition.reduced_formula,
        elements=elements,
        chemsys="-".join(elements),
    )


def _check_elements(elements: Sequence[str], potential: Potential) -> None:
    if unknown := sorted(set(elements) - set(potential.elements)):
        message = f"potential {potential.name} does not know {', '.join(unknown)}"
        raise StructureError(message, "unsupported_element")
    if noble := sorted(set(elements) & NOBLE_GASES):
        message = f"{', '.join(noble)}: the potential leaves out the forces that bind noble gases"
        raise StructureError(message, "unsupported_element")


def _own_phase(crystal: Structure | CrystalEnergy, means: Means) -> Phase:
    """The crystal asked about, relaxed here if it was not before."""
    if not isinstance(crystal, CrystalEnergy):
        return relaxed_phase(crystal, means.potential, means.settings, "candidate", "candidate")
    if not math.isfinite(crystal.energy_per_atom):
        raise StructureError("the energy given is not a finite number", "not_finite")
    return _as_phase(crystal)


def _judged(
    so_far: HullResult, own: Phase, phases: list[Phase], settings: HullSettings
) -> HullResult:
    """Distance and status from the hull of `phases` without the crystal itself."""
    from pymatgen.core import Composition

    composition = Composition(own.formula)
    present = {p.formula for p in phases if p.is_element}
    wanted = {Composition(symbol).reduced_formula for symbol in so_far.elements}
    if absent := sorted(wanted - present):
        message = (
            f"no crystal of {', '.join(absent)} could be relaxed: the hull has no corner there"
        )
        raise StructureError(message, "missing_element")
    same = [phase for phase in phases if _is_same(phase, own, settings)]
    others = [phase for phase in phases if not _is_polymorph_not_below(phase, own, settings)]
    others = [phase for phase in others if phase not in same]
    energy, products = lowest_mixture(composition, others)
    distance = own.energy_per_atom - energy
    so_far = _updated(
        so_far,
        energy_above_hull=distance,
        decomposition=[
            DecompositionProduct(**_fields(phase), fraction=fraction)
            for phase, fraction in products
        ],
        competing=[CompetingPhase(**_fields(phase)) for phase in lowest_by_formula(others)],
        left_out=[f"{p.source}: {p.label}" for p in same],
        formation_energy_per_atom=_formation_energy(so_far, own, phases),
        status=_status(distance, settings),
    )
    return _without_gases(so_far)


def _is_same(phase: Phase, own: Phase, settings: HullSettings) -> bool:
    """Whether a phase is the very crystal asked about; an element is its own corner of the hull."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    if own.structure is None or phase.structure is None:
        return False
    if own.is_element or phase.formula != own.formula:
        return False
    if abs(phase.energy_per_atom - own.energy_per_atom) > settings.same_energy:
        return False
    return bool(StructureMatcher().fit(phase.structure, own.structure))


def _is_polymorph_not_below(phase: Phase, own: Phase, settings: HullSettings) -> bool:
    """Whether a phase is another crystal of a compound, higher in energy or as low.

    It would make the depth of the ground state below the hull a matter of which of its polymorphs
    somebody tried.
    """
    not_lower = phase.energy_per_atom > own.energy_per_atom - settings.noise
    return not own.is_element and phase.formula == own.formula and not_lower


def _formation_energy(so_far: HullResult, own: Phase, phases: list[Phase]) -> float | None:
    """With respect to the lowest crystals of the elements, eV/atom."""
    from pymatgen.core import Composition

    if set(so_far.elements) & set(GASES):
        return None
    corners = [phase for phase in phases if phase.is_element]
    return own.energy_per_atom - lowest_mixture(Composition(own.formula), corners)[0]


def _status(distance: float, settings: HullSettings) -> str:
    if distance <= settings.stable + settings.noise:
        return "stable"
    return "metastable" if distance <= settings.metastable + settings.noise else "unstable"


def _without_gases(so_far: HullResult) -> HullResult:
    """No answer where it would hang on the energy of a gas."""
    formulas = {product.formula for product in so_far.decomposition}
    if gases := sorted(f"{symbol}2" for symbol in GASES if formulas & {symbol, f"{symbol}2"}):
        message = f"it would decompose into gaseous {', '.join(gases)}, whose energy is not known"
        return _updated(so_far, energy_above_hull=None).unknown("gas_terminal", message)
    return so_far


def _fields(phase: Phase) -> dict[str, Any]:
    names = ("formula", "source", "label", "energy_per_atom")
    return {name: getattr(phase, name) for name in names}
