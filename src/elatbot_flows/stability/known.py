"""Crystals that are known already: files, documents of our own, the Materials Project."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from elatbot_flows.crystals.materials_project import KnownMaterial
from elatbot_flows.crystals.reading import crystal_of
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = [
    "ChemicalSystemSearch",
    "KnownCrystal",
    "PhaseSource",
    "chemical_systems",
    "folder_source",
    "given_source",
    "materials_project_source",
    "search_chemical_systems",
    "store_source",
]


@dataclass(frozen=True)
class KnownCrystal:
    """A crystal somebody found; its energy is always computed anew.

    Parameters
    ----------
    source
        One word for where it comes from.
    label
        File or identifier.
    structure
        The crystal.
    """

    source: str
    label: str
    structure: Structure = field(repr=False)


PhaseSource = Callable[[tuple[str, ...]], Iterable[KnownCrystal]]
"""Gives the known crystals of a chemical system and its subsystems, for the sorted elements."""


class ChemicalSystemSearch(Protocol):
    """A way to look up known materials by chemical system."""

    def __call__(self, systems: Sequence[str], highest: float) -> Sequence[KnownMaterial]:
        """Materials of exactly these systems (``"Al-Ni"``), at most `highest` eV/atom unstable."""


def chemical_systems(elements: Sequence[str]) -> list[str]:
    """Names of a chemical system and all its subsystems, small ones first.

    Examples
    --------
    >>> chemical_systems(["Ni", "Al"])
    ['Al', 'Ni', 'Al-Ni']
    """
    symbols = sorted(elements)
    sizes = range(1, len(symbols) + 1)
    return ["-".join(part) for size in sizes for part in combinations(symbols, size)]


def given_source(structures: Sequence[Structure]) -> PhaseSource:
    """Crystals at hand, such as those of other jobs of a flow.

    Parameters
    ----------
    structures
        The crystals.
    """

    def crystals(elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
        for number, structure in enumerate(structures, 1):
            if _within(structure, elements):
                label = f"{structure.composition.reduced_formula} {number}"
                yield KnownCrystal("given", label, structure)

    return crystals


def folder_source(folder: str | Path) -> PhaseSource:
    """Crystals in the files of a folder, subfolders included.

    Read are ``.cif`` files and ``.json`` files that hold a structure, a document with a field
    ``structure``, or a list of these. Files are read at the first question.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    StructureError
        When asked, if it is not there or a file cannot be read (reason ``unreadable_file``).
    """
    root = Path(folder)
    read: list[KnownCrystal] = []

    def crystals(elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
        if not root.is_dir():
            raise StructureError(
                f"there is no folder {root}; give the folder of known crystals", "unreadable_file"
            )
        if not read:
            read.extend(_from_files(root))
        return (crystal for crystal in read if _within(crystal.structure, elements))

    return crystals


def _within(structure: Structure, elements: Sequence[str]) -> bool:
    return {element.symbol for element in structure.composition.elements} <= set(elements)


def _from_files(root: Path) -> Iterator[KnownCrystal]:
    from pymatgen.core import Structure

    for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in {".cif", ".json"}):
        label = str(path.relative_to(root))
        try:
            if path.suffix.lower() == ".cif":
                yield KnownCrystal("folder", label, Structure.from_file(path))
                continue
            documents = json.loads(path.read_text(encoding="utf-8"))
            documents = documents if isinstance(documents, list) else [documents]
            for number, document in enumerate(documents, 1):
                if (structure := _structure_of(document)) is not None:
                    yield KnownCrystal("folder", f"{label} {number}", structure)
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{path} holds no crystal ({error}); correct or remove it"
            raise StructureError(message, "unreadable_file") from error


def _structure_of(document: dict[str, Any]) -> Structure | None:
    """The structure a document is or has; None for a document that has none."""
    from pymatgen.core import Structure

    found = document if "lattice" in document else document.get("structure")
    if found is None or isinstance(found, Structure):
        return found
    return crystal_of(found)


def store_source(
    store: Any, *, prefix: str = "", statuses: Sequence[str] = ("passed", "validated")
) -> PhaseSource:
    """Crystals of documents in a maggma store: earlier results of our own.

    Parameters
    ----------
    store
        Connected store of :class:`~elatbot_flows.documents.CandidateDocument` or
        :class:`~elatbot_flows.documents.ElasticResult` documents.
    prefix
        Where the documents lie in those of the store, ``"output."`` for job outputs.
    statuses
        The status a document must have: one of these.
    """

    def crystals(elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
        criteria = {
            f"{prefix}chemsys": {"$in": chemical_systems(elements)},
            f"{prefix}status": {"$in": list(statuses)},
        }
        for document in store.query(criteria):
            inner = document["output"] if prefix else document
            if (structure := _structure_of(inner)) is not None:
                label = inner.get("candidate_id") or inner.get("source") or inner.get("formula")
                yield KnownCrystal("store", str(label), structure)

    return crystals


def materials_project_source(search: ChemicalSystemSearch, *, highest: float = 0.1) -> PhaseSource:
    """Crystals of the Materials Project; its energies only serve to choose them.

    Parameters
    ----------
    search
        See `search_chemical_systems`.
    highest
        Largest energy above the hull there, eV/atom.
    """

    def crystals(elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
        for found in search(chemical_systems(elements), highest):
            structure = found.structure.copy().remove_oxidation_states()
            yield KnownCrystal("materials_project", found.identifier, structure)

    return crystals


def search_chemical_systems(api_key: str, *, max_sites: int = 24) -> ChemicalSystemSearch:
    """Make a search of the summary documents of the Materials Project by chemical system.

    Needs a network. Jain et al., APL Materials 1, 011002 (2013).

    Parameters
    ----------
    api_key
        The key that a free account gives.
    max_sites
        Largest cell worth relaxing.
    """

    def search(systems: Sequence[str], highest: float) -> list[KnownMaterial]:
        from mp_api.client import MPRester

        with MPRester(api_key, mute_progress_bars=True) as rester:
            documents = rester.materials.summary.search(
                chemsys=list(systems),
                energy_above_hull=(0, highest),
                num_sites=(1, max_sites),
                deprecated=False,
                fields=["material_id", "structure", "energy_above_hull"],
                all_fields=False,
            )
        return [
            KnownMaterial(str(d.material_id), d.structure, float(d.energy_above_hull))
            for d in documents
        ]

    return search
