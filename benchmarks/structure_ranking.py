"""How well structure types are ranked for formulas nobody learned from, and what building costs.

::

    python benchmarks/structure_ranking.py ranks --data FOLDER
    python benchmarks/structure_ranking.py building --data FOLDER --n 40
    python benchmarks/structure_ranking.py texts --data FOLDER
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Composition, Element

from elatbot_flows.crystals.random_crystals import SPACEGROUPS
from elatbot_flows.crystals.structure_types import load_structure_types
from elatbot_flows.documents import CandidateDocument
from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ParseError
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.potentials import load_potential
from elatbot_flows.targets import DesignTarget
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import slots_of
from elatbot_flows.training.data.binaries import load_crystals
from elatbot_flows.training.wyckoff.lessons import lessons

WITHIN = (1, 3, 5, 10)
SAME = 1e-3  # eV/atom
MOST_SITES = 16
WAYS = ("without", "with")


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


def kept_back(options, known, elements, source):
    """Compounds of the test part with so many elements, with their crystal systems."""
    found = [
        one
        for one in known
        if (one.part, one.source) == ("test", source)
        and len(one.crystal.elements) == elements
        and (elements > 2 or all(Element(symbol).is_metal for symbol in one.crystal.elements))
        and one.crystal.kind.primitive_sites <= MOST_SITES
    ]
    random.Random(options.seed).shuffle(found)  # noqa: S311
    pairs = [(one.formula, system_of(one.crystal.kind.spacegroup)) for one in found]
    return list(dict.fromkeys(pairs))[: options.n]


def system_of(number):
    return next(name for name, (a, b) in SPACEGROUPS.items() if a <= number <= b)


def proposed(options):
    """What elatbot-mini proposes for the bulk moduli, by number of elements."""
    target = DesignTarget(bulk_modulus=tuple(options.bulk_modulus))
    drawn = draw_materials(text_model("elatbot-mini"), target, 6 * options.n, seed=options.seed)
    pairs = dict.fromkeys((d.formula, d.crystal_system) for d in drawn if d.reason is None)
    return {
        number: [pair for pair in pairs if len(Composition(pair[0])) == number][: options.n]
        for number in (2, 3)
    }


def building(options):
    """Print what two ways of building cost and where they end."""
    potential = load_potential("7net-0", "cpu")
    ways = {"without": BuildMaker(max_likely=0), "with": BuildMaker()}
    before = {} if options.before is None else json.loads(options.before.read_text())
    if before:
        ways = {"with": BuildMaker()}
    if options.save:
        ways = {"without": BuildMaker(max_likely=0)}
    for maker in ways.values():  # loads libraries outside the timing
        build(maker, "CuAu", "Tetragonal", potential)
        build(maker, "Ni2TiAl", "Cubic", potential)
    print("| formulas | n | evaluations | with | CPU s | with | lower | equal | higher | more than "
          "10 meV | mean, meV/atom |\n|---|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    proposals, (known, _) = proposed(options), lessons(options.data)
    kinds = {
        "binary proposals": proposals[2],
        "ternary proposals": proposals[3],
        "kept-back metallic binaries": kept_back(options, known, 2, "binaries"),
        "kept-back ternaries": kept_back(options, known, 3, "tensors"),
    }
    for title, pairs in kinds.items():
        for formula, system in pairs:
            found = [build(maker, formula, system, potential) for maker in ways.values()]
            before.setdefault(title, {}).setdefault(f"{formula} {system}", []).extend(found)
        if options.save:
            options.save.write_text(json.dumps(before))
        else:
            show(title, [row for row in before[title].values() if len(row) == len(WAYS)])


def build(maker, formula, system, potential):
    candidate = CandidateDocument(
        candidate_id="0", run_id="0", formula=formula, proposed_crystal_system=system
    )
    before, start = potential.evaluations, time.process_time()
    built = maker.build(candidate, potential, MOST_SITES, 0)
    energy = built.polymorphs[0].energy_per_atom if built.polymorphs else None
    return [potential.evaluations - before, time.process_time() - start, energy]


def show(title, rows):
    both = [row for row in rows if None not in (row[0][2], row[1][2])]
    change = np.array([new[2] - old[2] for old, new in both])
    costs = np.array([[old[:2], new[:2]] for old, new in both]).mean(axis=0)
    print(
        f"| {title} | {len(both)} of {len(rows)} | {costs[0, 0]:.1f} | {costs[1, 0]:.1f} | "
        f"{costs[0, 1]:.2f} | {costs[1, 1]:.2f} | {(change < -SAME).mean():.0%} | "
        f"{(abs(change) <= SAME).mean():.0%} | {(change > SAME).mean():.0%} | "
        f"{(change > 10 * SAME).mean():.0%} | {1000 * change.mean():+.1f} |",
        flush=True,
    )


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=("ranks", "building", "texts"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int, default=40, help="formulas of each kind")
    parser.add_argument("--seed", type=int, default=3, help="of proposals and choice of formulas")
    parser.add_argument("--bulk-modulus", type=float, nargs=2, default=(95, 105), help="GPa")
    parser.add_argument("--save", type=Path, help="write what building without types costs")
    parser.add_argument("--before", type=Path, help="compare with what another version saved")
    options = parser.parse_args()
    {"ranks": ranks, "building": building, "texts": texts}[options.question](options)


if __name__ == "__main__":
    main()
