"""Job: let a text model write materials for moduli."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.documents import MaterialProposal, MaterialProposals, Rate
from elatbot_flows.engines.drawing import draw_with
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.ask.asking import AskMaker, package_versions, plain
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.drawing import Drawn

__all__ = ["ANY_SITES", "GenerateMaker"]

_MOST = 10_000
ANY_SITES = 100_000
"""Most atoms of a primitive cell where nothing is built of it."""


@dataclass
class GenerateMaker(AskMaker):
    """Ask a text model for materials with a given Voigt bulk modulus.

    Answers are a formula and a crystal system. Models were trained on exact values, so each answer
    is asked for one value, drawn from the interval. Sampling is that of the published generations.

    Parameters
    ----------
    name
        The job name.
    sampling_temperature, top_p, top_k
        How bold answers are; lower values repeat themselves.
    guidance
        How much more closely than they were taught answers follow the moduli; None for the
        model's own.

    See Also
    --------
    AskMaker : The model and how answers are drawn; its `samples` is not used here.
    """

    name: str = "generate materials"
    sampling_temperature: float = 0.95
    top_p: float = 0.7
    top_k: int = 50
    guidance: float | None = None

    @job(output_schema=MaterialProposals)
    def make(
        self,
        bulk_modulus: float | Interval | DesignTarget | Sequence[float],
        n: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> MaterialProposals:
        """Ask `n` times; every answer is kept.

        Parameters
        ----------
        bulk_modulus
            GPa: a value, an interval as `Interval` or ``(low, high)``, or a target whose intervals
            imply one; a shear modulus in it is asked for where the model can be told one
            (``"elatbot-mini"``).
        n
            Number of answers.
        temperature
            Of the material, K; by default that of the target, else 0 K.
        seed
            Overrules that of the Maker; draws the values too.

        Raises
        ------
        EngineError
            If the model cannot be loaded or does not generate.
        TargetError
            If the model cannot be asked for it, or `n` is out of range.
        """
        if not 1 <= n <= _MOST:
            raise TargetError(f"n is {n}: ask for 1 to {_MOST} materials in one job")
        target, model = _target(bulk_modulus, temperature), self.text_model()
        model.check_target(target)
        engine = self.engine()
        chosen = self.seed if seed is None else seed
        sampling = self.sampling(Task.GENERATION, samples=1, seed=chosen, guidance=self.guidance)
        drawn = draw_with(model, engine, target, n, sampling, guided=self.guided)
        return MaterialProposals(
            requested=_requested(target),
            settings=self.settings(sampling),
            model=self.model_record(engine),
            versions=package_versions(),
            **_counted([_proposal(each, target.temperature) for each in drawn]),
        )


def _target(wanted: Any, temperature: float | None) -> DesignTarget:
    """What is wanted, as a target."""
    if isinstance(wanted, DesignTarget):
        return wanted if temperature is None else replace(wanted, temperature=temperature)
    if isinstance(wanted, (int, float)):
        wanted = (wanted, wanted)
    interval = wanted if isinstance(wanted, Interval) else Interval(*wanted)
    return DesignTarget(interval, temperature=temperature or 0.0, max_sites=ANY_SITES)


def _requested(target: DesignTarget) -> list[float | None]:
    interval = target.implied_bulk_modulus()
    edges = (None, None) if interval is None else (interval.low, interval.high)
    return [edge if edge is not None and isfinite(edge) else None for edge in edges]


def _proposal(drawn: Drawn, temperature: float) -> MaterialProposal:
    """What one answer says."""
    elements: list[str] = []
    if drawn.formula is not None:
        from pymatgen.core import Composition

        elements = sorted(element.symbol for element in Composition(drawn.formula).elements)
    answer = drawn.completion
    return MaterialProposal(
        requested_bulk_modulus=drawn.bulk_modulus,
        requested_shear_modulus=drawn.shear_modulus,
        temperature=temperature,
        status="proposed" if drawn.reason is None else "failed",
        reason=drawn.reason,
        message=drawn.message,
        formula=drawn.formula,
        crystal_system=drawn.crystal_system,
        elements=elements,
        chemsys="-".join(elements) or None,
        prompt=None if answer is None else answer.prompt,
        completion=None if answer is None else plain(answer),
    )


def _counted(proposals: list[MaterialProposal]) -> dict[str, Any]:
    """Proposals with repeats marked, and counts over them."""
    seen: set[tuple[str | None, str | None]] = set()
    marked = []
    for proposal in proposals:
        key = (proposal.formula, proposal.crystal_system)
        repeated = proposal.status == "proposed" and key in seen
        marked.append(proposal.model_copy(update={"duplicate": repeated}))
        seen.add(key)
    readable = [p for p in marked if p.status == "proposed"]
    return {
        "proposals": marked,
        "readable": Rate.make(len(readable), len(marked)),
        "distinct": Rate.make(sum(not p.duplicate for p in readable), len(readable)),
        "reasons": dict(Counter(str(p.reason) for p in marked if p.status == "failed")),
    }
