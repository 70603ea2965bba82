"""Crystals made by substituting elements in materials of the Materials Project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, Protocol

from elatbot_flows.crystals.geometry import scaled_to_predicted_volume
from elatbot_flows.crystals.guess import StructureGuess, describe_symmetry, without_duplicates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymatgen.core.composition import Composition
    from pymatgen.core.structure import Structure

    from elatbot_flows.crystals.question import Question

__all__ = ["KnownMaterial", "Search", "find_api_key", "search_summary", "substituted"]


@dataclass(frozen=True)
class KnownMaterial:
    """A material somebody computed.

    Parameters
    ----------
    identifier
        Such as ``"mp-149"``.
    structure
        Its crystal.
    energy_above_hull
        In eV per atom.
    """

    identifier: str
    structure: Structure
    energy_above_hull: float


class Search(Protocol):
    """A way to look up known materials of one stoichiometry."""

    def __call__(
        self, anonymous_formula: str, crystal_system: str, max_sites: int
    ) -> Sequence[KnownMaterial]:
        """Known materials, for example, of ``"AB3"`` in ``"Cubic"`` with up to 16 sites."""


def find_api_key(given: str | None = None) -> str | None:
    """Find the key for the Materials Project: `given`, else ``MP_API_KEY``, else ``PMG_MAPI_KEY``.

    The latter also from pymatgen's settings file. None if there is none.
    """
    from pymatgen.core import SETTINGS

    return (
        given
        or os.environ.get("MP_API_KEY")
        or os.environ.get("PMG_MAPI_KEY")
        or SETTINGS.get("PMG_MAPI_KEY")
    )


def search_summary(api_key: str, *, limit: int = 200) -> Search:
    """Make a search of the summary documents of the Materials Project, most stable first.

    Needs a network. Jain et al., APL Materials 1, 011002 (2013).

    Parameters
    ----------
    api_key
        The key that a free account gives.
    limit
        Largest number of materials fetched per search.
    """

    def search(anonymous_formula: str, crystal_system: str, max_sites: int) -> list[KnownMaterial]:
        from mp_api.client import MPRester

        with MPRester(api_key, mute_progress_bars=True) as rester:
            documents = rester.materials.summary.search(
                formula=anonymous_formula,
                crystal_system=crystal_system,
                num_sites=(1, max_sites),
                deprecated=False,
                fields=["material_id", "structure", "energy_above_hull"],
                all_fields=False,
                num_chunks=1,
                chunk_size=limit,
                _sort_fields="energy_above_hull",
            )
        return [
            KnownMaterial(str(d.material_id), d.structure, float(d.energy_above_hull))
            for d in documents
        ]

    return search


def substituted(question: Question, *, search: Search, count: int = 8) -> list[StructureGuess]:
    """Crystals of the formula on the lattices of known materials of the same stoichiometry.

    A material of this very formula comes first, then the others by energy above the hull.

    Parameters
    ----------
    question
        What is wanted.
    search
        Where to look known materials up; see `search_summary`.
    count
        Largest number of different crystals returned.
    """
    found = search(question.formula_type, question.crystal_system, question.max_sites)
    wanted = question.composition
    known = sorted(found, key=lambda m: (not _is_of(m, wanted), m.energy_above_hull))
    kept: list[StructureGuess] = []
    for material in known:
        new = _substitutions(material, wanted, question.max_sites)
        kept += without_duplicates(new, besides=kept)
        if len(kept) >= count:
            break
    return kept[:count]


def _is_of(material: KnownMaterial, composition: Composition) -> bool:
    return bool(material.structure.composition.reduced_composition.almost_equals(composition))


def _substitutions(
    material: KnownMaterial, composition: Composition, max_sites: int
) -> Iterator[StructureGuess]:
    """Every assignment of the wanted elements to those of `material` that keeps the amounts."""
    if not material.structure.is_ordered:
        return
    parent = material.structure.get_primitive_structure().remove_oxidation_states()
    if len(parent) > max_sites:
        return
    number, system = describe_symmetry(parent)
    for new in _assignments(parent.composition.reduced_composition, composition):
        structure = parent.copy()
        structure.replace_species(new)
        pairs = " ".join(f"{old}={element}" for old, element in new.items())
        yield StructureGuess(
            structure=scaled_to_predicted_volume(structure),
            source="materials_project",
            label=f"{material.identifier} [{pairs}]",
            crystal_system=system,
            spacegroup_number=number,
        )


def _assignments(parent: Composition, wanted: Composition) -> Iterator[dict[Any, Any]]:
    if parent.almost_equals(wanted):
        yield {element: element for element in wanted}
        return
    own = list(parent)
    for order in permutations(wanted):
        if all(parent[old] == wanted[new] for old, new in zip(own, order, strict=True)):
            yield dict(zip(own, order, strict=True))
