"""Job: let a text model write materials for a bulk modulus."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import job

from elatbot_flows.documents import MaterialProposal, MaterialProposals, Rate
from elatbot_flows.engines.ask_all import draw_each
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.mini.generator_files import SHIPPED, describe_generator
from elatbot_flows.engines.mini.scope import check_target
from elatbot_flows.errors import ElatbotError, TargetError
from elatbot_flows.jobs.ask.asking import AskMaker, guided, package_versions, plain
from elatbot_flows.jobs.ask.materials import failure_of
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.generation_text import ModulusRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.text.dialects import Dialect
    from elatbot_flows.text.question import Question

__all__ = ["GenerateMaker", "check_scope"]

_MOST = 10_000


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

    See Also
    --------
    AskMaker : The model and how answers are drawn; its `samples` is not used here.
    """

    name: str = "generate materials"
    sampling_temperature: float = 0.95
    top_p: float = 0.7
    top_k: int = 50

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
            imply one.
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
            If no bulk modulus is implied, the shipped model never saw such ones, or `n` is out of
            range.
        """
        if not 1 <= n <= _MOST:
            raise TargetError(f"n is {n}: ask for 1 to {_MOST} materials in one job")
        model = self.text_model()
        model.check_task(Task.GENERATION)
        interval = _interval(bulk_modulus)
        check_scope(model, interval)
        if temperature is None:
            is_target = isinstance(bulk_modulus, DesignTarget)
            temperature = bulk_modulus.temperature if is_target else 0.0  # type: ignore[union-attr]
        engine = self.engine()
        sampling = self.sampling(
            Task.GENERATION, engine, samples=1, seed=self.seed if seed is None else seed
        )
        values = np.random.default_rng(sampling.seed).uniform(interval.low, interval.high, n)
        requests = [ModulusRequest(v, v, temperature) for v in values.round(2).tolist()]
        asked = [_ask(model.words, request) for request in requests]
        answers = draw_each(engine, [guided(q, self.guided) for q in asked], sampling)
        proposals = [
            _proposal(request, answer, model.words)
            for request, answer in zip(requests, answers, strict=True)
        ]
        return MaterialProposals(
            requested=[interval.low, interval.high],
            settings=self.settings(sampling),
            model=self.model_record(engine),
            versions=package_versions(),
            **_counted(proposals),
        )


def _interval(wanted: Any) -> Interval:
    """Interval of Voigt bulk moduli, GPa."""
    if isinstance(wanted, DesignTarget):
        implied = wanted.implied_bulk_modulus()
        if implied is None:
            raise TargetError("the target bounds no bulk modulus: give an interval for it")
        return implied
    if isinstance(wanted, Interval):
        return wanted
    if isinstance(wanted, (int, float)):
        return Interval(wanted, wanted)
    low, high = wanted
    return Interval(low, high)


def check_scope(model: TextModel, interval: Interval) -> None:
    """Refuse bulk moduli (GPa) that cannot be drawn or that the shipped model never saw.

    Raises
    ------
    TargetError
        If an edge is missing, or hardly any training row of the shipped model is near.
    """
    if not all(map(math.isfinite, interval.edges)):
        raise TargetError(f"values are drawn from the interval {interval}: give both edges")
    spec = getattr(model.settings, "model", None)
    if spec in SHIPPED:
        check_target(describe_generator(str(spec)), DesignTarget(bulk_modulus=interval))


def _ask(words: Dialect, request: ModulusRequest) -> Question | Failure:
    try:
        return words.ask_material(request)
    except ElatbotError as error:
        return failure_of(error)


def _proposal(
    request: ModulusRequest, answer: Completion | Failure, words: Dialect
) -> MaterialProposal:
    """What one answer says."""
    fields: dict[str, Any] = {
        "requested_bulk_modulus": request.minimum,
        "temperature": request.temperature,
    }
    if isinstance(answer, Failure):
        return _failed(fields, answer)
    fields |= {"prompt": answer.prompt, "completion": plain(answer)}
    try:
        found = words.read_material(answer.text)
    except ElatbotError as error:
        return _failed(fields, failure_of(error))
    from pymatgen.core import Composition

    elements = sorted(element.symbol for element in Composition(found.formula).elements)
    return MaterialProposal(
        status="proposed",
        formula=found.formula,
        crystal_system=found.crystal_system,
        elements=elements,
        chemsys="-".join(elements),
        **fields,
    )


def _failed(fields: dict[str, Any], failure: Failure) -> MaterialProposal:
    return MaterialProposal(
        status="failed", reason=failure.reason, message=failure.message, **fields
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
