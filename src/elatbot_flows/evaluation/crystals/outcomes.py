"""What physics said of generated crystals, as far as it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.documents.rows import OUTRANKED
from elatbot_flows.evaluation.crystals.generated import GeneratedCrystal

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.documents import CandidateDocument

__all__ = ["Outcome", "generated_of", "outcome_of", "was_tried"]


@dataclass(frozen=True)
class Outcome:
    """What became of one crystal.

    Parameters
    ----------
    relaxed
        Whether its relaxation converged.
    passed
        Whether it passed the gates: elements, distances, convergence, soft modes, Born stability.
    status
        ``"stable"``, ``"metastable"``, ``"unstable"`` or ``"unknown"`` on the hull; None if it was
        not placed.
    hit
        Whether it meets the target with a probability of one half or more; None without a target.
    reason
        Why it did not pass.
    structure
        The relaxed crystal.
    """

    relaxed: bool
    passed: bool
    status: str | None = None
    hit: bool | None = None
    reason: str | None = None
    structure: Structure | None = None


def outcome_of(candidate: CandidateDocument, *, target: bool) -> Outcome:
    """What a candidate of a run says.

    Parameters
    ----------
    candidate
        One whose crystal was given.
    target
        Whether the run had a target.
    """
    relaxed = [e.result for e in candidate.evidence if e.result.relaxed]
    structure = candidate.structure or next((r.structure for r in relaxed), None)
    return Outcome(
        relaxed=bool(relaxed),
        passed=candidate.status == "passed",
        status=None if candidate.hull is None else candidate.hull.status,
        hit=candidate.verdict == "hit" if target else None,
        reason=candidate.reason,
        structure=structure,
    )


def generated_of(candidate: CandidateDocument) -> GeneratedCrystal:
    """The crystal that a candidate of a run had before judges relaxed it, named by its identifier.

    Parameters
    ----------
    candidate
        One that was tried.
    """
    if not candidate.polymorphs:
        reason = candidate.reason or "no_crystal"
        return GeneratedCrystal(candidate.candidate_id, reason=reason, message=candidate.message)
    crystal = candidate.polymorphs[candidate.polymorph].structure
    return GeneratedCrystal(candidate.candidate_id, crystal, formula=candidate.formula)


def was_tried(candidate: CandidateDocument) -> bool:
    """Whether anything can be said of a candidate: others came first of those that were not."""
    return candidate.status not in {"proposed", "built"} and candidate.reason not in OUTRANKED
