"""How well structure types are ranked for formulas nobody learned from, and what building costs.

::

    python benchmarks/structure_ranking.py ranks --data FOLDER
    python benchmarks/structure_ranking.py building --data FOLDER --n 40
    python benchmarks/structure_ranking.py texts --data FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Composition, Element

from elatbot_flows.crystals.random_crystals import SPACEGROUPS
from elatbot_flows.crystals.ranking import MOST_ELEMENTS
from elatbot_flows.crystals.structure_types import load_structure_types
from elatbot_flows.documents import CandidateDocument
from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ParseError
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.potentials import load_potential
from elatbot_flows.targets import DesignTarget
from elatbot_flows.text.wyckoff import questions, words
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import slots_of
from elatbot_flows.training.data.binaries import load_crystals
from elatbot_flows.training.wyckoff.lessons import lessons

WITHIN = (1, 3, 5, 10)
SAME = 1e-3  # eV/atom
MOST_SITES = 16


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
    train = [lesson for lesson in found if lesson.part == "train"]
    seen = {lesson.crystal.kind.anonymous() for lesson in train}
    print(f"{len(found)} crystals, {len(train)} for training; left out: {dropped}.\n")
    print("| formulas | ranking | n | type in training | first | in 3 | in 5 | in 10 |")
    print("|---|---|---|---|---|---|---|---|")
    for part in ("validation", "test"):
        asked = [one for one in found if one.part == part and one.source == "binaries"]
        rankings = {"frequency": frequency(train), "learned": learned}
        if options.model and part == "validation":
            rankings["language model"] = language_model(options.model)
        for name, rank in rankings.items():
            places = [place(one, rank(one.formula)) for one in asked]
            known = np.mean([one.crystal.kind.anonymous() in seen for one in asked])
            shares = [f"{np.mean([p < n for p in places]):.1%}" for n in WITHIN]
            print(f"| {part} | {name} | {len(asked)} | {known:.1%} | {' | '.join(shares)} |")


def place(lesson, ranked):
    summed = Counter()
    for kind, weight in ranked.items():
        summed[kind.anonymous()] += weight
    order = [kind for kind, _ in summed.most_common()]
    true = lesson.crystal.kind.anonymous()
    return order.index(true) if true in order else len(order) + max(WITHIN)


def language_model(folder):
    """Learned types by the probability of their words, by a model of `wyckoff.records`."""
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(folder).eval()
    ids = {word: number for number, word in enumerate(words.vocabulary())}

    def rank(formula):
        likely = load_structure_types().likely(Composition(formula))
        elements = slots_of(Composition(formula))
        asked = f"{words.BEGIN} {questions.render_question(elements, counts_of(formula))}".split()
        written = [asked + words.render_type(each.kind, elements).split() for each in likely]
        rows = [torch.tensor([ids[word] for word in text]) for text in written]
        if not rows:
            return {}
        tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        with torch.no_grad():
            logs = model(input_ids=tokens).logits.log_softmax(-1)[:, :-1]
        each = logs.gather(2, tokens[:, 1:, None])[..., 0]
        first = len(asked) - 1
        sums = [float(e[first : len(r) - 1].sum()) for e, r in zip(each, rows, strict=True)]
        return {one.kind: np.exp(total) for one, total in zip(likely, sums, strict=True)}

    return rank


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


def kept_back(options):
    """Metallic binaries of the test part with their crystal systems."""
    metals = [
        one
        for one in lessons(options.data)[0]
        if (one.part, one.source) == ("test", "binaries")
        and all(Element(symbol).is_metal for symbol in one.crystal.elements)
        and one.crystal.kind.primitive_sites <= MOST_SITES
    ]
    random.Random(0).shuffle(metals)  # noqa: S311
    systems = [
        next(name for name, (a, b) in SPACEGROUPS.items() if a <= o.crystal.kind.spacegroup <= b)
        for o in metals
    ]
    return list(zip([one.formula for one in metals], systems, strict=True))[: options.n]


def proposed(options):
    """Binaries that elatbot-mini proposes for a bulk modulus near 100 GPa."""
    target = DesignTarget(bulk_modulus=(95, 105))
    drawn = draw_materials(text_model("elatbot-mini"), target, 15 * options.n, seed=0)
    pairs = dict.fromkeys((d.formula, d.crystal_system) for d in drawn if d.reason is None)
    binaries = [pair for pair in pairs if len(Composition(pair[0])) <= MOST_ELEMENTS]
    print(f"<!-- {len(binaries)} of {len(pairs)} proposals have at most two elements -->")
    return binaries[: options.n]


def building(options):
    """Print what both ways of building cost and where they end."""
    potential = load_potential("7net-0", "cpu")
    ways = {"without": BuildMaker(max_likely=0), "with": BuildMaker()}
    for maker in ways.values():  # loads libraries outside the timing
        build(maker, "CuAu", "Tetragonal", potential)
    print("| formulas | n | evaluations | with | CPU s | with | lower | equal | higher | more than "
          "10 meV | mean, meV/atom |\n|---|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    kinds = {"kept-back metallic binaries": kept_back, "binary proposals": proposed}
    for title, pairs in kinds.items():
        rows = []
        for formula, system in pairs(options):
            rows.append([build(maker, formula, system, potential) for maker in ways.values()])
        show(title, rows)


def build(maker, formula, system, potential):
    candidate = CandidateDocument(
        candidate_id="0", run_id="0", formula=formula, proposed_crystal_system=system
    )
    before, start = potential.evaluations, time.process_time()
    built = maker.build(candidate, potential, MOST_SITES, 0)
    energy = built.polymorphs[0].energy_per_atom if built.polymorphs else None
    return potential.evaluations - before, time.process_time() - start, energy


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
    parser.add_argument("--model", type=Path, help="language model to rank validation rows with")
    parser.add_argument("--n", type=int, default=40, help="formulas of each kind")
    options = parser.parse_args()
    {"ranks": ranks, "building": building, "texts": texts}[options.question](options)


if __name__ == "__main__":
    main()
