"""Job: place crystals with respect to the convex hull, every energy from one potential."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import HullResult, MethodRecord
from elatbot_flows.documents.stability import CompetingPhase, DecompositionProduct
from elatbot_flows.errors import StructureError
from elatbot_flows.stability.settings import HullSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.documents import CandidateDocument, ElasticResult
    from elatbot_flows.potentials import Potential
    from elatbot_flows.stability import CrystalEnergy, HullDistance, Phase, PhaseSource

__all__ = ["HullMaker"]

_PACKAGES = ("elatbot_flows", "ase", "numpy", "pymatgen", "spglib", "torch")


@dataclass
class HullMaker(Maker):
    """Energy above the convex hull, one result for each crystal.

    Goes behind any job that ends in structures or in our elastic results:
    ``HullMaker().make(elastic_job.output)``. Relaxed competing phases are kept for all jobs of a
    process, and for other processes if there is a `cache_folder`.

    Parameters
    ----------
    name
        The job name.
    potential, device
        The potential and where it runs.
    settings
        Thresholds, and whether prototypes compete.
    cache_folder
        Folder for relaxed competing phases.
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
        crystals: Structure | ElasticResult | CandidateDocument | list[Any],
        sources: list[str] | None = None,
        known: list[Structure] | None = None,
    ) -> HullResult | list[HullResult]:
        """Place crystals as a job, see `place`."""
        if isinstance(crystals, list):
            return self.place(crystals, sources, known)
        return self.place([crystals], sources, known)[0]

    def place(
        self,
        crystals: Sequence[Structure | ElasticResult | CandidateDocument],
        sources: list[str] | None = None,
        known: list[Structure] | None = None,
    ) -> list[HullResult]:
        """Place crystals; a bad one never spoils the others.

        Parameters
        ----------
        crystals
            Structures, which are relaxed first, or documents with structure and energy from the
            same potential.
        sources
            What to call them, one word for each.
        known
            Further crystals that compete.

        Returns
        -------
        list of HullResult
            As many as there were crystals, in their order.
        """
        from elatbot_flows.potentials import load_potential

        potential = load_potential(self.potential, self.device)
        names: list[str] | list[None] = sources or [None] * len(crystals)
        phases, notes = self._sources(known or [])
        return [
            self._place(crystal, name, potential, phases, notes)
            for crystal, name in zip(crystals, names, strict=True)
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
        crystal: Any,
        name: str | None,
        potential: Potential,
        sources: list[PhaseSource],
        notes: list[str],
    ) -> HullResult:
        from elatbot_flows.stability import HullDistance, energy_above_hull
        from elatbot_flows.stability.cache import shared_cache

        cache = shared_cache(self.cache_folder)
        try:
            (found,) = energy_above_hull(
                [_question(crystal, potential)],
                potential,
                sources=sources,
                settings=self.settings,
                cache=cache,
            )
        except StructureError as error:
            found = HullDistance("unknown").unknown(error.reason, str(error))
        return HullResult(
            source=name or getattr(crystal, "source", None),
            settings=asdict(self.settings),
            potential=MethodRecord(**potential.record()),
            versions={package: version(package) for package in _PACKAGES},
            **_fields(found, crystal, notes),
        )


def _question(crystal: Any, potential: Potential) -> Structure | CrystalEnergy:
    """What to ask the hull about a structure or a document.

    Raises
    ------
    StructureError
        If a document has no energy, or one of another potential.
    """
    from pymatgen.core import Structure

    from elatbot_flows.stability import CrystalEnergy, potential_identity

    if isinstance(crystal, Structure):
        return crystal
    structure = getattr(crystal, "structure", None)
    energy = getattr(crystal, "energy_per_atom", None)
    if structure is None or energy is None or not crystal.relaxed:
        reason = getattr(crystal, "message", None) or f"a {type(crystal).__name__} was given"
        message = f"there is no relaxed crystal with an energy ({reason})"
        raise StructureError(message, "no_energy")
    record = getattr(crystal, "judge", None) or getattr(crystal, "potential", None)
    own = potential_identity(potential.record())
    if record is None or potential_identity(record.model_dump()) != own:
        message = (
            "the energy is not from the potential of the hull: give the structure alone, "
            "to have it relaxed anew, or use the same potential"
        )
        raise StructureError(message, "other_potential")
    return CrystalEnergy(structure.composition.reduced_formula, energy, structure)


def _fields(found: HullDistance, crystal: Any, notes: list[str]) -> dict[str, Any]:
    """What the hull says, as fields of the document."""
    elements = list(found.elements) or list(getattr(crystal, "elements", None) or [])
    same = ["status", "reason", "message", "structure", "energy_per_atom", "evaluations"]
    same += ["energy_above_hull", "formation_energy_per_atom"]
    return {name: getattr(found, name) for name in same} | {
        "formula": found.formula or getattr(crystal, "formula", None),
        "chemsys": "-".join(map(str, elements)) or None,
        "elements": list(map(str, elements)),
        "decomposition": [
            DecompositionProduct(**_phase(product.phase), fraction=product.fraction)
            for product in found.decomposition
        ],
        "competing": [CompetingPhase(**_phase(phase)) for phase in found.competing],
        "left_out": list(found.left_out),
        "missing": [*found.missing, *notes],
    }


def _phase(phase: Phase) -> dict[str, Any]:
    names = ("formula", "source", "label", "energy_per_atom")
    return {name: getattr(phase, name) for name in names}
