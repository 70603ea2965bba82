"""Job: let a text model propose materials for a target."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from math import erf, sqrt
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import (
    CandidateBatch,
    CandidateDocument,
    GeneratorRecord,
    MethodRecord,
    RunRecord,
)
from elatbot_flows.errors import ParseError, PotentialError
from elatbot_flows.text.compact import parse_answer

if TYPE_CHECKING:
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.mini.generator import Generator
    from elatbot_flows.potentials import Potential
    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["ProposeMaker"]

_PACKAGES = ("elatbot_flows", "atomate2", "ase", "jobflow", "pymatgen", "torch", "transformers")
_HEATING = 0.15
_HOTTEST = 1.5


@dataclass
class ProposeMaker(Maker):
    """Sample materials from a text model and rank them by its own expectation.

    Parameters
    ----------
    name
        The job name.
    generator
        Name of a shipped generator, or directory of one.
    temperature
        Sampling temperature of the first batch. It rises when a batch brings little new.
    oversample
        Distinct materials to sample for each one wanted.
    max_batches
        Batches after which sampling stops, wanted number reached or not.
    """

    name: str = "propose"
    generator: str = "elatbot-mini"
    temperature: float = 0.8
    oversample: int = 10
    max_batches: int = 8

    @job(output_schema=CandidateBatch)
    def make(
        self,
        target: DesignTarget,
        potential: str,
        device: str,
        requested: int,
        seed: int,
        settings: dict[str, Any] | None = None,
    ) -> CandidateBatch:
        """Propose candidates for a target.

        Parameters
        ----------
        target
            What is wanted.
        potential, device
            The potential that will judge; only elements it knows are proposed.
        requested
            Candidates that are to be validated in the end.
        seed
            Same seed, same proposals.
        settings
            Of the steps to come; they tell this run from others.

        Returns
        -------
        CandidateBatch
            Every completion as a candidate; the distinct ones have status ``proposed`` and come
            first, most promising first.
        """
        from elatbot_flows.engines.mini.generator import load_generator
        from elatbot_flows.potentials import load_potential

        generator, judge = load_generator(self.generator), load_potential(potential, device)
        if not set(target.allowed(generator.info.elements)) & set(judge.elements):
            raise PotentialError(
                f"potential {potential} knows none of the elements that are left; "
                "choose another potential or allow other elements"
            )
        run = self._run_record(target, generator, judge, requested, seed, settings or {})
        completions, notes = self._sample(target, generator, judge, requested, seed)
        candidates = [_candidate(run.run_id, i, c) for i, c in enumerate(completions)]
        candidates = _mark_duplicates(candidates)
        candidates = _with_expectation(candidates, generator)
        ranked = sorted(candidates, key=lambda c: -_promise(c, target.implied_bulk_modulus()))
        return CandidateBatch(stage="proposed", run=run, candidates=ranked, notes=notes)

    def _sample(
        self,
        target: DesignTarget,
        generator: Generator,
        judge: Potential,
        requested: int,
        seed: int,
    ) -> tuple[list[Completion], list[str]]:
        """Batches until enough distinct formulas are there, hotter when little is new."""
        wanted, size = self.oversample * requested, max(64, 2 * self.oversample * requested)
        completions: list[Completion] = []
        formulas: set[str] = set()
        temperature = self.temperature
        for batch in range(self.max_batches):
            new = generator.generate(
                target,
                size,
                seed=seed * self.max_batches + batch,
                temperature=temperature,
                elements=judge.elements,
            )
            before = len(formulas)
            formulas.update(_formulas(new))
            completions += new
            if len(formulas) >= wanted:
                return completions, []
            if len(formulas) - before < size // 5:
                temperature = min(temperature + _HEATING, _HOTTEST)
        note = (
            f"{len(completions)} completions gave {len(formulas)} distinct formulas, "
            f"{wanted} were wanted: the element set or the interval leaves no more"
        )
        return completions, [note]

    def _run_record(
        self,
        target: DesignTarget,
        generator: Generator,
        judge: Potential,
        requested: int,
        seed: int,
        settings: dict[str, Any],
    ) -> RunRecord:
        info = generator.info
        record = {
            "target": target.summary(),
            "requested": requested,
            "seed": seed,
            "generator": GeneratorRecord(
                name=self.generator,
                version=info.version,
                weights_sha256=info.weights_sha256,
                parameters=info.parameters,
                temperature=self.temperature,
            ).model_dump(),
            "potential": MethodRecord(**judge.record()).model_dump(),
            "versions": {package: version(package) for package in _PACKAGES},
        }
        text = json.dumps([record, self.as_dict(), settings], sort_keys=True, default=str)
        return RunRecord(run_id=hashlib.sha256(text.encode()).hexdigest()[:12], **record)


def _formulas(completions: list[Completion]) -> set[str]:
    found = set()
    for completion in completions:
        try:
            found.add(parse_answer(completion.text).formula)
        except ParseError:
            continue
    return found


def _candidate(run_id: str, index: int, completion: Completion) -> CandidateDocument:
    """Read one completion; what cannot be read is rejected with the parser's reason."""
    from pymatgen.core import Composition

    document = CandidateDocument(
        candidate_id=f"{run_id}-{index:05d}",
        run_id=run_id,
        completion={k: v for k, v in completion.as_dict().items() if not k.startswith("@")},
    )
    try:
        proposal = parse_answer(completion.text)
    except ParseError as error:
        return document.rejected("unparsable", f"{error.reason}: {error}")
    elements = sorted(element.symbol for element in Composition(proposal.formula).elements)
    return document.updated(
        formula=proposal.formula,
        chemsys="-".join(elements),
        elements=elements,
        nelements=len(elements),
        proposed_crystal_system=proposal.crystal_system,
        crystal_system=proposal.crystal_system,
    )


def _mark_duplicates(candidates: list[CandidateDocument]) -> list[CandidateDocument]:
    """Keep one candidate per formula, in the crystal system proposed most often for it."""
    systems: dict[str, Counter[str]] = {}
    for candidate in candidates:
        if candidate.formula and candidate.proposed_crystal_system:
            systems.setdefault(candidate.formula, Counter())[candidate.proposed_crystal_system] += 1
    favourite = {formula: counter.most_common(1)[0][0] for formula, counter in systems.items()}
    kept: dict[str, str] = {}
    result = []
    for candidate in candidates:
        formula = candidate.formula
        if formula is None:
            result.append(candidate)
        elif formula not in kept and candidate.proposed_crystal_system == favourite[formula]:
            kept[formula] = candidate.candidate_id
            result.append(candidate)
        else:
            message = f"{formula} was proposed more than once"
            result.append(candidate.rejected("duplicate", message))
    return result


def _with_expectation(
    candidates: list[CandidateDocument], generator: Generator
) -> list[CandidateDocument]:
    """Let the text model say which bulk modulus it expects of the distinct candidates."""
    distinct = [c for c in candidates if c.status == "proposed"]
    pairs = [(str(c.formula), str(c.proposed_crystal_system)) for c in distinct]
    moments = dict(
        zip((c.candidate_id for c in distinct), generator.predict_bulk_modulus(pairs), strict=True)
    )
    return [
        candidate.updated(
            predicted_bulk_modulus=moments[candidate.candidate_id][0],
            predicted_bulk_modulus_std=moments[candidate.candidate_id][1],
            novel=generator.is_novel(str(candidate.formula)),
        )
        if candidate.candidate_id in moments
        else candidate
        for candidate in candidates
    ]


def _promise(candidate: CandidateDocument, interval: Interval | None) -> float:
    """Probability that the bulk modulus lies in the interval, if it were normally distributed."""
    if candidate.status != "proposed":
        return -1.0
    mean, std = candidate.predicted_bulk_modulus, candidate.predicted_bulk_modulus_std
    if interval is None or mean is None or std is None:
        return 0.0
    width = sqrt(2) * max(std, 1.0)
    return 0.5 * (erf((interval.high - mean) / width) - erf((interval.low - mean) / width))
