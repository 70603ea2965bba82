"""What speaks against a generated crystal before anything is computed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from elatbot_flows.errors import ElatbotError, StructureError
from elatbot_flows.text.crystals.written import CLOSEST, find_space_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymatgen.core import Composition, Structure

    from elatbot_flows.evaluation.crystals.generated import GeneratedCrystal

__all__ = ["CHECKS", "all_metals", "balanced", "checked"]

CHECKS = ("apart", "roomy", "formula", "space_group")
"""What a valid crystal passes, each where it applies: atoms half an angstrom apart and a volume, no
atom overlapping or alone by radii, formula and space group as stated."""
_SMALLEST_VOLUME = 0.1
_ROUNDING = 0.01
"""Of amounts of partly occupied sites, as they are written."""


def checked(crystal: GeneratedCrystal) -> dict[str, bool]:
    """Which of `CHECKS` a crystal passes; those that do not apply are absent.

    Parameters
    ----------
    crystal
        One that was parsed. One that cannot exist has no atoms to look at: it fails where its
        reason says so.

    Returns
    -------
    dict
        ``apart``: no two atoms, nor images of one, within 0.5 A, and a volume of 0.1 A^3 (CDVAE,
        Xie et al., ICLR 2022, which does not look at images of the same atom). ``roomy`` (ordered
        crystals): the nearest neighbour of every atom is at 0.5 to 2 times the sum of radii, as
        judges ask. ``formula``, ``space_group``: those stated, the latter found within 0.1 A.
    """
    structure = crystal.structure
    if structure is None:
        return {_FAILED.get(str(crystal.reason), "apart"): False} if crystal.parsed else {}
    found = {"apart": _apart(structure)}
    if structure.is_ordered and found["apart"]:
        found["roomy"] = _roomy(structure)
    if crystal.formula is not None:
        found["formula"] = _has_formula(structure, crystal.formula)
    if crystal.space_group is not None:
        found["space_group"] = find_space_group(structure) == crystal.space_group
    return found


_FAILED = {
    "contradicts_formula": "formula",
    "contradicts_symmetry": "space_group",
    "unknown_space_group": "space_group",
}
"""The check that a text without a possible crystal fails, by its reason; ``apart`` for others."""


def _apart(structure: Structure) -> bool:
    if structure.volume < _SMALLEST_VOLUME or not len(structure):
        return False
    return not len(structure.get_neighbor_list(CLOSEST, exclude_self=True)[0])


def _roomy(structure: Structure) -> bool:
    from elatbot_flows.potentials.crystal_checks import check_distances
    from elatbot_flows.potentials.settings import ValidationSettings

    try:
        check_distances(structure, ValidationSettings())
    except StructureError:
        return False
    return True


def _has_formula(structure: Structure, stated: str) -> bool:
    from pymatgen.core import Composition

    try:
        wanted = Composition(stated)
    except ValueError:
        return False
    if structure.is_ordered:
        return bool(structure.composition.reduced_formula == wanted.reduced_formula)
    shares = structure.composition.fractional_composition
    return bool(shares.almost_equals(wanted.fractional_composition, rtol=_ROUNDING))


def all_metals(composition: Composition) -> bool:
    """Whether every element is a metal, as pymatgen has it."""
    return all(element.is_metal for element in composition.elements)


def balanced(composition: Composition) -> bool:
    """Whether common oxidation states can balance, as smact sees it: CDVAE's composition validity.

    It says nothing of alloys: smact lets elements and compositions of metals alone pass without
    looking at charges, since metals have none to balance.

    Parameters
    ----------
    composition
        Of an ordered crystal.

    Raises
    ------
    ElatbotError
        If smact is not installed.
    """
    return _smact()(composition.reduced_composition)


@cache
def _smact() -> Callable[[Composition], bool]:
    try:
        from smact.screening import smact_validity
    except ImportError as error:
        raise ElatbotError(
            "charge balance needs smact: pip install 'elatbot_flows[evaluation]', or leave "
            "--charges out"
        ) from error
    return lambda composition: bool(smact_validity(composition, oxidation_states_set="smact14"))
