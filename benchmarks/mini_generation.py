"""Materials that elatbot-mini and rivals draw for one modulus, and what judges say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from generator_judges import Judge
from mini_cases import BULK, SAMPLES, SHEAR, labelled, pairs_of, values_of

from elatbot_flows.text.formula import formula_counts, join_counts, reduced_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mini_cases import Bench, Pair

KEPT = 40
HEADS = (
    "| who | {} (GPa) | unique | unseen | hits | **unique, unseen and hit** "
    "| the same, judge B | chemical systems | reranked: A, B |"
)


def rivals(bench: Bench, what: str, value: float, n: int) -> dict[str, list[Pair]]:
    known = bench.train if what == "bulk_modulus" else bench.stiff
    rows = [row for row in known if getattr(row, what) is not None]
    rng = np.random.default_rng(1)
    order = np.argsort([abs(getattr(row, what) - value) for row in rows])[:100]
    near = pairs_of([rows[i] for i in rng.choice(order, n)])
    return {"nearest 100 rows": near, "nearest, one element substituted": substituted(near, rng)}


def substituted(near: Sequence[Pair], rng: np.random.Generator) -> list[Pair]:
    """Exchange one element for another of its group (or of the f block)."""
    from pymatgen.core.periodic_table import Element

    known = sorted({s for formula, _ in near for s, _ in formula_counts(formula)})
    family = {s: (Element(s).group, Element(s).block == "f") for s in known}
    found = []
    for formula, system in near:
        counts = dict(formula_counts(formula))
        old = str(rng.choice(sorted(counts)))
        new = [s for s in known if family[s] == family[old] and s not in counts]
        if new:
            chosen = str(rng.choice(new))
            changed = [(chosen if s == old else s, k) for s, k in counts.items()]
            found.append((reduced_formula(join_counts(changed)), system))
        else:
            found.append((formula, system))
    return found


def generation_table(bench: Bench, answers: list[dict], what: str) -> list[str]:
    symbol, values = ("K", BULK) if what == "bulk_modulus" else ("G", SHEAR)
    judge = Judge().fit(labelled(bench.rows, what))
    apart = Judge().fit(labelled(bench.rest, what))
    known = {row.formula for row in bench.rows}
    lines = [
        HEADS.format(symbol),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for value in values:
        key = f"{symbol}={value}"
        drawn = {a["name"]: a["draws"][key] for a in answers if key in a["draws"]}
        drawn |= {k: {"pairs": v} for k, v in rivals(bench, what, value, SAMPLES).items()}
        for name, draws in drawn.items():
            if isinstance(draws, dict) and (what in draws.get("own", {what: 0})):
                lines.append(
                    f"| {name} | {value} | {line(draws, value, what, known, judge, apart)} |"
                )
    return lines


def line(draws: dict, value: float, what: str, known: set[str], judge: Judge, apart: Judge) -> str:
    pairs = [tuple(pair) for pair in draws["pairs"]]
    n = len(pairs)
    first, seen = [], set()
    for formula, _ in pairs:
        first.append(formula not in seen)
        seen.add(formula)
    unique, new = np.array(first), np.array([formula not in known for formula, _ in pairs])
    hits = [np.abs(each(pairs) - value) <= 0.2 * value for each in (judge, apart)]
    good = unique & new
    systems = {"-".join(sorted(s for s, _ in formula_counts(f))) for f in seen}
    best = "-"
    if draws.get("own"):
        own = np.abs(np.array(draws["own"][what]) - value)
        order = [i for i in np.argsort(own, kind="stable") if good[i]][:KEPT]
        best = ", ".join(f"{hit[order].mean():.0%}" for hit in hits)
    return (
        f"{unique.mean():.0%} | {new.mean():.0%} | {hits[0].mean():.0%} "
        f"| **{np.mean(good & hits[0]):.0%}** | {np.mean(good & hits[1]):.0%} "
        f"| {len(systems)} of {n} | {best}"
    )


def judge_errors(bench: Bench, what: str) -> str:
    """How far judge B is off on the training rows, which it never saw."""
    train = bench.learned(what)
    told = Judge().fit(labelled(bench.rest, what))([(r.formula, r.crystal_system) for r in train])
    away = np.abs(told - values_of(train))
    return f"{away.mean():.1f} GPa ({np.mean(away <= 0.2 * values_of(train)):.0%} within 20 %)"
