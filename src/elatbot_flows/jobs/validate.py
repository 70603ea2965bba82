"""Job: relax candidates fully and compute their relaxed-ion elastic tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobflow import Maker, job

from elatbot_flows.elasticity import moduli_from_tensor, smallest_eigenvalue
from elatbot_flows.elasticity.verdict import judge
from elatbot_flows.errors import PotentialError
from elatbot_flows.schemas import (
    CandidateBatch,
    CandidateDocument,
    ElasticResult,
    Polymorph,
    PotentialRecord,
    RunRecord,
)

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.potentials import Potential
    from elatbot_flows.potentials.finite_strain import StrainFit
    from elatbot_flows.targets import DesignTarget

__all__ = ["ValidateMaker"]

_MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")


@dataclass
class ValidateMaker(Maker):
    """Full relaxation, relaxed-ion elastic tensor, gates and verdict for candidates.

    Parameters
    ----------
    name
        The job name.
    potential, device
        The potential and where it runs.
    max_force, max_steps
        Threshold (eV/A) and length of the full relaxation.
    strain_max_force
        Threshold of the ions in strained cells, eV/A.
    energy_window
        If the crystal lowest in energy fails, others up to this far above it are tried, eV/atom.
    min_distance_ratio
        Smallest interatomic distance allowed, over the sum of the atomic radii.
    symprec
        Symmetry tolerance, A.
    """

    name: str = "validate"
    potential: str = "7net-0"
    device: str = "cpu"
    max_force: float = 1e-3
    max_steps: int = 300
    strain_max_force: float = 1e-3
    energy_window: float = 0.1
    min_distance_ratio: float = 0.5
    symprec: float = 1e-2

    @job(output_schema=CandidateBatch)
    def make(
        self, candidates: list[CandidateDocument], run: RunRecord, target: DesignTarget
    ) -> CandidateBatch:
        """Validate a chunk of candidates; a bad one never spoils the others.

        Parameters
        ----------
        candidates
            Candidates with ``polymorphs``.
        run
            The run they belong to.
        target
            The target they are judged against.

        Returns
        -------
        CandidateBatch
            The candidates with status ``validated`` or ``failed``.
        """
        from elatbot_flows.potentials import load_potential

        potential = load_potential(self.potential, self.device)
        done = [self._validate(candidate, potential, target) for candidate in candidates]
        return CandidateBatch(stage="validated", run=run, candidates=done)

    def _validate(
        self, candidate: CandidateDocument, potential: Potential, target: DesignTarget
    ) -> CandidateDocument:
        """The first polymorph that passes every gate; else the failure of the lowest in energy."""
        candidate = candidate.updated(
            stage="validated", potential=PotentialRecord(**potential.record())
        )
        lowest = candidate.polymorphs[0].energy_per_atom
        failures = []
        for polymorph in candidate.polymorphs:
            if polymorph.energy_per_atom > lowest + self.energy_window:
                break
            try:
                tried = self._measure(candidate, polymorph, potential)
            except PotentialError as error:
                tried = candidate.failed("potential_error", str(error))
            except Exception as error:  # noqa: BLE001 - libraries raise many kinds
                tried = candidate.failed("calculation_error", f"{type(error).__name__}: {error}")
            if tried.status == "validated":
                return _judged(tried, target)
            failures.append(tried)
        return failures[0]

    def _measure(
        self, candidate: CandidateDocument, polymorph: Polymorph, potential: Potential
    ) -> CandidateDocument:
        from elatbot_flows.potentials.finite_strain import elastic_tensor
        from elatbot_flows.potentials.relaxation import relax

        relaxed = relax(
            polymorph.structure,
            potential,
            max_force=self.max_force,
            max_steps=self.max_steps,
            symprec=self.symprec,
        )
        candidate = candidate.updated(
            relaxed=relaxed.converged,
            structure_source=f"{polymorph.source}: {polymorph.label}",
            energy_per_atom=relaxed.energy / len(relaxed.structure),
            **_describe(relaxed.structure, self.symprec),
        )
        if not relaxed.converged:
            return candidate.failed(
                "relaxation_not_converged",
                f"forces above {self.max_force} eV/A after {self.max_steps} steps",
            )
        if (ratio := _distance_ratio(relaxed.structure)) < self.min_distance_ratio:
            return candidate.failed("atoms_overlap", f"atoms at {ratio:.2f} of their radii's sum")
        fit = elastic_tensor(
            relaxed.structure, potential, max_force=self.strain_max_force, symprec=self.symprec
        )
        return _gated(candidate, elastic_result(fit, potential))


def elastic_result(fit: StrainFit, potential: Potential) -> ElasticResult:
    """The document of a fitted tensor: moduli only where it is positive definite."""
    smallest = smallest_eigenvalue(fit.tensor)
    moduli = {}
    if smallest > 0:
        found = moduli_from_tensor(fit.tensor)
        moduli = {name: getattr(found, name) for name in (*_MODULI, "universal_anisotropy")}
    return ElasticResult(
        elastic_tensor=fit.tensor.tolist(),
        smallest_eigenvalue=smallest,
        born_stable=smallest > 0,
        ion_relaxation="relaxed",
        fit_residual=fit.fit_residual,
        strain_magnitudes=list(fit.strain_magnitudes),
        n_deformations=fit.n_deformations,
        n_unconverged=fit.n_unconverged,
        max_force=fit.max_force,
        evaluations=fit.evaluations,
        potential=PotentialRecord(**potential.record()),
        **moduli,
    )


def _gated(candidate: CandidateDocument, elastic: ElasticResult) -> CandidateDocument:
    """Status from the tensor: not converged, not finite and not stable are no numbers."""
    candidate = candidate.updated(elastic=elastic, born_stable=elastic.born_stable)
    if elastic.n_unconverged:
        return candidate.failed(
            "strain_not_converged",
            f"ions did not converge in {elastic.n_unconverged} of {elastic.n_deformations} "
            "strained cells",
        )
    if not elastic.born_stable:
        return candidate.failed(
            "born_unstable",
            f"the elastic tensor has an eigenvalue of {elastic.smallest_eigenvalue:.1f} GPa",
        )
    moduli = {name: getattr(elastic, name) for name in _MODULI}
    return candidate.updated(status="validated", reason=None, message=None, **moduli)


def _judged(candidate: CandidateDocument, target: DesignTarget) -> CandidateDocument:
    verdict = judge(target, {name: getattr(candidate, name) for name in _MODULI})
    return candidate.updated(
        verdict=verdict.verdict,
        margin=verdict.margin,
        limiting_property=verdict.limiting_property,
        relative_margin=verdict.relative_margin,
        margins=verdict.margins,
    )


def _describe(structure: Structure, symprec: float) -> dict[str, object]:
    """Fields that follow from the relaxed crystal."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    symmetry = SpacegroupAnalyzer(structure, symprec=symprec)
    return {
        "structure": structure,
        "crystal_system": symmetry.get_crystal_system().capitalize(),
        "spacegroup_number": symmetry.get_space_group_number(),
        "nsites": len(structure),
        "volume_per_atom": structure.volume / len(structure),
    }


def _distance_ratio(structure: Structure) -> float:
    from elatbot_flows.structures import minimum_distance_ratio

    return minimum_distance_ratio(structure)
