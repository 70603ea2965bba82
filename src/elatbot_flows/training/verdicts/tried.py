"""Materials that were proposed and judged: which of them are hits, which are misses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.errors import ParseError, TrainingError
from elatbot_flows.targets import DesignTarget
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.formula import reduced_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["MODULI", "Tried", "VerdictSettings", "judged_materials"]

MODULI = ("bulk_modulus", "shear_modulus")
"""What a question may ask for."""


@dataclass(frozen=True)
class VerdictSettings(MSONable):
    """Which candidates are learned from, and how lessons are made of them.

    Parameters
    ----------
    target
        Only candidates proposed for it; None for all, each with the target it was proposed for.
        Candidates that tell none count as proposed for it.
    run_id, tags
        Only candidates of this run, and with this tag, where they come from a store.
    unseen_only
        Leave out hits that the model was trained on: it knows them.
    max_above_hull
        Leave out hits further above the hull, eV/atom, and those that were never placed; None to
        leave out none.
    pairs_each
        Misses that a hit is compared with, at most.
    validation
        Share of the formulas that choose the weights.
    without_test_formulas
        Leave out candidates that are about a formula of the test records; otherwise they are
        refused as a leak.
    seed
        Of what is drawn: pairs, elements that questions list, the division.

    Raises
    ------
    TrainingError
        If a number is out of range.
    """

    target: DesignTarget | None = None
    run_id: str | None = None
    tags: str | None = None
    unseen_only: bool = True
    max_above_hull: float | None = None
    pairs_each: int = 4
    validation: float = 0.1
    without_test_formulas: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pairs_each < 1 or not 0 <= self.validation < 1 or self.seed < 0:
            raise TrainingError(
                f"pairs_each ({self.pairs_each}) must be at least 1, validation "
                f"({self.validation}) from 0 to below 1, seed ({self.seed}) at least 0"
            )

    def criteria(self) -> dict[str, Any]:
        """MongoDB criteria of the candidates in a collection that may be learned from."""
        wanted = {"run_id": self.run_id, "tags": self.tags}
        return {"status": {"$in": ["passed", "failed"]}} | {k: v for k, v in wanted.items() if v}


@dataclass(frozen=True)
class Tried:
    """A material with a verdict.

    Parameters
    ----------
    candidate_id
        Of the candidate.
    material
        As it was proposed.
    target
        What it was proposed for.
    hit
        Whether it is what was wanted.
    moduli
        What is known of it by name, ``"bulk_modulus"`` and ``"shear_modulus"``, GPa.
    judges
        Who judged.
    """

    candidate_id: str
    material: Proposal
    target: DesignTarget
    hit: bool
    moduli: Mapping[str, float]
    judges: tuple[str, ...]


def judged_materials(
    candidates: Iterable[Mapping[str, Any]],
    settings: VerdictSettings,
    is_unseen: Callable[[str], bool | None],
) -> tuple[list[Tried], dict[str, int]]:
    """Hits and misses among candidates, each formula once for each target.

    A hit has the verdict ``"hit"``. A miss has the verdict ``"miss"``, or no judge let it pass.

    Parameters
    ----------
    candidates
        Documents of the collection (`elatbot_flows.documents.published.PublishedCandidate`), or of
        a run (`elatbot_flows.documents.CandidateDocument`), as plain values.
    settings
        Which of them.
    is_unseen
        Whether the model that will be taught was not trained on a formula; None if nobody knows.

    Returns
    -------
    list of Tried
        By identifier.
    dict
        How many were left out, by reason: ``"not_judged"``, ``"open"`` (neither hit nor miss),
        ``"no_material"``, ``"no_target"``, ``"other_target"``, ``"seen"``, ``"above_hull"``,
        ``"repeated"``, ``"contradicted"`` (a hit in one run, a miss in another).
    """
    left: Counter[str] = Counter()
    found: dict[tuple[DesignTarget, str], list[Tried]] = {}
    for candidate in sorted(candidates, key=lambda one: str(one["candidate_id"])):
        try:
            one = _tried(candidate, settings)
            _check_hit(one, candidate, settings, is_unseen)
        except ParseError as error:
            left[error.reason] += 1
        else:
            found.setdefault((one.target, one.material.formula), []).append(one)
    kept = []
    for same in found.values():
        agree = len({one.hit for one in same}) == 1
        left["repeated" if agree else "contradicted"] += len(same) - agree
        kept += same[:1] if agree else []
    return kept, {reason: count for reason, count in sorted(left.items()) if count}


def _tried(candidate: Mapping[str, Any], settings: VerdictSettings) -> Tried:
    status, word = candidate.get("status"), candidate.get("verdict")
    if candidate.get("kind") == "prediction" or status not in ("passed", "failed"):
        raise ParseError("nobody judged it", reason="not_judged")
    if status == "passed" and word not in ("hit", "miss"):
        raise ParseError("it is neither hit nor miss", reason="open")
    system = candidate.get("proposed_crystal_system") or candidate.get("crystal_system")
    if candidate.get("formula") is None or system is None:
        raise ParseError("it has no formula or no crystal system", reason="no_material")
    return Tried(
        candidate_id=str(candidate["candidate_id"]),
        material=Proposal(reduced_formula(candidate["formula"]), system),
        target=_target(candidate, settings.target),
        hit=status == "passed" and word == "hit",
        moduli={name: candidate[name] for name in MODULI if candidate.get(name) is not None},
        judges=_judges(candidate),
    )


def _target(candidate: Mapping[str, Any], wanted: DesignTarget | None) -> DesignTarget:
    said = candidate.get("target") or (candidate.get("run") or {}).get("target")
    target = wanted if said is None else DesignTarget(**said)
    if target is None:
        raise ParseError("nobody says what it was proposed for", reason="no_target")
    if wanted is not None and target != wanted:
        raise ParseError("it was proposed for another target", reason="other_target")
    return target


def _check_hit(
    one: Tried,
    candidate: Mapping[str, Any],
    settings: VerdictSettings,
    is_unseen: Callable[[str], bool | None],
) -> None:
    if not one.hit:
        return
    if settings.unseen_only and is_unseen(one.material.formula) is False:
        raise ParseError("the model was trained on it", reason="seen")
    above, most = candidate.get("energy_above_hull"), settings.max_above_hull
    if most is not None and (above is None or above > most):
        raise ParseError("it is above the hull, or was not placed", reason="above_hull")


def _judges(candidate: Mapping[str, Any]) -> tuple[str, ...]:
    said = candidate.get("judges")
    if said is None:
        results = (one["result"] for one in candidate.get("evidence") or ())
        said = [r["judge"]["name"] for r in results if r["judge"]["kind"] != "text"]
    return tuple(dict.fromkeys(said))
