"""Formulas nobody computed, near those that were: elements exchanged for similar ones."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.text.formula import formula_counts, join_counts, reduced_formula
from elatbot_flows.uncertainty.elements import element_table

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from elatbot_flows.training.mini.rows import MiniRow
    from elatbot_flows.training.mini.teacher import Teacher

__all__ = ["guessed", "virtual"]

_REACH = 2.2
"""Distance of elements, in standard deviations of their properties, at which half as many of them
are taken."""
_TWO = 0.3
"""Share of formulas in which two elements are exchanged."""
_TRIES = 50
"""Draws for each that is wanted; few elements leave few formulas."""
_AGREED = log(1.2)
"""Where the models of a teacher differ by more, nobody is asked to learn it."""


def virtual(
    rows: Sequence[MiniRow], n: int, forbidden: Container[str], rng: np.random.Generator
) -> list[MiniRow]:
    """Draw materials with one or two elements of a row exchanged, no formula twice; no moduli.

    Parameters
    ----------
    rows
        Where they come from.
    n
        How many; fewer come out where there are hardly any.
    forbidden
        Formulas that must not come out, beside those of the rows.
    rng
        Source of chance.
    """
    known = sorted({symbol for row in rows for symbol, _ in row.counts})
    chances = _likeness(known)
    seen = {row.formula for row in rows}
    found: list[MiniRow] = []
    for _ in range(_TRIES * n):
        if len(found) == n:
            break
        row = rows[int(rng.integers(len(rows)))]
        counts = list(row.counts)
        times = 2 if len(counts) > 1 and rng.random() < _TWO else 1
        for place in rng.permutation(len(counts))[:times]:
            old = known.index(counts[place][0])
            new = known[rng.choice(len(known), p=chances[old])]
            counts[place] = (new, counts[place][1])
        if len({symbol for symbol, _ in counts}) < len(counts):
            continue
        formula = reduced_formula(join_counts(counts))
        if formula not in seen and formula not in forbidden:
            seen.add(formula)
            found.append(
                replace(row, formula=formula, counts=formula_counts(formula), shear_modulus=None)
            )
    return found


def _likeness(symbols: Sequence[str]) -> np.ndarray:
    """Probability that one element (row) is exchanged for another (column)."""
    names, table = element_table()
    scaled = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9)
    chosen = scaled[[names.index(symbol) for symbol in symbols]]
    apart = np.linalg.norm(chosen[:, None] - chosen[None], axis=2)
    weights = np.where(apart > 0, 2.0 ** (-apart / _REACH * 2), 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def guessed(rows: Sequence[MiniRow], bulk: Teacher, shear: Teacher) -> list[MiniRow]:
    """Rows with moduli of the teachers; those they do not agree on are left out.

    Parameters
    ----------
    rows
        Virtual materials.
    bulk, shear
        Of formula and crystal system; that of the shear modulus is told the bulk modulus too.
    """
    if not rows:
        return []
    named = [(row.counts, row.crystal_system) for row in rows]
    logs = bulk.each(named)
    moduli = np.exp(logs.mean(axis=0))
    sure = np.ptp(logs, axis=0) < _AGREED
    second = shear(named, moduli.tolist())
    return [
        replace(row, bulk_modulus=float(k), shear_modulus=float(min(g, 1.5 * k)))
        for row, k, g, good in zip(rows, moduli, second, sure, strict=True)
        if good
    ]
