"""Which candidates a density functional is asked about: the best ones, and some that teach most."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import DFTChoice
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymatgen.core import Structure

    from elatbot_flows.documents import CandidateDocument
    from elatbot_flows.judges import Judge

__all__ = ["LOOKED_AT", "chosen_for_dft", "crystal_for_dft"]

LOOKED_AT = 10
"""Candidates that are looked at for each one that can be chosen: to estimate costs takes time."""

_WORDS = {"hit": 0, "open": 1, "miss": 2, "unknown": 3}
_WHY = {
    "best": "among the best for what it costs",
    "calibration": "what is said of it is least sure for what it costs",
    "outranked": "others came first",
}


@dataclass
class _Choice:
    """Who is chosen so far, by place, and what they should cost."""

    offers: list[DFTChoice]
    chosen: dict[int, DFTChoice] = field(default_factory=dict)
    hours: float = 0.0

    def take(self, order: Sequence[int], reason: str, number: int, hours: float) -> None:
        """Choose in this order until there are so many, but nobody who makes it cost more."""
        for place in order:
            cost = self.offers[place].core_hours or 0.0
            if place in self.chosen or len(self.chosen) >= number or self.hours + cost > hours:
                continue
            self.hours += cost
            told = {"chosen": True, "reason": reason, "message": _WHY[reason]}
            self.chosen[place] = self.offers[place].model_copy(update=told)


def chosen_for_dft(candidates: Sequence[CandidateDocument], judge: Judge) -> list[DFTChoice]:
    """For each candidate whether it is to be judged, and why.

    Value is the probability of a hit, for the share of calibration uncertainty and disagreement of
    whoever judged before; both are taken over what the budget counts: core-hours where they are
    limited, otherwise candidates, of which each costs one and cheaper ones go first among equals.
    Hits go before open ones, and among them those with fewer doubts.

    Parameters
    ----------
    candidates
        With crystals, estimates and probabilities.
    judge
        With a `budget`; where it has them also with `budget_hours`, `calibration_share` and
        `core_hours(structure)`.
    """
    number: int = judge.budget  # type: ignore[attr-defined]
    hours: float | None = getattr(judge, "budget_hours", None)
    share: float = getattr(judge, "calibration_share", 0.0)
    choice = _Choice([_offer(candidate, judge) for candidate in candidates])
    open_ = [place for place, offer in enumerate(choice.offers) if offer.reason == "outranked"]
    price = _price([choice.offers[place] for place in open_], counted=hours is not None)
    best = sorted(open_, key=lambda place: _rank(candidates[place], choice.offers[place], price))
    unsure = sorted(open_, key=lambda place: _doubt(candidates[place], choice.offers[place], price))
    limit = math.inf if hours is None else hours
    aside = round(share * number) if len(open_) > number or hours is not None else 0
    choice.take(best, "best", number - aside, (1 - share) * limit)
    choice.take(unsure, "calibration", min(number, len(choice.chosen) + aside), limit)
    choice.take(best, "best", number, limit)
    return [choice.chosen.get(place, offer) for place, offer in enumerate(choice.offers)]


def crystal_for_dft(candidate: CandidateDocument) -> Structure | None:
    """The crystal that a density functional is asked about.

    It is that of the candidate, unless a judge that let it pass found the crystal as built to be a
    saddle: then the end of the longest way downhill, by energy.

    Parameters
    ----------
    candidate
        With what the judges said.
    """
    end = candidate.lower_end
    return candidate.structure if end is None else end.structure


def _offer(candidate: CandidateDocument, judge: Judge) -> DFTChoice:
    """What is known of a candidate; its reason is 'outranked' unless it cannot be chosen at all."""
    probability = candidate.probability
    offer = DFTChoice(
        chosen=False,
        reason="outranked",
        message=_WHY["outranked"],
        probability=probability,
        uncertainty=1.0 if probability is None else 4 * probability * (1 - probability),
        disagreement=_disagreement(candidate),
    )
    cost = getattr(judge, "core_hours", None)
    crystal = crystal_for_dft(candidate)
    if cost is None or crystal is None:
        return offer
    try:
        return offer.model_copy(update={"core_hours": cost(crystal)})
    except StructureError as error:
        return offer.model_copy(update={"reason": error.reason, "message": str(error)})


def _disagreement(candidate: CandidateDocument) -> float:
    said = candidate.estimate.members if candidate.estimate else []
    widest = 0.0
    for name in ("bulk_modulus", "shear_modulus"):
        values = [value for one in said if (value := getattr(one, name)) and value > 0]
        if values:
            widest = max(widest, math.log(max(values) / min(values)))
    return min(1.0, widest)


def _price(offers: list[DFTChoice], *, counted: bool) -> Callable[[DFTChoice], float]:
    """What a candidate takes of the budget; of unknown ones the mean of the known ones."""
    known = [offer.core_hours for offer in offers if offer.core_hours]
    usual = sum(known) / len(known) if known else 1.0
    return lambda offer: (offer.core_hours or usual) if counted else 1.0


def _rank(candidate: CandidateDocument, offer: DFTChoice, price: Any) -> tuple[Any, ...]:
    value = (offer.probability or 0.0) / price(offer)
    first = (_WORDS[candidate.verdict], candidate.doubts, -value)
    return (*first, offer.core_hours or 0.0, candidate.candidate_id)


def _doubt(candidate: CandidateDocument, offer: DFTChoice, price: Any) -> tuple[Any, ...]:
    value = (offer.uncertainty + offer.disagreement) / price(offer)
    return (-value, offer.core_hours or 0.0, candidate.candidate_id)
