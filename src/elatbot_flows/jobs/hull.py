"""Job: place crystals with respect to the convex hull, every energy from one potential."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.errors import StructureError
from elatbot_flows.stability.result import CrystalEnergy
from elatbot_flows.stability.settings import HullSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.documents import ElasticResult, HullResult
    from elatbot_flows.potentials import Potential
    from elatbot_flows.stability import PhaseSource

    Placeable = Structure | CrystalEnergy | ElasticResult

__all__ = ["HullMaker"]


@dataclass
class HullMaker(Maker):
    """Energy above the convex hull, one result for each crystal.

    Goes behind any job that ends in structures or in our elastic results:
    ``HullMaker().make(elastic_job.output)``. Competing phases come from the table that is shipped
    for the default potential; others are relaxed once and kept for all runs of a user.

    Parameters
    ----------
    name
        The job name.
    potential, device
        The potential and where it runs.
    settings
        Thresholds, and whether prototypes compete.
    cache_folder
        Folder for relaxed competing phases; ``phases`` in the folder of the package's caches
        (``ELATBOT_FLOWS_CACHE``) if None.
    known_folder
        Folder of known crystals (CIF or JSON) that compete.
    materials_project
        Whether crystals of the Materials Project compete, if there is a key for it.
    """

    name: str = "energy above hull"
    potential: str = "7net-0"
    device: str = "cpu"
    settings: HullSettings = field(default_factory=HullSettings)
    cache_folder: str | None = None
    known_folder: str | None = None
    materials_project: bool = True

    @job
    def make(
        self,
        crystals: Placeable | list[Any],
        sources: list[str] | None = None,
        known: list[Structure | CrystalEnergy] | None = None,
    ) -> HullResult | list[HullResult]:
        """Place crystals as a job, see `place`."""
        if isinstance(crystals, list):
            return self.place(crystals, sources, known)
        return self.place([crystals], sources, known)[0]

    def place(
        self,
        crystals: Sequence[Placeable],
        sources: list[str] | None = None,
        known: Sequence[Structure | CrystalEnergy] | None = None,
    ) -> list[HullResult]:
        """Place crystals; a bad one never spoils the others.

        Parameters
        ----------
        crystals
            Structures, which are relaxed first; crystals with an energy; or documents with a
            structure and an energy from the same potential.
        sources
            What to call them, one word for each.
        known
            Further crystals that compete: structures are relaxed, crystals with an energy of the
            same potential are taken as they are.

        Returns
        -------
        list of HullResult
            As many as there were crystals, in their order.
        """
        from elatbot_flows.potentials import load_potential
        from elatbot_flows.potentials.side_by_side import side_by_side

        potential = load_potential(self.potential, self.device)
        names: list[str] | list[None] = sources or [None] * len(crystals)
        phases = [crystal for crystal in known or [] if isinstance(crystal, CrystalEnergy)]
        structures = [crystal for crystal in known or [] if not isinstance(crystal, CrystalEnergy)]
        asked, notes = self._sources(structures)
        tasks = [partial(self._place, one, phases=phases, sources=asked) for one in crystals]
        return [
            _noted(found, crystal, name, notes)
            for found, crystal, name in zip(
                side_by_side(tasks, potential), crystals, names, strict=True
            )
        ]

    def _sources(self, known: list[Structure]) -> tuple[list[PhaseSource], list[str]]:
        """Sources of known crystals, and those that are not to be had."""
        from elatbot_flows.crystals.materials_project import find_api_key
        from elatbot_flows.stability import (
            folder_source,
            given_source,
            materials_project_source,
            search_chemical_systems,
        )

        found = [given_source(known)] if known else []
        if self.known_folder is not None:
            found.append(folder_source(self.known_folder))
        if not self.materials_project:
            return found, []
        if (key := find_api_key()) is None:
            return found, ["materials_project: skipped, no key (set MP_API_KEY)"]
        return [*found, materials_project_source(search_chemical_systems(key))], []

    def _place(
        self,
        crystal: Placeable,
        potential: Potential,
        phases: list[CrystalEnergy],
        sources: list[PhaseSource],
    ) -> HullResult:
        from elatbot_flows.stability import energy_above_hull, shared_cache, unplaced

        try:
            asked = _question(crystal, potential)
        except StructureError as error:
            return unplaced(potential, self.settings).unknown(error.reason, str(error))
        (found,) = energy_above_hull(
            [asked],
            potential,
            phases=phases,
            sources=sources,
            settings=self.settings,
            cache=shared_cache(self.cache_folder),
        )
        return found


def _question(crystal: Any, potential: Potential) -> Structure | CrystalEnergy:
    """What to ask the hull about a structure or a document.

    Raises
    ------
    StructureError
        If a document has no energy, or one of another potential.
    """
    from pymatgen.core import Structure

    from elatbot_flows.stability import potential_identity

    if isinstance(crystal, Structure | CrystalEnergy):
        return crystal
    structure = getattr(crystal, "structure", None)
    energy = getattr(crystal, "energy_per_atom", None)
    if structure is None or energy is None or not crystal.relaxed:
        reason = getattr(crystal, "message", None) or f"a {type(crystal).__name__} was given"
        message = f"there is no relaxed crystal with an energy ({reason})"
        raise StructureError(message, "no_energy")
    record = getattr(crystal, "judge", None)
    own = potential_identity(potential.record())
    if record is None or potential_identity(record.model_dump()) != own:
        message = (
            "the energy is not from the potential of the hull: give the structure alone, "
            "to have it relaxed anew, or use the same potential"
        )
        raise StructureError(message, "other_potential")
    return CrystalEnergy.of(structure, energy)


def _noted(found: HullResult, crystal: Any, name: str | None, notes: list[str]) -> HullResult:
    """The result with its source, remarks, and what a document says of a crystal not placed."""
    elements = found.elements or [str(e) for e in getattr(crystal, "elements", None) or []]
    return found.model_copy(
        update={
            "source": name or getattr(crystal, "source", None),
            "formula": found.formula or getattr(crystal, "formula", None),
            "elements": elements,
            "chemsys": "-".join(elements) or None,
            "missing": [*found.missing, *notes],
        }
    )
