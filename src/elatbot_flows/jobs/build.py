"""Job: build crystals for proposed formulas and keep the lowest in energy."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobflow import Maker, job

from elatbot_flows.documents import CandidateBatch, CandidateDocument, Polymorph, RunRecord
from elatbot_flows.errors import PotentialError, StructureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

    from elatbot_flows.crystals import StructureGuess
    from elatbot_flows.potentials import Potential

__all__ = ["BuildMaker"]


@dataclass
class BuildMaker(Maker):
    """Build crystals in every inequivalent way, relax them cheaply, keep the lowest in energy.

    Parameters
    ----------
    name
        The job name.
    potential, device
        The potential for the cheap relaxation and where it runs.
    max_guesses
        Crystals built for one formula at most.
    other_systems
        Those of them in other crystal systems than the proposed one, so that the lowest in energy
        may win.
    max_relaxed
        Those of them, lowest in energy as built, that are relaxed.
    keep
        Relaxed crystals kept, lowest in energy first.
    max_force, max_stress, max_steps
        Thresholds (eV/A, GPa) and length of the cheap relaxation.
    rough_steps
        Steps after which only the `keep` lowest in energy go on.
    min_distance_ratio
        Smallest interatomic distance allowed, over the sum of the atomic radii.
    max_sites
        Largest primitive cell.
    seed
        Seed of random crystals.
    """

    name: str = "build crystals"
    potential: str = "7net-0"
    device: str = "cpu"
    max_guesses: int = 12
    other_systems: int = 4
    max_relaxed: int = 4
    keep: int = 2
    max_force: float = 0.05
    max_stress: float = 1.0
    max_steps: int = 30
    rough_steps: int = 6
    min_distance_ratio: float = 0.5
    max_sites: int = 16
    seed: int = 0

    @job(output_schema=CandidateBatch)
    def make(self, candidates: list[CandidateDocument], run: RunRecord) -> CandidateBatch:
        """Build crystals for a chunk of candidates; a bad one never spoils the others.

        Parameters
        ----------
        candidates
            Proposed candidates.
        run
            The run they belong to.

        Returns
        -------
        CandidateBatch
            The candidates with ``polymorphs``, or rejected with a reason.
        """
        from elatbot_flows.potentials import load_potential

        potential = load_potential(self.potential, self.device)
        built = [self._build(candidate, potential) for candidate in candidates]
        return CandidateBatch(stage="built", run=run, candidates=built)

    def _build(self, candidate: CandidateDocument, potential: Potential) -> CandidateDocument:
        candidate = candidate.updated(stage="built")
        try:
            guesses = self._guesses(candidate)
        except StructureError as error:
            return candidate.rejected(error.reason, str(error))
        except Exception as error:  # noqa: BLE001 - a database out of reach costs its candidates
            return candidate.rejected("source_error", f"{type(error).__name__}: {error}")
        polymorphs, failures = self._relaxed(guesses, potential)
        candidate = candidate.updated(
            guesses_built=len(guesses),
            guesses_failed=dict(Counter(reason for reason, _ in failures)),
        )
        if not polymorphs:
            reasons = ", ".join(sorted({message for _, message in failures}))
            return candidate.rejected(
                "no_relaxed_structure",
                f"none of {len(guesses)} crystals could be relaxed: {reasons}",
            )
        best = polymorphs[0]
        return candidate.updated(
            polymorphs=polymorphs,
            screening_bulk_modulus=best.bulk_modulus,
            nsites=len(best.structure),
            structure_source=f"{best.source}: {best.label}",
        )

    def _guesses(self, candidate: CandidateDocument) -> list[StructureGuess]:
        """Crystals from prototypes and known materials; random ones only where these give none."""
        from elatbot_flows.crystals import SOURCES, build_structures

        def build(sources: tuple[str, ...]) -> list[StructureGuess]:
            return build_structures(
                str(candidate.formula),
                str(candidate.proposed_crystal_system),
                max_sites=self.max_sites,
                seed=self.seed,
                max_guesses=self.max_guesses,
                sources=sources,
                other_systems=self.other_systems,
            )

        try:
            return build(tuple(source for source in SOURCES if source != "random"))
        except StructureError as error:
            if error.reason != "no_structure":
                raise
            return build(SOURCES)

    def _relaxed(
        self, guesses: list[StructureGuess], potential: Potential
    ) -> tuple[list[Polymorph], list[tuple[str, str]]]:
        """The best polymorphs, lowest energy first; reason and message for those given up."""
        from elatbot_flows.potentials.evaluation import energy_forces_stress

        energies: list[tuple[float, StructureGuess]] = []
        failures: list[tuple[str, str]] = []
        for guess in guesses:
            with _noting(failures):
                energy, _, _ = energy_forces_stress(guess.structure, potential)
                energies.append((energy / len(guess.structure), guess))
        energies.sort(key=lambda pair: pair[0])
        rough: list[Polymorph] = []
        for _, guess in energies[: self.max_relaxed]:
            with _noting(failures):
                rough.append(self._relax(guess, guess.structure, potential, self.rough_steps))
        best: list[Polymorph] = []
        for crystal in _distinct(rough)[: self.keep]:
            with _noting(failures):
                best.append(self._relax(crystal, crystal.structure, potential, self.max_steps))
        return _distinct(best), failures

    def _relax(
        self,
        origin: StructureGuess | Polymorph,
        structure: Structure,
        potential: Potential,
        max_steps: int,
    ) -> Polymorph:
        from elatbot_flows.crystals import minimum_distance_ratio
        from elatbot_flows.elasticity.symmetry import crystal_symmetry
        from elatbot_flows.potentials.quasi_newton import relax_in_symmetry
        from elatbot_flows.potentials.relaxation import hydrostatic_bulk_modulus

        relaxed = relax_in_symmetry(
            structure,
            potential,
            crystal_symmetry(structure),
            max_force=self.max_force,
            max_stress=self.max_stress,
            max_steps=max_steps,
        )
        if (ratio := minimum_distance_ratio(relaxed.structure)) < self.min_distance_ratio:
            raise StructureError(f"atoms at {ratio:.2f} of their radii's sum", reason="overlap")
        last = max_steps == self.max_steps
        return Polymorph(
            structure=relaxed.structure,
            source=origin.source,
            label=origin.label,
            energy_per_atom=relaxed.point.energy / len(relaxed.structure),
            bulk_modulus=hydrostatic_bulk_modulus(relaxed.structure, potential) if last else None,
        )


@contextmanager
def _noting(failures: list[tuple[str, str]]) -> Iterator[None]:
    """Note what a potential or a crystal cannot do, and go on with the next crystal."""
    try:
        yield
    except PotentialError as error:
        failures.append(("potential_error", str(error)))
    except StructureError as error:
        failures.append((error.reason, str(error)))
    except Exception as error:  # noqa: BLE001 - libraries raise many kinds for hopeless crystals
        failures.append(("calculation_error", f"{type(error).__name__}: {error}"))


def _distinct(polymorphs: list[Polymorph], tolerance: float = 2e-3) -> list[Polymorph]:
    """Sort by energy and drop those that relaxed into one already kept."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(scale=False)
    kept: list[Polymorph] = []
    for polymorph in sorted(polymorphs, key=lambda p: p.energy_per_atom):
        near = [p for p in kept if abs(p.energy_per_atom - polymorph.energy_per_atom) < tolerance]
        if not any(matcher.fit(p.structure, polymorph.structure) for p in near):
            kept.append(polymorph)
    return kept
