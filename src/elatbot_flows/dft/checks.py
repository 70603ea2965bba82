"""What a density functional code is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.dft.meshes import irreducible_points, rotations_of
from elatbot_flows.dft.perturbing import plan_perturbations
from elatbot_flows.dft.relaxing import frame_of
from elatbot_flows.dft.straining import plan_strains
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.errors import StructureError
from elatbot_flows.potentials.crystal_checks import NOBLE_GASES, check_distances
from elatbot_flows.potentials.measuring import primitive_cell

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.documents import DFTFrame

__all__ = ["affordable_core_hours", "check_for_dft", "elements_for_dft", "expected_core_hours"]

_RELAXATION = 8
"""Calculations that a relaxation takes, about."""
_STEPS = 3
"""Calculations that relaxing the ions of a strained cell takes, about."""
_LONGEST = 60
"""Atoms from which on only the relaxation is estimated: choosing directions takes long."""


def check_for_dft(structure: Structure, method: DFTMethod) -> None:
    """Refuse what a code cannot do, or density functionals of this kind do not describe.

    Parameters
    ----------
    structure
        The crystal.
    method
        Who would compute, and allowed distances.

    Raises
    ------
    StructureError
        With the reason ``"disordered"``, ``"f_electrons"``, ``"unsupported_element"``,
        ``"atoms_overlap"`` or ``"isolated_atoms"``.
    """
    code = method.code
    if not structure.is_ordered:
        raise StructureError("sites are partly occupied; give an ordered crystal", "disordered")
    elements = {site.specie.symbol: site.specie for site in structure}
    if found := sorted(name for name, element in elements.items() if _open_f_shell(element)):
        message = f"{', '.join(found)}: f electrons are beyond {code.settings.functional}"
        raise StructureError(message, "f_electrons")
    if noble := sorted(NOBLE_GASES.intersection(elements)):
        message = (
            f"{', '.join(noble)}: {code.settings.functional} leaves out what binds noble gases"
        )
        raise StructureError(message, "unsupported_element")
    known = code.elements()
    if unknown := sorted(set(elements).difference(elements if known is None else known)):
        message = f"{code.family} has no data set for {', '.join(unknown)}"
        raise StructureError(message, "unsupported_element")
    check_distances(structure, method.thresholds)


def elements_for_dft(code: DFTCode) -> tuple[str, ...]:
    """Symbols of the elements for which `check_for_dft` does not refuse a crystal.

    Raises
    ------
    DFTError
        If the code is not there.
    """
    from pymatgen.core import Element

    known = code.elements()
    every = Element if known is None else map(Element, known)
    left = {each.symbol for each in every if not _open_f_shell(each)}
    return tuple(sorted(left - NOBLE_GASES))


def expected_core_hours(structure: Structure, method: DFTMethod) -> float | None:
    """Core-hours that relaxation and perturbed crystals should take; None if nobody knows.

    Parameters
    ----------
    structure
        The crystal.
    method
        Who would compute, and what.
    """
    symprec = method.thresholds.symprec
    cell, _ = primitive_cell(structure, symprec)
    frame = frame_of(cell, method.code, symprec)
    rotations = rotations_of(cell, crystal_symmetry(cell, symprec))
    kpoints = _RELAXATION * irreducible_points(frame.mesh, rotations)
    if len(cell) < _LONGEST:
        kpoints += _further(cell, frame, method)
    seconds = method.code.core_seconds(cell, kpoints, spin=frame.moments is not None)
    return None if seconds is None else seconds / 3600


def affordable_core_hours(structure: Structure, method: DFTMethod) -> float | None:
    """`expected_core_hours`, unless they are too many.

    Raises
    ------
    StructureError
        With the reason ``"too_expensive"``.
    """
    hours = expected_core_hours(structure, method)
    if hours is not None and method.max_core_hours is not None and hours > method.max_core_hours:
        message = f"about {hours:.2g} core-hours, more than the {method.max_core_hours:g} allowed"
        raise StructureError(message, "too_expensive")
    return hours


def _further(cell: Structure, frame: DFTFrame, method: DFTMethod) -> int:
    if method.finite_strains:
        return _STEPS * sum(plan_strains(cell, frame, method).kpoints)
    return sum(plan_perturbations(cell, frame, method).kpoints)


def _open_f_shell(element: object) -> bool:
    symbol, number = str(getattr(element, "symbol", "")), int(getattr(element, "Z", 0))
    return symbol not in {"La", "Lu", "Ac", "Lr"} and (57 <= number <= 71 or 89 <= number <= 103)
