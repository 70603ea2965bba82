"""Whether stated probabilities come true for crystals selected as a design selects them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.uncertainty.verdict import HIT, MISS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from known_cases import Case

    from elatbot_flows.uncertainty.joint_estimate import JointEstimate

    Intervals = Mapping[str, tuple[float, float]]

SCREEN, TEXT = "7net-0", "elatbot-mini"
BULK = np.geomspace(25, 300, 26)
SHEAR = np.geomspace(12, 160, 26)
RATIOS = (0.3, 0.45, 0.6, 0.75)
"""G/K at the centres of targets for both."""
WINDOWS = (0.0625, 0.15)
DUCTILE = (1.75, math.inf)
TAKEN = 8
"""Crystals that a design takes for one target, nearest to its centre first."""
BINS = {"0 to 0.2": 0.2, "0.3": 0.4, "0.5": 0.6, "0.7": 0.8, "0.9": 1.01}


@dataclass(frozen=True)
class Choice:
    """A crystal that was taken for a target."""

    case: Case
    intervals: Intervals

    @property
    def truth(self) -> bool:
        """Whether the labels meet all intervals."""
        return meets(self.case.row.bulk_modulus, self.case.row.shear_modulus, self.intervals)

    @property
    def raw(self) -> bool:
        """Whether the numbers of the screening potential are a hit."""
        line = self.case.potentials[SCREEN]
        return meets(line["bulk_modulus"], line["shear_modulus"], self.intervals)


def meets(bulk: float, shear: float, intervals: Intervals) -> bool:
    values = {"bulk_modulus": bulk, "shear_modulus": shear, "pugh_ratio": bulk / shear}
    return all(low <= values[name] <= high for name, (low, high) in intervals.items())


def around(center: float, window: float) -> tuple[float, float]:
    return center * (1 - window), center * (1 + window)


def targets() -> dict[str, list[Intervals]]:
    """Intervals by what is aimed at."""
    both = [(k, w, r) for k in BULK for w in WINDOWS for r in RATIOS]
    return {
        "K": [{"bulk_modulus": around(k, w)} for k in BULK for w in WINDOWS],
        "G": [{"shear_modulus": around(g, w)} for g in SHEAR for w in WINDOWS],
        "K and G": [
            {"bulk_modulus": around(k, w), "shear_modulus": around(k * r, w)} for k, w, r in both
        ],
        "K and K/G > 1.75": [
            {"bulk_modulus": around(k, w), "pugh_ratio": DUCTILE} for k in BULK for w in WINDOWS
        ],
    }


def selected(cases: list[Case], intervals: Intervals) -> Iterator[Choice]:
    """The nearest by the screening potential, and by the text model if K is aimed at."""
    by_screen = sorted(cases, key=lambda case: distance(screened(case), intervals))[:TAKEN]
    by_text = []
    if set(intervals) == {"bulk_modulus"}:
        told = [case for case in cases if case.novel and case.text is not None]
        by_text = sorted(told, key=lambda case: distance(texted(case), intervals))[: TAKEN // 2]
    near = {case.row.source: case for case in by_screen if distance(screened(case), intervals) < 2}
    near |= {case.row.source: case for case in by_text if distance(texted(case), intervals) < 2}
    return (Choice(case, intervals) for case in near.values())


def screened(case: Case) -> tuple[float, float]:
    line = case.potentials[SCREEN]
    return line["bulk_modulus"], line["shear_modulus"]


def texted(case: Case) -> tuple[float, float]:
    return (case.text[0] if case.text else math.nan, math.nan)


def distance(moduli: tuple[float, float], intervals: Intervals) -> float:
    """Largest distance from the centre in halves of the interval; 1 is on an edge."""
    values = {"bulk_modulus": moduli[0], "shear_modulus": moduli[1]}
    found = [
        abs(values[name] - 0.5 * (low + high)) / (0.5 * (high - low))
        for name, (low, high) in intervals.items()
        if name in values
    ]
    if "pugh_ratio" in intervals and moduli[0] / moduli[1] < DUCTILE[0]:
        found.append(math.inf)
    return max(found)


def ranked(
    cases: list[Case], intervals: Intervals, estimate: Callable[[Case], JointEstimate | None]
) -> Iterator[Choice]:
    """The most probable ones, of those that are no miss."""
    known = [(found, case) for case in cases if (found := estimate(case)) is not None]
    stated = [found.probabilities(intervals)[0] for found, _ in known]
    best = np.argsort(stated)[::-1][: TAKEN // 2]
    return (Choice(known[place][1], intervals) for place in best if stated[place] >= MISS)


def selection_tables(
    cases: list[Case], evidence: Mapping[str, Callable[[Case], JointEstimate | None]]
) -> list[str]:
    """Tables for every aim and every choice of judges, by both ways to select."""
    usable = [case for case in cases if case.potentials[SCREEN]["bulk_modulus"] is not None]
    heads = (["aim", "selected by", "judges"], [f"P about {name}" for name in BINS])
    rates = ["| " + " | ".join([*heads[0], *heads[1]]) + " |", "|---" * (3 + len(BINS)) + "|"]
    scores = [
        (
            "| aim | selected by | judges | taken | raw hits: true | stated hits: true "
            "| Brier raw | Brier stated |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for aim, wanted in targets().items():
        nearest = [choice for each in wanted for choice in selected(usable, each)]
        for judges, estimate in evidence.items():
            best = [choice for each in wanted for choice in ranked(usable, each, estimate)]
            for way, choices in ((SCREEN, nearest), ("probability", best)):
                rate, score = rows_of(choices, estimate)
                rates.append(f"| {aim} | {way} | {judges} | {rate} |")
                scores.append(f"| {aim} | {way} | {judges} | {score} |")
    return [*rates, "", *scores, ""]


def rows_of(
    choices: list[Choice], estimate: Callable[[Case], JointEstimate | None]
) -> tuple[str, str]:
    known = [(c, found) for c in choices if (found := estimate(c.case)) is not None]
    stated = np.array([found.probabilities(c.intervals)[0] for c, found in known])
    truth = np.array([c.truth for c, _ in known])
    raw = np.array([c.raw for c, _ in known])
    sources = np.array([c.case.row.source for c, _ in known])
    score = (
        f"{len(known)} | {share(truth[raw])} | {share(truth[stated >= HIT])} "
        f"| {np.mean(raw != truth):.3f} | {np.mean((stated - truth) ** 2):.3f}"
    )
    return " | ".join(binned(stated, truth, sources)), score


def binned(stated: np.ndarray, truth: np.ndarray, sources: np.ndarray) -> list[str]:
    """Stated and true rate, and how many choices of how many crystals, by bin."""
    found, low = [], 0.0
    for high in BINS.values():
        inside = (low <= stated) & (stated < high)
        low = high
        if not inside.any():
            found.append("none")
            continue
        crystals = len(set(sources[inside]))
        found.append(
            f"{stated[inside].mean():.2f}, true {truth[inside].mean():.2f} "
            f"({inside.sum()} of {crystals})"
        )
    return found


def share(hits: np.ndarray) -> str:
    return f"{hits.mean():.0%} of {len(hits)}" if len(hits) else "none"
