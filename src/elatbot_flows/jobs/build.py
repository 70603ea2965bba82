"""Job: build crystals for proposed formulas and keep the lowest in energy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from jobflow import Maker, job

from elatbot_flows.crystals.screening import Screening, relax_guesses
from elatbot_flows.documents import CandidateChunk, CandidateDocument, Polymorph
from elatbot_flows.documents.rows import candidate_of
from elatbot_flows.errors import StructureError
from elatbot_flows.jobs.rows import candidates_at, chunk_of, resting
from elatbot_flows.jobs.screened import screening_score
from elatbot_flows.recall import TRANSIENT, recalled
from elatbot_flows.stability.cache import potential_identity

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.crystals import StructureGuess
    from elatbot_flows.documents import LedgerRow, RunRecord
    from elatbot_flows.potentials import Potential
    from elatbot_flows.targets import DesignTarget

__all__ = ["BuildMaker", "build_crystals"]

DEFAULT_MAX_SITES = 16
_RELAXATION = tuple(Screening.__annotations__)
"""Settings that what becomes of given guesses depends on."""
_METHOD = "side by side, learned types first, by stiffness"
"""How guesses are relaxed; to be changed with it, so that what was found otherwise is made anew."""


@dataclass
class BuildMaker(Maker):
    """Build crystals in every inequivalent way, relax them cheaply, keep the lowest in energy.

    Crystals that were given with a candidate are relaxed and kept, and no others are built.

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
        Those of them that are relaxed: lowest in energy as built, less what their forces and stress
        promise.
    max_likely
        Crystals built at most in structure types that were learned, ranked by their probability
        (see :func:`~elatbot_flows.crystals.ranking.likely_guesses`); none with 0. With more than
        two elements prototypes stand beside them, at most as many as they leave, or two.
    random
        Where no type is known, crystals are drawn at random ``"always"``, ``"never"``, or only for
        formulas that were ``"given"``. They cost several times as much as others and are right for
        few formulas (``benchmarks/crystal_evaluation.md``), and a text model has others to offer.
    keep, energy_window
        Relaxed crystals kept, lowest in energy first, and how far above the lowest (eV/atom).
    max_force, max_stress, max_steps
        Thresholds (eV/A, GPa) and length of the cheap relaxation.
    rough_steps
        Steps after which only those go on that may end within 0.02 eV/atom of the lowest.
    min_distance_ratio
        Smallest interatomic distance allowed, over the sum of the atomic radii.
    max_sites
        Largest primitive cell; None for that of the target.
    seed
        Seed of random crystals; None for that of the run.
    recall
        Whether crystals that earlier runs of this user relaxed are taken over: the same guesses,
        weights and settings end in the same crystals. They say so, and have cost no evaluation.
    """

    name: str = "build"
    potential: str = "7net-0"
    device: str = "cpu"
    max_guesses: int = 12
    other_systems: int = 4
    max_relaxed: int = 2
    max_likely: int = 8
    random: Literal["given", "always", "never"] = "given"
    keep: int = 3
    energy_window: float = 0.1
    max_force: float = 0.05
    max_stress: float = 1.0
    max_steps: int = 30
    rough_steps: int = 4
    min_distance_ratio: float = 0.5
    max_sites: int | None = None
    seed: int | None = None
    recall: bool = False

    @property
    def rung(self) -> str:
        """Name of the step in documents."""
        return "build"

    def make(self, rows: list[LedgerRow], target: DesignTarget | None, run: RunRecord) -> Job:
        """Build crystals for a chunk of candidates.

        Parameters
        ----------
        rows
            Rows of proposed candidates.
        target
            What is asked for; sets the order of who goes on.
        run
            The run they belong to.

        Returns
        -------
        Job
            Its output is a :class:`~elatbot_flows.documents.CandidateChunk`.
        """
        brought: Any = resting([row for row in rows if row.uuid is not None])
        made = build_crystals(self, rows, brought, target, run)
        made.name = self.name
        return made

    def build(
        self,
        candidate: CandidateDocument,
        potential: Potential,
        max_sites: int,
        seed: int,
        *,
        given: bool = True,
    ) -> CandidateDocument:
        """Give a candidate its crystals; a bad one is rejected with the reason.

        Parameters
        ----------
        candidate
            With a formula, or with crystals that were given.
        potential
            The potential.
        max_sites, seed
            Where the Maker leaves them open.
        given
            Whether its formula was given, and not proposed by a model.
        """
        candidate = candidate.updated(rung=self.rung)
        try:
            guesses = _brought(candidate) or self._guesses(candidate, max_sites, seed, given=given)
        except StructureError as error:
            return candidate.rejected(error.reason, str(error))
        except Exception as error:  # noqa: BLE001 - a database out of reach costs its candidates
            return candidate.rejected("source_error", f"{type(error).__name__}: {error}")
        before = potential.evaluations
        polymorphs, failures, known = self._relaxed(guesses, potential)
        candidate = candidate.updated(
            guesses_built=len(guesses),
            guesses_failed=dict(Counter(reason for reason, _ in failures)),
            build_evaluations=potential.evaluations - before,
            recalled=known,
        )
        if not polymorphs:
            reasons = ", ".join(sorted({message for _, message in failures}))
            return candidate.rejected(
                "no_relaxed_structure",
                f"none of {len(guesses)} crystals could be relaxed: {reasons}",
            )
        return candidate.updated(status="built", polymorphs=polymorphs)

    def _relaxed(
        self, guesses: list[StructureGuess], potential: Potential
    ) -> tuple[list[Polymorph], list[tuple[str, str]], bool]:
        """The lowest crystals, failures, and whether an earlier run found the same."""
        if not self.recall:
            return *relax_guesses(guesses, potential, self), False
        settings = {name: getattr(self, name) for name in _RELAXATION}
        brought = [(guess.structure, guess.source, guess.label) for guess in guesses]
        question = [_METHOD, brought, potential_identity(potential.record()), settings]
        answer, known = recalled(
            "build",
            question,
            lambda: _plain_relaxed(*relax_guesses(guesses, potential, self)),
            worth=lambda answer: all(reason not in TRANSIENT for reason, _ in answer["failures"]),
        )
        crystals = [Polymorph.model_validate(crystal) for crystal in answer["crystals"]]
        return crystals, [(reason, message) for reason, message in answer["failures"]], known

    def _guesses(
        self, candidate: CandidateDocument, max_sites: int, seed: int, *, given: bool
    ) -> list[StructureGuess]:
        """Likely types, prototypes and known materials; random ones only where these give none."""
        from elatbot_flows.crystals import SOURCES, build_structures
        from elatbot_flows.crystals.build import UNRANKED

        system = candidate.proposed_crystal_system
        known = SOURCES if self.max_likely else UNRANKED
        others = self.other_systems if system else 2 * self.max_guesses // 3

        def build(sources: tuple[str, ...]) -> list[StructureGuess]:
            return build_structures(
                str(candidate.formula),
                system or "Cubic",
                max_sites=max_sites if self.max_sites is None else self.max_sites,
                seed=seed if self.seed is None else self.seed,
                max_guesses=self.max_guesses,
                max_likely=self.max_likely,
                sources=sources,
                other_systems=others,
            )

        try:
            return build(tuple(source for source in known if source != "random"))
        except StructureError as error:
            draws = self.random == "always" or (self.random == "given" and given)
            if error.reason != "no_structure" or not draws:
                raise
            return build(known)


@job(output_schema=CandidateChunk)
def build_crystals(
    maker: BuildMaker,
    rows: list[LedgerRow],
    brought: list[CandidateDocument],
    target: DesignTarget | None,
    run: RunRecord,
) -> CandidateChunk:
    """Build crystals for a chunk of candidates; a bad one never spoils the others.

    Parameters
    ----------
    maker
        How.
    rows
        Their rows.
    brought
        Those of them that a proposer wrote down as candidates.
    target, run
        What is asked for.
    """
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.potentials.side_by_side import side_by_side

    potential = load_potential(maker.potential, maker.device)
    there = {candidate.candidate_id: candidate for candidate in candidates_at(brought)}
    max_sites = DEFAULT_MAX_SITES if target is None else target.max_sites
    candidates = [there.get(row.candidate_id) or candidate_of(row, run) for row in rows]
    build = partial(maker.build, max_sites=max_sites, seed=run.seed, given=run.generator is None)
    built = side_by_side([partial(build, one) for one in candidates], potential)
    scores = [screening_score(candidate, target, potential, run.refit) for candidate in built]
    return chunk_of(maker.rung, run, rows, built, scores)


def _plain_relaxed(
    crystals: list[Polymorph], failures: list[tuple[str, str]]
) -> dict[str, list[Any]]:
    return {"crystals": [crystal.model_dump() for crystal in crystals], "failures": failures}


def _brought(candidate: CandidateDocument) -> list[StructureGuess]:
    """Crystals that came with a candidate, as guesses."""
    from elatbot_flows.crystals.guess import StructureGuess, describe_symmetry

    guesses = []
    for polymorph in candidate.polymorphs:
        number, system = describe_symmetry(polymorph.structure)
        guesses.append(
            StructureGuess(polymorph.structure, polymorph.source, polymorph.label, system, number)
        )
    return guesses
