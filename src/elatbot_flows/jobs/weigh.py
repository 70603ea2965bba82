"""From all evidence on a candidate to its estimate, its verdict, and what to know before use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, ElasticResult, Refit
    from elatbot_flows.targets import DesignTarget

__all__ = ["weighed"]

HIGHEST = 0.025
"""Above this energy over the lowest crystal found, eV/atom, nothing is called a hit."""

_OF_THE_CRYSTAL = ("structure", "crystal_system", "spacegroup_number", "nsites", "volume_per_atom")


def weighed(
    candidate: CandidateDocument, target: DesignTarget | None, refit: Refit | None = None
) -> CandidateDocument:
    """What follows from the evidence on the crystal that stands for a candidate.

    Parameters
    ----------
    candidate
        With evidence on its present crystal.
    target
        What is asked for; without it there is no verdict.
    refit
        By what estimates are shifted and widened after their calibration.

    Returns
    -------
    CandidateDocument
        Passed, with estimate and verdict; or failed; or unchanged but for its next crystal.
    """
    said = [e.result for e in candidate.evidence if e.polymorph == candidate.polymorph]
    passed = [result for result in said if result.status == "passed"]
    if not passed:
        return _next_crystal(candidate)
    from elatbot_flows.crystals.recognition import known_as

    best = passed[0]
    above = _above_ground_state(candidate)
    candidate = candidate.updated(
        rung="judge",
        status="passed",
        reason=None,
        message=None,
        above_ground_state=above,
        known_as=None if best.structure is None else known_as(best.structure),
        flags=_flags(candidate, said, above),
        **{name: getattr(best, name) for name in _OF_THE_CRYSTAL},
    )
    return _with_verdict(candidate, best, target, refit)


def _next_crystal(candidate: CandidateDocument) -> CandidateDocument:
    """Hand the candidate back with its next crystal, or give it up."""
    if candidate.polymorph + 1 < len(candidate.polymorphs):
        return candidate.updated(polymorph=candidate.polymorph + 1)
    first = next(e.result for e in candidate.evidence if e.polymorph is not None)
    facts = {name: getattr(first, name) for name in _OF_THE_CRYSTAL}
    failed = candidate.failed(str(first.reason), str(first.message))
    return failed.updated(rung="judge", polymorph=0, **facts)


def _above_ground_state(candidate: CandidateDocument) -> float | None:
    """Energy of the present crystal above the lowest one, eV/atom, by the screening potential."""
    own = candidate.polymorphs[candidate.polymorph].energy_per_atom
    lowest = candidate.polymorphs[0].energy_per_atom
    return None if own is None or lowest is None else own - lowest


def _with_verdict(
    candidate: CandidateDocument,
    best: ElasticResult,
    target: DesignTarget | None,
    refit: Refit | None,
) -> CandidateDocument:
    """Estimate and verdict out of what was said of this crystal and of the formula."""
    from elatbot_flows.uncertainty.calibration import load_calibration
    from elatbot_flows.uncertainty.verdict import judge

    relevant = [
        _as_calibrated(e.result)
        for e in candidate.evidence
        if e.polymorph in (None, candidate.polymorph)
    ]
    calibration = load_calibration().refitted(refit)
    joint = calibration.estimate(relevant, str(candidate.formula), best.volume_per_atom)
    if joint is None:
        return candidate
    estimate = joint.document()
    fields: dict[str, Any] = {"estimate": estimate}
    fields |= {name: getattr(estimate, name).value for name in PROPERTIES}
    if target is not None:
        verdict = judge(joint, target.intervals())
        word = verdict.verdict
        if word == "hit" and (candidate.above_ground_state or 0.0) > HIGHEST:
            word = "open"
        fields |= {
            "verdict": word,
            "probability": verdict.probability,
            "probabilities": verdict.probabilities or {},
            "limiting_property": verdict.limiting_property,
        }
    return candidate.updated(**fields)


def _as_calibrated(result: ElasticResult) -> ElasticResult:
    """The result without a shear modulus, if a saddle was followed.

    The calibration was made without following, and a potential may have invented the saddle (7net-0
    does for vanadium): the bulk modulus hardly feels it, the shear modulus does.
    """
    return result.model_copy(update={"shear_modulus": None}) if result.modes_followed else result


def _flags(
    candidate: CandidateDocument, said: list[ElasticResult], above: float | None
) -> list[str]:
    """What to know before trusting it, for people."""
    flags = []
    if candidate.polymorph > 0:
        lowest = next(e.result for e in candidate.evidence if e.polymorph == 0)
        energy = "" if above is None else f"{1000 * above:.0f} meV/atom "
        flags.append(f"{energy}above the lowest crystal found, which failed: {lowest.message}")
    for result in said:
        who = result.judge.name.rstrip("/").rpartition("/")[2]
        if result.status != "passed":
            flags.append(f"{who} does not let it pass: {result.message}")
        elif result.modes_followed:
            flags.append(
                f"{who}: followed {result.modes_followed} soft mode(s) from space group "
                f"{result.initial_spacegroup_number} to {result.spacegroup_number}; its shear "
                "modulus does not count"
            )
        flags += [f"{who}: {words}" for words in result.near_gates]
    return flags
