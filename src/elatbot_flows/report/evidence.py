"""Who said what of the crystal that stands for a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.report.words import method_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elatbot_flows.documents import CandidateDocument, ElasticResult, Estimate

__all__ = ["crystal_type", "crystal_words", "judges_of", "remarks", "said_by", "stands_for"]

_SAME_ENERGY = 1e-9  # eV/atom


def judges_of(candidates: Iterable[CandidateDocument]) -> list[str]:
    """Short names of all who said something, judges of crystals before text models."""
    found: dict[str, bool] = {}
    for candidate in candidates:
        for evidence in candidate.evidence:
            found.setdefault(method_name(evidence.result.judge), evidence.polymorph is None)
    return sorted(found, key=found.__getitem__)


def said_by(candidate: CandidateDocument, judge: str) -> ElasticResult | None:
    """What a judge says of the crystal that stands for a candidate, or of its formula."""
    for evidence in candidate.evidence:
        own = evidence.polymorph in (None, candidate.polymorph)
        if own and method_name(evidence.result.judge) == judge:
            return evidence.result
    return None


def stands_for(candidate: CandidateDocument) -> str:
    """Which of its crystals stands for a candidate, and nothing that its numbers do not say."""
    total, above = len(candidate.polymorphs), candidate.above_ground_state
    if not total:
        return "No crystal."
    if total == 1:
        return "There is one crystal."
    words = f"Crystal {candidate.polymorph + 1} of {total} stands for it"
    if above is None:
        return f"{words}."
    if abs(above) < _SAME_ENERGY:
        return f"{words}, the lowest in energy of those kept."
    return f"{words}, {1000 * above:.0f} meV/atom above the lowest."


def crystal_words(candidate: CandidateDocument, place: int | None) -> str:
    """What to call a crystal of a candidate; None is the formula alone."""
    if place is None:
        return "formula"
    return f"crystal {place + 1}" if candidate.polymorphs else "crystal"


def crystal_type(candidate: CandidateDocument) -> str | None:
    """The type that its crystal decorates, ``"L1_2"``; None if it has none or is known by name."""
    name = candidate.known_as or ""
    return name.removesuffix(" type") if name.endswith(" type") else None


def remarks(candidate: CandidateDocument) -> list[str]:
    """What to know before trusting it: what it is known as, flags, and sources that differ."""
    named = candidate.known_as is not None and crystal_type(candidate) is None
    known = [f"known as {candidate.known_as}"] if named else []
    return [*known, *candidate.flags, *_differences(candidate.estimate)]


def _differences(estimate: Estimate | None) -> list[str]:
    """How the sources of an estimate stand to each other, where they do not agree."""
    if estimate is None or estimate.disagreement == "agree":
        return []
    outlier = f"; probably far off: {estimate.outlier}" if estimate.outlier else ""
    usual = f"their spread is {estimate.spread_factor:.1f} times the usual one"
    return [f"the sources {estimate.disagreement}: {usual}{outlier}"]
