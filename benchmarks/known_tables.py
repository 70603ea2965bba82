"""Tables of ``known_moduli.py``: errors, coverage, and probabilities of selected crystals."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from known_bias import bias_section
from known_cases import MOST_SITES, TEXT
from known_selection import TAKEN, selection_tables

from elatbot_flows.uncertainty.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from known_cases import Case

    from elatbot_flows.uncertainty.calibration import Calibration
    from elatbot_flows.uncertainty.joint_estimate import JointEstimate

COVERAGES = (0.5, 0.8, 0.9)
PROPERTIES = {"K": "bulk_modulus", "G": "shear_modulus"}
OFFLINE = ("7net-0", "7net-l3i5", TEXT)
TENSORNET = "TensorNet-PES-MatPES-PBE-2025.1"
JUDGES = {
    "composition alone": (),
    f"7net-0 + {TEXT}": ("7net-0", TEXT),
    f"7net-0 + {TEXT} + TensorNet": ("7net-0", TEXT, TENSORNET),
    "offline": OFFLINE,
    "offline + TensorNet": (*OFFLINE, TENSORNET),
}
"""What takes part besides the composition; the text model where the formula is new to it."""


def print_tables(cases: list[Case], calibration: Calibration, command: str) -> str:
    """All tables as one Markdown text."""
    potentials = [name for name in calibration.sources if name != TEXT]
    asked = [case for case in cases if set(potentials) <= set(case.potentials)]
    every = [case for case in asked if case.part == "report"]
    reported = [case for case in every if case.binary]
    estimators = {name: estimator(calibration, names) for name, names in JUDGES.items()}
    lines = [
        "# Moduli of known crystals: each source, and all together as a probability",
        "",
        f"`{command}`",
        "",
        header(asked, reported, calibration),
        "",
        *gate_table(reported, potentials),
        *error_tables(reported, potentials, estimators),
        *coverage_table(reported, estimators),
        *selection_section(reported, estimators),
        *alloy_section(reported, estimators),
        *bias_section(every, estimators["offline"]),
        *beyond_section([case for case in every if not case.binary], potentials, estimators),
    ]
    return "\n".join(lines) + "\n"


def header(asked: list[Case], reported: list[Case], calibration: Calibration) -> str:
    kinds = Counter(case.kind for case in reported)
    counts = calibration.provenance["crystals"]
    return (
        f"{len(asked)} Materials Project crystals of up to {MOST_SITES} atoms, "
        f"{sum(case.binary for case in asked)} of them binary, divided by reduced formula. "
        f"{counts['judged']}, {counts['judged_binary']} of them binary, were used to fit and "
        "calibrate (by cross-validation), and "
        f"the composition model learned from {counts['composition']} crystals, none of a reported "
        f"formula. All tables but the last are of the {len(reported)} other binaries: "
        f"{', '.join(f'{kinds[kind]} {kind}' for kind in KINDS)}; {sum(c.novel for c in reported)} "
        f"have a formula new to {TEXT} (not trained on it). Crystals are relaxed from those of the "
        "Materials Project; labels and results are Voigt-Reuss-Hill averages with ions "
        "relaxed. K: bulk modulus, G: shear modulus, GPa. Every row of *offline* has 7net-0, "
        f"7net-l3i5, the composition, and {TEXT} where the formula is new to it."
    )


def beyond_section(cases: list[Case], potentials: list[str], estimators: dict) -> list[str]:
    """Gates, errors, coverage and selections of crystals that are no binaries."""
    kinds = Counter(case.kind for case in cases)
    elements = sum(len(case.shares) == 1 for case in cases)
    offline = {name: e for name, e in estimators.items() if name.startswith("offline")}
    return [
        "# Beyond binaries",
        "",
        (
            f"{len(cases)} crystals of up to {MOST_SITES} atoms whose tensors are known, "
            f"{elements} elements and {len(cases) - elements} compounds of three elements or more, "
            f"{', '.join(f'{kinds[kind]} {kind}' for kind in KINDS)}; "
            f"{sum(case.novel for case in cases)} have a formula new to {TEXT}. All as above."
        ),
        "",
        *gate_table(cases, potentials),
        *error_tables(cases, potentials, estimators),
        *coverage_table(cases, offline),
        *selection_tables(cases, offline),
    ]


def estimator(
    calibration: Calibration, names: Iterable[str]
) -> Callable[[Case], JointEstimate | None]:
    wanted = set(names)
    found: dict[str, JointEstimate | None] = {}

    def estimate(case: Case) -> JointEstimate | None:
        source = case.row.source
        if source not in found:
            opinions = {name: o for name, o in case.opinions().items() if name in wanted}
            found[source] = calibration.posterior(opinions, case.shares, case.volume)
        return found[source]

    return estimate


def gate_table(cases: list[Case], potentials: list[str]) -> list[str]:
    lines = [
        "## Gates",
        "",
        "| potential | n | passed | failures by reason | CPU s each |",
        "|---|---|---|---|---|",
    ]
    for name in potentials:
        found = [case.potentials[name] for case in cases]
        reasons = Counter(line["reason"] for line in found if line["bulk_modulus"] is None)
        failures = ", ".join(f"{reason} {n}" for reason, n in reasons.most_common())
        passed = np.mean([line["bulk_modulus"] is not None for line in found])
        seconds = np.mean([line["cpu_s"] for line in found])
        lines.append(f"| {name} | {len(found)} | {passed:.1%} | {failures} | {seconds:.2f} |")
    return [*lines, ""]


def error_tables(reported: list[Case], potentials: list[str], estimators: dict) -> list[str]:
    lines = [
        "## Errors",
        "",
        (
            "Mean absolute error in GPa (median in brackets). Every group is of the same crystals: "
            "*passed* are those that pass the gates of all potentials, *all* are all, in which a "
            "crystal that failed counts with what the composition, the text model and the tensor "
            "that it failed by say."
        ),
        "",
        "| crystals | n | source | K | G |",
        "|---|---|---|---|---|",
    ]
    passed = [c for c in reported if all(c.potentials[p]["bulk_modulus"] for p in potentials)]
    new = [case for case in passed if case.novel]
    metals = [case for case in passed if case.kind == "metal"]
    for title, cases in (("passed", passed), ("passed, new", new), ("passed, metal", metals)):
        lines += [error_row(title, name, cases, raw(name)) for name in potentials]
        if title == "passed, new":
            lines.append(error_row(title, TEXT, cases, lambda c, _: c.text[0], text=True))
        lines += combined_rows(title, cases, estimators)
    lines += combined_rows("all", reported, estimators)
    lines += combined_rows("all, new", [c for c in reported if c.novel], estimators)
    return [*lines, ""]


def raw(name: str) -> Callable[[Case, str], float]:
    return lambda case, field: case.potentials[name][field]


def combined_rows(title: str, cases: list[Case], estimators: dict) -> list[str]:
    rows = []
    for name, estimate in estimators.items():

        def value(case: Case, field: str, estimate: Callable = estimate) -> float:
            return float(np.median(estimate(case).distribution.properties[field]))

        rows.append(error_row(title, f"**{name}**" if name in JUDGES else name, cases, value))
    return rows


def error_row(
    title: str, source: str, cases: list[Case], value: Callable, *, text: bool = False
) -> str:
    cells = []
    for symbol, field in PROPERTIES.items():
        if text and symbol == "G":
            cells.append("")
            continue
        errors = np.abs([value(case, field) - getattr(case.row, field) for case in cases])
        cells.append(f"{errors.mean():.1f} ({np.median(errors):.1f})")
    return f"| {title} | {len(cases)} | {source} | " + " | ".join(cells) + " |"


def coverage_table(reported: list[Case], estimators: dict) -> list[str]:
    lines = [
        "## Coverage of the intervals",
        "",
        (
            "Share of labels inside of intervals of a stated coverage, over all crystals, failed "
            "ones included. The standard error at 50 / 80 / 90 % is 3 / 2 / 2 points for 250 "
            "crystals and 6 / 5 / 4 for 70. In brackets: median width over the estimate, 90 %."
        ),
        "",
        "| judges | property | kind | n | 50 % | 80 % | 90 % |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, estimate in estimators.items():
        for symbol, field in PROPERTIES.items():
            for kind in (*KINDS, "all"):
                cases = [case for case in reported if kind in (case.kind, "all")]
                lines.append(
                    f"| {name} | {symbol} | {kind} | {len(cases)} | "
                    + " | ".join(coverages(cases, estimate, field))
                    + " |"
                )
    return [*lines, ""]


def coverages(cases: list[Case], estimate: Callable, field: str) -> list[str]:
    found = []
    for coverage in COVERAGES:
        edges = np.array([bounds(estimate(case), field, coverage) for case in cases])
        truth = np.array([getattr(case.row, field) for case in cases])
        inside = (edges[:, 0] <= truth) & (truth <= edges[:, 1])
        width = np.median((edges[:, 1] - edges[:, 0]) / np.sqrt(edges.prod(axis=1)))
        found.append(f"{inside.mean():.0%}" + (f" ({width:.0%})" if coverage == 0.9 else ""))
    return found


def bounds(estimate: JointEstimate, field: str, coverage: float) -> tuple[float, float]:
    return estimate.interval(field, coverage)


def selection_section(reported: list[Case], estimators: dict) -> list[str]:
    return [
        "## Selected as a design selects",
        "",
        (
            f"For many targets (windows of 6.25 % and 15 % about many centres) the {TAKEN} "
            "crystals that 7net-0 puts nearest to the centre are taken, and for bulk moduli also "
            f"the {TAKEN // 2} that {TEXT} puts nearest, if they are less than half an interval "
            "outside. Stated is the probability of meeting all intervals; by bins of it: mean "
            "stated, true rate, and in brackets how many pairs of crystal and target of how many "
            "crystals. The aim is a difference of at most 0.08. A raw hit is one by the numbers "
            "of 7net-0, a stated hit one with a probability of at least 0.5. *Selected by "
            f"probability*: the {TAKEN // 2} most probable ones for each target instead, the "
            "hardest test, for what is picked for its estimate is picked for its error too."
        ),
        "",
        *selection_tables(reported, {n: e for n, e in estimators.items() if JUDGES[n]}),
    ]


def alloy_section(reported: list[Case], estimators: dict) -> list[str]:
    """The same among metals alone, which most designs are about."""
    metals = [case for case in reported if case.kind != "other"]
    offline = {name: e for name, e in estimators.items() if name.startswith("offline")}
    return [
        "## Selected among metals",
        "",
        (
            f"As above, of the {len(metals)} reported crystals of metals alone, magnetic or not: "
            "alloys are what most designs look for."
        ),
        "",
        *selection_tables(metals, offline),
    ]
