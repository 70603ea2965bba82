"""What a run found, who took part in it, and how far to trust it, in sentences."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from elatbot_flows.report.evidence import judges_of
from elatbot_flows.report.words import (
    estimated,
    listed,
    method_name,
    probability_words,
    spacegroup_symbol,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument, MethodRecord, RunRecord

__all__ = ["estimate_words", "limits", "origin_words", "result_sentence"]

_HASH = 12
_MAGNETIC = {"Cr", "Mn", "Fe", "Co", "Ni"}
_PLACED = (
    "The hull is that of one potential and of the phases it was made of: others may lie lower."
)
_NOT_PLACED = (
    "Mechanical stability was checked, thermodynamic stability was not: a material may decompose "
    "into others."
)
_UNSEEN = (
    "Unseen: the formula is not among those the generator was trained on. Others may well know it."
)
_BUILT = "Another crystal of the same formula may be lower in energy than all that were built."
_BEHIND = (
    "Of equal verdict, materials rank behind others whatever their probability if their crystal is "
    "no minimum, by the doubled cell or by a judge, and last if the hull calls them unstable."
)
_GUESSED = "their intervals are what its settings are believed to leave, which nothing confirms"
_UNCALIBRATED = "There is no estimate where the calibration knows none of the judges."


def result_sentence(result: DesignResult) -> str:
    """What the run found, in one sentence or two."""
    found, counts = result.passed, result.document.counts
    if not found:
        return (
            f"No candidate passed: of {counts.generated} proposed, {counts.judged} were shown to "
            "the judges."
        )
    candidates = "candidate" if len(found) == 1 else "candidates"
    if result.document.run.target is None:
        return f"{len(found)} of {counts.distinct} materials passed all gates of a judge."
    meets = "meets" if counts.hits == 1 else "meet"
    first = f"{counts.hits} of {len(found)} {candidates}"
    if not counts.hits:
        meets, first = "meets", f"None of {len(found)} {candidates}"
    sure = f"{first} {meets} the target with a probability of one half or more"
    undecided = f", {counts.open} more may" if counts.open else ""
    return f"{sure}{undecided}; {'best' if counts.hits else 'likeliest'}: {_best(found[0])}."


def _best(candidate: CandidateDocument) -> str:
    symbol = spacegroup_symbol(candidate.spacegroup_number)
    words = [f"{candidate.formula}{f' ({symbol})' if symbol else ''}"]
    if (name := candidate.limiting_property) is not None:
        words.append(f"{PROPERTIES[name].symbol} {estimate_words(candidate, name)}")
    if candidate.probability is not None:
        words.append(f"probability {probability_words(candidate.probability)}")
    return ", ".join(words)


def estimate_words(candidate: CandidateDocument, name: str) -> str:
    """Estimate of a property with its interval and unit: ``"147 (131 to 163) GPa"``."""
    if candidate.estimate is None:
        return "unknown"
    found = getattr(candidate.estimate, name)
    value, low, high = (estimated(v, name) for v in (found.value, found.low, found.high))
    return f"{value} ({low} to {high}) {PROPERTIES[name].unit}".rstrip()


def origin_words(run: RunRecord) -> str:
    """Run, seed, and who took part, with versions and the beginning of their weights' hashes."""
    judges = listed([_with_version(judge) for judge in run.judges])
    if run.generator is None:
        return f"Run {run.run_id}. Materials were given, judged by {judges}."
    model = run.generator
    adapter = f" with adapter {model.adapter}" if model.adapter else ""
    proposed = f"{model.name}{adapter}{_weights(model.weights_sha256)}"
    return f"Run {run.run_id}, seed {run.seed}. Proposed by {proposed}, judged by {judges}."


def _with_version(record: MethodRecord) -> str:
    package = f" in {record.package} {record.package_version}" if record.package else ""
    return f"{method_name(record)}{package}{_weights(record.weights_sha256)}"


def _weights(sha256: str | None) -> str:
    """The beginning of a hash in brackets, or nothing."""
    return f" (weights {sha256[:_HASH]})" if sha256 else ""


def limits(result: DesignResult) -> list[str]:
    """What a reader must know before trusting a number."""
    run, found = result.document.run, result.passed
    return [
        *_about_estimates(found),
        *_about_magnets(found),
        *([_BUILT] if any(len(c.polymorphs) > 1 for c in found) else []),
        _PLACED if any(c.hull for c in found) else _NOT_PLACED,
        *([_BEHIND] if any(c.doubts for c in found) else []),
        *([_UNSEEN] if run.generator is not None else []),
    ]


def _about_estimates(found: Sequence[CandidateDocument]) -> list[str]:
    who = judges_of(found)
    estimates = [c.estimate for c in found if c.estimate is not None]
    lines = []
    if estimates:
        said = f"{listed(who)} {'say' if len(who) > 1 else 'says'}"
        checked = any(e.result.judge.kind == "dft" for c in found for e in c.evidence)
        by_hand = "" if checked else "no density functional theory was run for them, "
        lines.append(
            f"Moduli are estimated from the composition and from what {said}; {by_hand}nothing was "
            "measured."
        )
    lines += [
        f"The 90 % intervals were calibrated on {words}."
        for words in dict.fromkeys(e.calibrated_on for e in estimates if e.calibrated_on)
    ]
    lines += [
        f"As {r.number} candidates of earlier runs by DFT suggested, K was then multiplied by "
        f"{exp(r.bulk_shift):.3f}, G by {exp(r.shear_shift):.3f}, spreads by {r.spread_factor:.2f}."
        for r in {e.refit.model_dump_json(): e.refit for e in estimates if e.refit}.values()
    ]
    if n := sum(c.dft is not None and c.dft.status == "measured" for c in found):
        lines.append(f"{n} estimates are those of a density functional; {_GUESSED}.")
    unused = sorted({name for estimate in estimates for name in estimate.unused})
    if unused:
        lines.append(f"Not in the estimates, for want of a calibration: {', '.join(unused)}.")
    if len(estimates) < len(found):
        lines.append(_UNCALIBRATED)
    return lines


def _about_magnets(found: Sequence[CandidateDocument]) -> list[str]:
    """Say so where a material may be magnetic."""
    elements = sorted(_MAGNETIC & {element for c in found for element in c.elements})
    if not elements:
        return []
    words = f"Materials with {listed(elements)} may be magnetic, which these potentials know only"
    return [f"{words} through their training data: expect larger errors."]
