"""Job: relax candidates fully and compute their relaxed-ion elastic tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobflow import Maker, job

from elatbot_flows.documents import CandidateBatch, CandidateDocument, ElasticResult, RunRecord
from elatbot_flows.elasticity.verdict import judge
from elatbot_flows.jobs.estimate import combined_estimate, member_key
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from elatbot_flows.potentials import Potential
    from elatbot_flows.targets import DesignTarget

__all__ = ["ValidateMaker"]


@dataclass
class ValidateMaker(Maker):
    """Full relaxation, relaxed-ion elastic tensor, gates and verdict for candidates.

    Parameters
    ----------
    name
        The job name.
    potential, device
        The potential and where it runs.
    settings
        Method, thresholds and gates.
    energy_window
        If the crystal lowest in energy fails, others up to this far above it are tried, eV/atom.
    """

    name: str = "validate"
    potential: str = "7net-0"
    device: str = "cpu"
    settings: ValidationSettings = field(default_factory=ValidationSettings)
    energy_window: float = 0.1

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
        done = [
            _estimated(self._validate(candidate, potential, target), run, target)
            for candidate in candidates
        ]
        return CandidateBatch(stage="validated", run=run, candidates=done)

    def _validate(
        self, candidate: CandidateDocument, potential: Potential, target: DesignTarget
    ) -> CandidateDocument:
        """The first polymorph that passes every gate; else the failure of the lowest in energy."""
        candidate = candidate.updated(stage="validated")
        lowest = candidate.polymorphs[0].energy_per_atom
        failures = []
        for polymorph in candidate.polymorphs:
            if polymorph.energy_per_atom > lowest + self.energy_window:
                break
            source = f"{polymorph.source}: {polymorph.label}"
            elastic = validate_crystal(polymorph.structure, potential, self.settings, source)
            tried = _with_result(candidate, elastic)
            if tried.status == "validated":
                return _judged(tried, target)
            failures.append(tried)
        return failures[0]


def _with_result(candidate: CandidateDocument, elastic: ElasticResult) -> CandidateDocument:
    """The candidate with the fields of a result; its structure is kept once."""
    taken = [*PROPERTIES, "reason", "message", "structure", "spacegroup_number", "nsites"]
    taken += ["volume_per_atom", "energy_per_atom", "relaxed", "born_stable"]
    return candidate.updated(
        **{name: getattr(elastic, name) for name in taken},
        status="validated" if elastic.status == "passed" else "failed",
        potential=elastic.judge,
        crystal_system=elastic.crystal_system or candidate.crystal_system,
        structure_source=elastic.source,
        elastic=elastic.model_copy(update={"structure": None}),
    )


def _estimated(
    candidate: CandidateDocument, run: RunRecord, target: DesignTarget
) -> CandidateDocument:
    """Add what potential and text model say together."""
    if candidate.bulk_modulus is None or candidate.potential is None:
        return candidate
    values: dict[str, float | tuple[float, float] | None] = {
        member_key(candidate.potential): candidate.bulk_modulus
    }
    if candidate.predicted_bulk_modulus is not None:
        std = candidate.predicted_bulk_modulus_std or 0.0
        values[run.generator.name] = (candidate.predicted_bulk_modulus, std)
    estimate = combined_estimate(values, "bulk_modulus", candidate.elements, target.bulk_modulus)
    return candidate.updated(estimate=estimate)


def _judged(candidate: CandidateDocument, target: DesignTarget) -> CandidateDocument:
    verdict = judge(target, {name: getattr(candidate, name) for name in PROPERTIES})
    return candidate.updated(
        verdict=verdict.verdict,
        margin=verdict.margin,
        limiting_property=verdict.limiting_property,
        relative_margin=verdict.relative_margin,
        margins=verdict.margins,
    )
