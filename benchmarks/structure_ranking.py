"""How well structure types are ranked for formulas nobody learned from.

::

    python benchmarks/structure_ranking.py ranks --data FOLDER
    python benchmarks/structure_ranking.py texts --data FOLDER
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Composition

from elatbot_flows.crystals.structure_types import load_structure_types
from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import slots_of
from elatbot_flows.training.data.binaries import load_crystals
from elatbot_flows.training.wyckoff.lessons import lessons

WITHIN = (1, 3, 5, 10)


def counts_of(formula):
    composition = Composition(formula)
    return tuple(round(composition[symbol]) for symbol in slots_of(composition))


def frequency(found):
    """Types by how often they are, of each formula type."""
    often = defaultdict(Counter)
    for lesson in found:
        often[counts_of(lesson.formula)][lesson.crystal.kind] += 1

    def rank(formula):
        return often[counts_of(formula)]

    return rank


def learned(formula):
    likely = load_structure_types().likely(Composition(formula))
    return {each.kind: each.probability for each in likely}


def ranks(options):
    """Print how often the true type is among the first, decorations of one type taken together."""
    found, dropped = lessons(options.data)
    mine = [lesson for lesson in found if lesson.part != "test"]
    seen = {lesson.crystal.kind.anonymous() for lesson in mine}
    asked = [one for one in found if (one.part, one.source) == ("test", "binaries")]
    print(f"{len(found)} crystals, {len(mine)} to learn from; left out: {dropped}.\n")
    print("| binaries | ranking | n | type among those learned | first | in 3 | in 5 | in 10 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, rank in {"frequency": frequency(mine), "learned": learned}.items():
        cases = defaultdict(list)
        for one in asked:
            cases[one.formula].append(place(one, rank(one.formula)))
        known = [one.crystal.kind.anonymous() in seen for one in asked]
        every = [p for places in cases.values() for p in places]
        print(row("every crystal", name, every, f"{np.mean(known):.1%}"))
        print(row("some crystal of a formula", name, [min(p) for p in cases.values()], ""))


def row(what, name, places, known):
    shares = [f"{np.mean([p < n for p in places]):.1%}" for n in WITHIN]
    return f"| {what} | {name} | {len(places)} | {known} | {' | '.join(shares)} |"


def place(lesson, ranked):
    summed = Counter()
    for kind, weight in ranked.items():
        summed[kind.anonymous()] += weight
    order = [kind for kind, _ in summed.most_common()]
    true = lesson.crystal.kind.anonymous()
    return order.index(true) if true in order else len(order) + max(WITHIN)


def texts(options):
    """Print how many crystals come back from their words."""
    matcher, came, reasons = StructureMatcher(), 0, Counter()
    rows = load_crystals(options.data / "binary_moduli_with_structures.jsonl.gz").rows
    for row in rows:
        try:
            again = words.parse(words.render(protostructure_of(row.structure))).structure()
        except ParseError as error:
            reasons[error.reason] += 1
            continue
        fits = matcher.fit(again, row.structure)
        came += fits
        if not fits:
            reasons["does not match"] += 1
            print(f"- {row.source} {row.formula}")
    print(f"{came} of {len(rows)} binaries come back; others: {dict(reasons)}.")


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=("ranks", "texts"))
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    {"ranks": ranks, "texts": texts}[options.question](options)


if __name__ == "__main__":
    main()
