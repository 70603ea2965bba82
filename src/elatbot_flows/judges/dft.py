"""The judge that asks a density functional: relax once, then static calculations side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker

from elatbot_flows.dft.gpaw import GPAWCode
from elatbot_flows.dft.method import DFTMethod
from elatbot_flows.errors import DFTError
from elatbot_flows.judges.dft_jobs import collect, judge_later, perturb
from elatbot_flows.judges.dft_relaxing import afresh, relax
from elatbot_flows.potentials.settings import ValidationSettings

if TYPE_CHECKING:
    from jobflow import Job
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import MethodRecord

__all__ = ["DFT_THRESHOLDS", "DFTElasticMaker"]

DFT_THRESHOLDS = ValidationSettings(max_force=5e-3, max_stress=0.1, max_steps=40, follow=0)
"""Thresholds of relaxations and gates: what self-consistent calculations reach."""


@dataclass
class DFTElasticMaker(Maker):
    """Elastic tensors from a density functional, by linear response or finite strains.

    Every crystal is relaxed by one job. Each of its perturbed crystals is a job of its own, so that
    a queue runs them side by side and a restart goes on with the finished ones; one more job makes
    the tensor. With ``settings.method="finite_strain"`` they are the strained cells of atomate2's
    ``ElasticMaker``, with ions relaxed, and the tensor is its fit. A calculation that is missing or
    has not converged makes it ``incomplete``.

    Parameters
    ----------
    name
        Name of the flow.
    code
        Who computes, with functional, cut-off and k-points.
    settings
        Thresholds and gates; soft modes are not followed.
    strain, displacement
        Length of a strain (Mandel), and how far the atom moves that moves farthest, A.
    budget
        Candidates that it judges in a design.
    budget_hours
        Core-hours that they should take together, where that can be told; None for no limit.
    calibration_share
        Share of both that goes to candidates of which least is known; the rest goes to the best.
    max_core_hours
        Crystals that should take longer are refused; None for no limit.
    """

    name: str = "dft"
    code: DFTCode = field(default_factory=GPAWCode)
    settings: ValidationSettings = DFT_THRESHOLDS
    strain: float = 0.005
    displacement: float = 0.015
    budget: int = 3
    budget_hours: float | None = None
    calibration_share: float = 0.25
    max_core_hours: float | None = None

    def __post_init__(self) -> None:
        """Check the settings.

        Raises
        ------
        DFTError
            If soft modes are to be followed, a number is not positive, the share of calibration
            is no share, or core-hours are limited of a code that cannot tell them.
        """
        if self.settings.follow:
            raise DFTError("a DFT judge follows no soft modes: its settings have follow=0")
        hours = [1.0 if h is None else h for h in (self.max_core_hours, self.budget_hours)]
        if min(self.strain, self.displacement, self.budget, *hours) <= 0:
            raise DFTError("strain, displacement, budget and core-hours must be positive")
        limited = (self.max_core_hours, self.budget_hours) != (None, None)
        if limited and not self.code.tells_costs:
            raise DFTError(
                f"core-hours of {self.code.name} cannot be told beforehand: limit the number of "
                "candidates (budget, --dft-budget) instead of max_core_hours and budget_hours"
            )
        if not 0 <= self.calibration_share <= 1:
            raise DFTError(f"calibration_share is {self.calibration_share}: give 0 to 1")

    @property
    def method(self) -> DFTMethod:
        """All that it decides about its calculations."""
        names = ("code", "strain", "displacement", "max_core_hours")
        return DFTMethod(thresholds=self.settings, **{name: getattr(self, name) for name in names})

    def make(
        self, structures: Structure | list[Structure], sources: list[str] | None = None
    ) -> Job | Flow:
        """Judge crystals; a bad one never spoils the others.

        Parameters
        ----------
        structures
            A list of structures or of references to them; or one structure; or a reference to
            either.
        sources
            What to call them, one word for each.

        Returns
        -------
        Job or Flow
            Its output is a list of :class:`~elatbot_flows.documents.ElasticResult`, one for each
            structure, in their order.
        """
        from pymatgen.core import Structure

        if isinstance(structures, Structure):
            structures = [structures]
        if not isinstance(structures, list):
            later = afresh(judge_later(self, structures, sources))
            later.name = self.name
            return later
        names = sources or [None] * len(structures)  # type: ignore[list-item]
        jobs: list[Any] = []
        ends = []
        for crystal, name in zip(structures, names, strict=True):
            relaxed = relax(self.method, crystal, name)
            relaxed.name = " ".join(filter(None, [self.name, "relax", name]))
            if self.code.by_makers:
                afresh(relaxed)
            measured = afresh(perturb(self.method, self.name, relaxed.output))
            measured.name = " ".join(filter(None, [self.name, "perturb", name]))
            jobs += [relaxed, measured]
            ends.append(measured.output)
        collected = afresh(collect(self.method, ends, structures, names))
        collected.name = f"{self.name} collect"
        return Flow([*jobs, collected], output=collected.output, name=self.name)

    def core_hours(self, structure: Structure) -> float | None:
        """What a crystal should cost, core-hours; None if nobody knows.

        Parameters
        ----------
        structure
            The crystal.

        Raises
        ------
        StructureError
            With the reason why it is not to be computed at all.
        """
        from elatbot_flows.dft.checks import affordable_core_hours, check_for_dft

        check_for_dft(structure, self.method)
        return affordable_core_hours(structure, self.method)

    def record(self) -> MethodRecord:
        """The code, with all that decides its numbers.

        Raises
        ------
        DFTError
            If it is not there.
        """
        return self.method.record()

    def elements(self) -> tuple[str, ...]:
        """Symbols of the elements whose crystals are not refused.

        Raises
        ------
        DFTError
            If the code is not there.
        """
        from elatbot_flows.dft.checks import elements_for_dft

        return elements_for_dft(self.code)
