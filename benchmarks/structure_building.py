"""What building crystals costs and where they end, of two releases side by side.

::

    python benchmarks/structure_building.py choose FORMULAS.json --data FOLDER --n 30
    python benchmarks/structure_building.py build FORMULAS.json NEW.json
    python benchmarks/structure_building.py compare OLD.json NEW.json

OLD.json is what ``build`` of this file writes for the same formulas where the source of the older
release is first on ``PYTHONPATH``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from pathlib import Path

import numpy as np
from pymatgen.core import Composition, Element

from elatbot_flows.crystals.random_crystals import SPACEGROUPS
from elatbot_flows.documents import CandidateDocument
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.potentials import load_potential

SAME = 1.0  # meV/atom
MOST_SITES = 16
HEAD = (
    "formulas", "n", "evaluations", "now", "CPU s", "now", "lower", "equal", "higher",
    "more than 10 meV", "mean, meV/atom",
)  # fmt: skip


def choose(options):
    """Write which formulas are built: proposals of elatbot-mini, and compounds of the test part."""
    from elatbot_flows.training.wyckoff.lessons import lessons

    proposals, (known, _) = proposed(options), lessons(options.data)
    chosen = {
        "binary proposals": proposals[2],
        "ternary proposals": proposals[3],
        "kept-back metallic binaries": kept_back(options, known, 2, "binaries"),
        "kept-back ternaries": kept_back(options, known, 3, "tensors"),
    }
    options.files[0].write_text(json.dumps(chosen))


def proposed(options):
    """What elatbot-mini proposes for the bulk moduli, by number of elements."""
    from elatbot_flows.engines.drawing import draw_materials
    from elatbot_flows.engines.text_model import text_model
    from elatbot_flows.targets import DesignTarget

    target = DesignTarget(bulk_modulus=tuple(options.bulk_modulus))
    drawn = draw_materials(text_model("elatbot-mini"), target, 6 * options.n, seed=options.seed)
    pairs = dict.fromkeys((d.formula, d.crystal_system) for d in drawn if d.reason is None)
    return {
        number: [pair for pair in pairs if len(Composition(pair[0])) == number][: options.n]
        for number in (2, 3)
    }


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


def build(options):
    """Write evaluations and the lowest energy of each formula, and CPU seconds of all."""
    formulas, results = options.files
    potential, found = load_potential("7net-0", "cpu"), {}
    built([("CuAu", "Tetragonal"), ("Ni2TiAl", "Cubic")], potential)  # loads libraries untimed
    for title, pairs in json.loads(formulas.read_text()).items():
        start = time.process_time()
        rows = built(pairs, potential)
        found[title] = {"seconds": time.process_time() - start, "rows": rows}
        results.write_text(json.dumps(found))


def built(pairs, potential):
    """Evaluations and lowest energy by formula."""
    found = {}
    for formula, system in pairs:
        candidate = CandidateDocument(
            candidate_id="0", run_id="0", formula=formula, proposed_crystal_system=system
        )
        done = BuildMaker().build(candidate, potential, MOST_SITES, 0)
        energy = done.polymorphs[0].energy_per_atom if done.polymorphs else None
        found[f"{formula} {system}"] = [done.build_evaluations, energy]
    return found


def compare(options):
    """Print where crystals of the second file end beside those of the first."""
    old, new = (json.loads(file.read_text()) for file in options.files)
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    for title in old:
        rows, others = old[title]["rows"], new[title]["rows"]
        pairs = np.array([rows[name] + others[name] for name in rows], dtype=float)
        both = pairs[~np.isnan(pairs).any(axis=1)]
        change = 1000 * (both[:, 3] - both[:, 1])
        cells = [
            title,
            f"{len(both)} of {len(pairs)}",
            *(f"{both[:, column].mean():.1f}" for column in (0, 2)),
            *(f"{result[title]['seconds'] / len(pairs):.2f}" for result in (old, new)),
            f"{(change < -SAME).mean():.0%}",
            f"{(abs(change) <= SAME).mean():.0%}",
            f"{(change > SAME).mean():.0%}",
            f"{(change > 10 * SAME).mean():.0%}",
            f"{change.mean():+.1f} ± {change.std() / len(change) ** 0.5:.1f}",
        ]
        print(f"| {' | '.join(cells)} |")


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("choose", "build", "compare"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--n", type=int, default=30, help="formulas of each kind")
    parser.add_argument("--seed", type=int, default=3, help="of proposals and choice of formulas")
    parser.add_argument("--bulk-modulus", type=float, nargs=2, default=(95, 105), help="GPa")
    options = parser.parse_args()
    {"choose": choose, "build": build, "compare": compare}[options.step](options)


if __name__ == "__main__":
    main()
