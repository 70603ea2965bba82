"""Tables of ``binary_moduli.py``: errors, coverage, and what disagreement tells."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from elatbot_flows.uncertainty.kinds import ALL_METAL, WITH_NONMETAL, kind_of
from elatbot_flows.uncertainty.reliability import (
    Reliability,
    coverage_table,
    probability_table,
    reliability_figure,
)

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.training.data.binaries import CrystalRow
    from elatbot_flows.uncertainty import Combination, Estimate

TEXT = "elatbot-mini"
MOST_SITES = 12
COVERAGES = (0.5, 0.8, 0.9)
TARGETS = (40, 70, 100, 130, 160, 200, 250)
WINDOW = 0.15
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)
RANGES = ((0, 50), (50, 100), (100, 200), (200, math.inf))
PROPERTIES = {"bulk_modulus": "K", "shear_modulus": "G"}

Rule = Callable[["Case"], float | None]


@dataclass(frozen=True)
class Case:
    """One crystal, its label, and everything that was said of it."""

    row: CrystalRow
    part: str
    novel: bool
    potentials: dict[str, dict]
    text: tuple[float, float] | None

    @property
    def kind(self) -> str:
        """Kind of the material."""
        return kind_of(element.symbol for element in self.row.structure.composition.elements)

    def label(self, name: str) -> float:
        """The label of a property, GPa."""
        return float(getattr(self.row, name))

    def opinions(self, name: str, *, leaked: bool = False) -> dict:
        """Values by member; that of the text model only for formulas new to it, unless `leaked`."""
        found = {p: line[name] for p, line in self.potentials.items() if line[name] is not None}
        if name == "bulk_modulus" and self.text is not None and (self.novel or leaked):
            found[TEXT] = self.text
        return found


def print_tables(
    cases: list[Case], combination: Combination, command: str, figure: Path | None
) -> str:
    """All tables as one Markdown text."""
    reported = [case for case in cases if case.part == "report"]
    metals = [case for case in reported if case.kind == ALL_METAL]
    parts = Counter(case.part for case in cases)
    lines = [
        "# Moduli of binaries: potentials, text model and their combination",
        "",
        (
            "`python benchmarks/binary_moduli.py --data FOLDER --potential 7net-0 "
            f"--potential DIRECTORY {command} --results FILE.jsonl "
            "--table benchmarks/binary_moduli.md`"
        ),
        "",
        (
            f"{len(cases)} Materials Project binaries of up to {MOST_SITES} atoms, divided by "
            f"reduced formula: {parts['fit']} to fit the combination, {parts['calibrate']} to "
            f"calibrate it, {parts['report']} to report. All tables but the first are of these "
            f"{parts['report']}: {len(metals)} are all-metal, {sum(c.novel for c in reported)} "
            f"have a formula that {TEXT} was not trained on (new). The crystals are relaxed from "
            "those of the Materials Project; labels and results are Voigt-Reuss-Hill averages "
            "with ions relaxed. K: bulk modulus, G: shear modulus, both in GPa."
        ),
        "",
        *validation_table(cases),
        *error_tables(reported, combination),
        *coverage_tables(reported, combination),
        *warning_table(reported, combination),
        *hit_table(reported, combination, figure),
    ]
    return "\n".join(lines) + "\n"


def validation_table(cases: list[Case]) -> list[str]:
    lines = [
        "## Validation",
        "",
        "| potential | n | validated | failures by reason | CPU s each | evaluations each |",
        "|---|---|---|---|---|---|",
    ]
    for name in cases[0].potentials:
        found = [case.potentials[name] for case in cases]
        reasons = Counter(line["reason"] for line in found if line["status"] != "passed")
        failures = ", ".join(f"{reason} {n}" for reason, n in reasons.most_common())
        validated = sum(line["status"] == "passed" for line in found) / len(found)
        seconds = np.mean([line["cpu_s"] for line in found])
        evaluations = np.mean([line["evaluations"] for line in found])
        lines.append(
            f"| {name} | {len(found)} | {validated:.1%} | {failures} | {seconds:.2f} "
            f"| {evaluations:.0f} |"
        )
    return [*lines, ""]


def error_tables(reported: list[Case], combination: Combination) -> list[str]:
    lines = [
        "## Errors",
        "",
        (
            "Every group of rows is of the same crystals: those for which all sources have a "
            "value. In brackets: 95 % interval of the mean absolute error minus that of the "
            "combination (bootstrap over crystals)."
        ),
        "",
        "| property | crystals | source | n | MAE | median | bias | Spearman |",
        "|---|---|---|---|---|---|---|---|",
    ]
    new = [case for case in reported if case.novel]
    old = [case for case in reported if not case.novel]
    metals = [case for case in new if case.kind == ALL_METAL]
    for title, cases in (("new formulas", new), ("of these all-metal", metals)):
        lines += error_rows("bulk_modulus", title, cases, combination)
    lines += error_rows("bulk_modulus", "trained-on formulas", old, combination, leaked=True)
    lines += error_rows("bulk_modulus", "all, potentials only", reported, combination, text=False)
    metals = [case for case in reported if case.kind == ALL_METAL]
    for title, cases in (("all", reported), ("of these all-metal", metals)):
        lines += error_rows("shear_modulus", title, cases, combination)
    note = (
        f"{TEXT} was trained on the bulk moduli of the trained-on formulas: those rows do not tell "
        "how good it, or a combination with it, is on new materials."
    )
    return [*lines, "", note, ""]


def error_rows(
    name: str,
    title: str,
    cases: list[Case],
    combination: Combination,
    *,
    leaked: bool = False,
    text: bool = True,
) -> list[str]:
    """One row for each source, on the crystals that all sources have a value for."""
    members = [m for m in combination.scales[name].members if text or m != TEXT]
    said = [case.opinions(name, leaked=leaked) for case in cases]
    pairs = [(c, s) for c, s in zip(cases, said, strict=True) if set(members) <= set(s)]
    truths = np.array([case.label(name) for case, _ in pairs])
    values = {m: np.array([number(s[m]) for _, s in pairs]) for m in members}
    potentials = [m for m in members if m != TEXT]
    sources = dict(values)
    sources["mean of the potentials"] = np.mean([values[m] for m in potentials], axis=0)
    if len(members) > len(potentials):
        sources["mean of all"] = np.mean([values[m] for m in members], axis=0)
    estimates = [combination.combine({m: s[m] for m in members}, name) for _, s in pairs]
    sources["combination"] = np.array([estimate.value for estimate in estimates])
    best = np.abs(sources["combination"] - truths)
    rows = []
    for source, found in sources.items():
        error = found - truths
        low, high = bootstrap(np.abs(error) - best)
        extra = "" if source == "combination" else f" ({low:+.1f} to {high:+.1f})"
        rows.append(
            f"| {PROPERTIES[name]} | {title} | {source} | {len(truths)} "
            f"| {np.abs(error).mean():.1f}{extra} | {np.median(np.abs(error)):.1f} "
            f"| {error.mean():+.1f} | {spearmanr(found, truths).statistic:.3f} |"
        )
    return rows


def number(opinion: float | tuple[float, float]) -> float:
    return opinion[0] if isinstance(opinion, tuple) else opinion


def bootstrap(differences: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(differences), (2000, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def estimates_of(
    cases: Iterable[Case],
    name: str,
    combination: Combination,
    members: set[str] | None = None,
    *,
    by_kind: bool = True,
) -> list[tuple[Case, Estimate]]:
    """Combinations of what there is, or of exactly these members where they all have a value."""
    found = []
    for case in cases:
        said = case.opinions(name)
        if members is not None:
            said = {m: v for m, v in said.items() if m in members} if members <= set(said) else {}
        if said:
            kind = case.kind if by_kind else None
            found.append((case, combination.combine(said, name, kind=kind)))
    return found


def coverage_tables(reported: list[Case], combination: Combination) -> list[str]:
    lines = [
        "## Coverage of the intervals",
        "",
        (
            "Share of labels inside (median width, GPa) at a stated coverage; calibrated by kind "
            "(all-metal or not) unless said. The standard error "
            "at 50 / 80 / 90 % is 0.04 / 0.03 / 0.02 for 200 crystals, twice that for 50, and "
            "the finite number of calibration crystals adds about as much. Where the text model "
            "takes part, formulas are new."
        ),
        "",
        "| property | crystals | n | 50 % | 80 % | 90 % |",
        "|---|---|---|---|---|---|",
    ]
    for name, symbol in PROPERTIES.items():
        everyone = set(combination.scales[name].members)
        pairs = estimates_of(reported, name, combination, everyone)
        groups = {"all members": pairs}
        mixed = estimates_of(reported, name, combination, everyone, by_kind=False)
        for kind in (ALL_METAL, WITH_NONMETAL):
            groups[f"all members, {kind}"] = [p for p in pairs if p[0].kind == kind]
            title = f"all members, {kind}, calibrated without its kind"
            groups[title] = [p for p in mixed if p[0].kind == kind]
        if TEXT in everyone:
            groups["potentials only"] = estimates_of(reported, name, combination, everyone - {TEXT})
            for member in sorted(everyone):
                groups[f"{member} only"] = estimates_of(reported, name, combination, {member})
        for low, high in RANGES:
            title = f"all members, estimate {low} to {high:g}".replace(" to inf", " or more")
            groups[title] = [p for p in pairs if low <= p[1].value < high]
        partial = estimates_of(reported, name, combination)
        groups["a potential failed"] = [
            p for p in partial if not everyone - {TEXT} <= set(p[1].members)
        ]
        for title, group in groups.items():
            lines.append(f"| {symbol} | {title} | {len(group)} | {coverage_cells(name, group)} |")
    return [*lines, ""]


def coverage_cells(name: str, group: list[tuple[Case, Estimate]]) -> str:
    cells = [f"{row.measured:.2f} ({row.width or 0:.0f})" for row in coverages(name, group)]
    return " | ".join(cells)


def coverages(
    name: str, group: list[tuple[Case, Estimate]], levels: tuple[float, ...] = COVERAGES
) -> list[Reliability]:
    truths = np.array([case.label(name) for case, _ in group])
    intervals = {}
    for level in levels:
        edges = np.array([estimate.interval(level) for _, estimate in group]).reshape(-1, 2)
        intervals[level] = (edges[:, 0], edges[:, 1])
    return coverage_table(truths, intervals)


def warning_table(reported: list[Case], combination: Combination) -> list[str]:
    lines = [
        "## What disagreement tells",
        "",
        (
            "Mean absolute error of the combination in thirds of the crystals, sorted by three "
            "things known beforehand, and their rank correlation with its absolute error."
        ),
        "",
        "| property | sorted by | n | lowest third | middle | highest third | Spearman |",
        "|---|---|---|---|---|---|---|",
    ]
    outliers = []
    for name, symbol in PROPERTIES.items():
        everyone = set(combination.scales[name].members)
        pairs = estimates_of(reported, name, combination, everyone)
        errors = np.array([abs(e.value - c.label(name)) for c, e in pairs])
        values = np.array([e.value for _, e in pairs])
        keys = {
            "sigma": np.array([e.sigma for _, e in pairs]),
            "spread": np.array([e.disagreement.spread for _, e in pairs]),
            "estimate itself": values,
        }
        for key, numbers in keys.items():
            thirds = np.array_split(np.argsort(numbers, kind="stable"), 3)
            cells = " | ".join(f"{errors[third].mean():.1f}" for third in thirds)
            rank = spearmanr(numbers, errors).statistic
            lines.append(f"| {symbol} | {key} | {len(pairs)} | {cells} | {rank:.2f} |")
        named = np.array([e.outlier is not None for _, e in pairs])
        outliers.append(
            f"{symbol}: one member is named as far off for {named.sum()} of {len(pairs)} crystals, "
            f"whose mean absolute error is {errors[named].mean():.1f} GPa, "
            f"{errors[~named].mean():.1f} GPa for the others{worst_share(name, pairs)}."
        )
    return [*lines, "", *outliers, ""]


def worst_share(name: str, pairs: list[tuple[Case, Estimate]]) -> str:
    """How often the member named as far off is the one with the largest error."""
    right = [
        max(e.members, key=lambda m: abs(math.log(e.members[m] / c.label(name)))) == e.outlier
        for c, e in pairs
        if e.outlier is not None
    ]
    return f"; it is the worst member in {np.mean(right):.0%} of them" if right else ""


def hit_table(reported: list[Case], combination: Combination, figure: Path | None) -> list[str]:
    """Stated probability of lying in a target interval against the share that does."""
    lines = [
        "## Probability of meeting a target",
        "",
        (
            f"Every crystal against every interval of {WINDOW:.0%} around "
            f"{', '.join(map(str, TARGETS))} GPa."
        ),
        "",
        "| property | stated | n | mean stated | measured |",
        "|---|---|---|---|---|",
    ]
    curves: dict[str, list[Reliability]] = {}
    for name, symbol in PROPERTIES.items():
        everyone = set(combination.scales[name].members)
        pairs = estimates_of(reported, name, combination, everyone)
        windows = [(t * (1 - WINDOW), t * (1 + WINDOW)) for t in TARGETS]
        stated = np.array([e.probability(w) for _, e in pairs for w in windows])
        happened = np.array([w[0] <= c.label(name) <= w[1] for c, _ in pairs for w in windows])
        table = probability_table(stated, happened, EDGES)
        for row in table:
            edge = next(i for i in range(len(EDGES) - 1) if row.stated <= EDGES[i + 1])
            span = f"{EDGES[edge]:g} to {EDGES[edge + 1]:g}"
            lines.append(f"| {symbol} | {span} | {row.n} | {row.stated:.2f} | {row.measured:.2f} |")
        levels = tuple(np.arange(0.1, 0.96, 0.1).round(2))
        curves[f"{symbol}: intervals"] = coverages(name, pairs, levels)
        curves[f"{symbol}: targets"] = table
    if figure is not None:
        reliability_figure(curves).savefig(figure, dpi=150)
    return lines
