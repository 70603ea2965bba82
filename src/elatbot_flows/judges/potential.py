"""The judge that relaxes crystals and strains them with an interatomic potential."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from jobflow import Maker, job

from elatbot_flows.documents import ElasticResult, MethodRecord
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.recall import TRANSIENT, recalled
from elatbot_flows.stability.cache import potential_identity

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.potentials import Potential

__all__ = ["PotentialJudge"]


@dataclass
class PotentialJudge(Maker):
    """Relax crystals and compute their elastic tensors, one result for each.

    Goes behind any job that ends in a structure or a list of structures:
    ``PotentialJudge().make(relax_job.output.structure)``.

    Parameters
    ----------
    name
        The job name.
    potential, device, dtype
        The potential, where it runs and in which precision; None for the model's own.
    settings
        Method, thresholds and gates.
    raise_on_failure
        Whether a crystal that does not pass fails the job, for flows whose next step needs a tensor
        of each. Otherwise it is a result with a reason.
    recall
        Whether what earlier runs of this user computed is taken over: the same crystal, weights and
        settings give the same result. It says so, and has cost no evaluation.
    """

    name: str = "judge"
    potential: str = "7net-0"
    device: str = "cpu"
    dtype: str | None = None
    settings: ValidationSettings = field(default_factory=ValidationSettings)
    raise_on_failure: bool = False
    recall: bool = False

    @job
    def make(
        self, structures: Structure | list[Structure], sources: list[str] | None = None
    ) -> list[ElasticResult]:
        """Judge some crystals; a bad one never spoils the others.

        Parameters
        ----------
        structures
            A list of structures, or one.
        sources
            What to call them, one word for each.

        Returns
        -------
        list of ElasticResult
            One for each structure, in their order.

        Raises
        ------
        PotentialError
            If the potential cannot be loaded, or a crystal does not pass and that was to be one.
        """
        from elatbot_flows.potentials import load_potential
        from elatbot_flows.potentials.side_by_side import side_by_side

        potential = load_potential(self.potential, self.device, self.dtype)
        crystals = structures if isinstance(structures, list) else [structures]
        names: list[str] | list[None] = sources or [None] * len(crystals)
        tasks = [
            partial(self._judged, crystal, name)
            for crystal, name in zip(crystals, names, strict=True)
        ]
        results = side_by_side(tasks, potential)
        failed = [result for result in results if result.status == "failed"]
        if failed and self.raise_on_failure:
            reasons = "; ".join(f"{one.source or one.formula}: {one.message}" for one in failed)
            raise PotentialError(f"{len(failed)} of {len(results)} crystals failed: {reasons}")
        return results

    def _judged(
        self, crystal: Structure, source: str | None, potential: Potential
    ) -> ElasticResult:
        """What it says of one crystal, or said of it in an earlier run."""
        from elatbot_flows.potentials.validation import validate_crystal

        if not self.recall:
            return validate_crystal(crystal, potential, self.settings, source=source)
        question = [crystal, potential_identity(potential.record()), asdict(self.settings)]
        known, before = recalled(
            "judge",
            question,
            lambda: validate_crystal(crystal, potential, self.settings).model_dump(),
            worth=lambda answer: answer["reason"] not in TRANSIENT,
        )
        result = ElasticResult.model_validate(known)
        spent = {"recalled": True, "evaluations": 0} if before else {}
        return result.updated(source=source, **spent)

    def record(self) -> MethodRecord:
        """The potential, with the hash of its weights and the settings of this judge.

        Raises
        ------
        PotentialError
            If it cannot be loaded.
        """
        from elatbot_flows.potentials import load_potential

        potential = load_potential(self.potential, self.device, self.dtype)
        return MethodRecord(**potential.record() | {"settings": asdict(self.settings)})

    def elements(self) -> tuple[str, ...]:
        """Symbols of the elements that the potential knows."""
        from elatbot_flows.potentials import load_potential

        return load_potential(self.potential, self.device, self.dtype).elements
