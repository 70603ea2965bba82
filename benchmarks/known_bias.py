"""Whether estimates of crystals with some element are too high or too low in the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Element

if TYPE_CHECKING:
    from collections.abc import Callable

    from known_cases import Case

    from elatbot_flows.uncertainty.joint_estimate import JointEstimate

FEWEST = 20
"""Crystals with an element, below which its mean tells nothing."""
SMALL = {"B", "C", "N", "O", "F", "P", "S", "Cl", "H"}


def bias_section(cases: list[Case], estimate: Callable[[Case], JointEstimate | None]) -> list[str]:
    """Elements whose estimates are off by more than two standard errors, and silicides."""
    errors = {case.row.source: _errors(case, estimate) for case in cases}
    elements = sorted({symbol for case in cases for symbol in case.shares})
    groups = {e: [c for c in cases if e in c.shares] for e in elements}
    groups = {e: found for e, found in groups.items() if len(found) >= FEWEST}
    rows = {e: _means([errors[c.row.source] for c in found]) for e, found in groups.items()}
    far = {e: row for e, row in rows.items() if np.any(np.abs(row[0]) > 2 * row[1])}
    silicides = [case for case in cases if is_silicide(case)]
    lines = [
        "## Bias by element",
        "",
        (
            f"Mean of the logarithm of label over estimate (offline), in %, of the {len(cases)} "
            f"reported crystals of any number of elements; those of the {len(rows)} elements that "
            f"{FEWEST} or more have, for which K or G is off by more than two standard errors "
            f"(chance alone would give {0.09 * len(rows):.0f}), and silicides of d metals."
        ),
        "",
        "| crystals with | n | K | G |",
        "|---|---|---|---|",
    ]
    lines += [_row(e, len(groups[e]), far[e]) for e in sorted(far, key=lambda e: far[e][0][1])]
    found = _means([errors[case.row.source] for case in silicides])
    return [*lines, _row("Si and a d metal", len(silicides), found), ""]


def is_silicide(case: Case) -> bool:
    """Whether it is of silicon, a d metal, and no smaller nonmetal."""
    metals = any(Element(symbol).is_transition_metal for symbol in case.shares)
    return "Si" in case.shares and metals and not SMALL & set(case.shares)


def _errors(case: Case, estimate: Callable[[Case], JointEstimate | None]) -> np.ndarray:
    found = estimate(case)
    if found is None:
        return np.full(2, np.nan)
    labels = np.log([case.row.bulk_modulus, case.row.shear_modulus])
    return np.asarray(labels - found.distribution.log_means)


def _means(errors: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Means and their standard errors of ln K and ln G."""
    known = np.array([each for each in errors if np.isfinite(each).all()])
    return known.mean(axis=0), known.std(axis=0, ddof=1) / np.sqrt(len(known))


def _row(name: str, number: int, means: tuple[np.ndarray, np.ndarray]) -> str:
    cells = [f"{100 * mean:+.1f} ± {100 * error:.1f}" for mean, error in zip(*means, strict=True)]
    return f"| {name} | {number} | {' | '.join(cells)} |"
