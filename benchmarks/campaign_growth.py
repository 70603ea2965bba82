"""A campaign over long lists: ``python benchmarks/campaign_growth.py 1000 2000 5000 10000``.

Crystals of seven metals with lattice parameters a little off go through building, two workers and
the embedded store; an analytic potential judges them. A plain loop calls the same functions
for a sample of the same crystals, without jobs; the rest is overhead: jobs, jobflow and the store,
starting of processes and publishing included.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from itertools import permutations
from pathlib import Path

from pymatgen.core import Lattice, Structure

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.crystals.guess import StructureGuess, describe_symmetry
from elatbot_flows.crystals.screening import relax_guesses
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.documents import CampaignDocument, CandidateDocument, Evidence, LedgerRow
from elatbot_flows.documents.rows import text_evidence
from elatbot_flows.flows import CampaignMaker
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.jobs.weigh import weighed
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.potentials import Potential, load_potential
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.proposers import GivenProposer
from elatbot_flows.proposers.expectation import expectation_record, expected
from elatbot_flows.running import runner

EMT = "ase.calculators.emt:EMT"
SIZES = {"Al": 4.00, "Ni": 3.49, "Cu": 3.59, "Pd": 3.88, "Ag": 4.06, "Pt": 3.92, "Au": 4.06}
BUILD = BuildMaker(potential=EMT)
SAMPLE = 500
TARGET = DesignTarget(bulk_modulus=Interval(120, 180))
RECORD = expectation_record("elatbot-mini")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="+", type=int)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    plain = plain_cost(crystals(max(arguments.numbers)))
    print(f"the steps alone: {1000 * plain:.0f} CPU ms a candidate ({SAMPLE} in a plain loop)\n")
    print(
        "| candidates | jobs | passed | CPU s | overhead, ms a candidate | of it in this process | "
        "largest document, kB | largest job spec, kB | peak memory, MB | store, MB |"
    )
    print("|" + "---|" * 10)
    for number in arguments.numbers:
        pid = os.fork()  # so that peak memory and CPU time are those of one run
        if pid == 0:
            print(row(number, plain, arguments.workers), flush=True)
            os._exit(0)
        os.waitpid(pid, 0)


def crystals(number: int) -> list[Structure]:
    """Crystals of type L1_2, no two alike."""
    sites = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    pairs = list(permutations(SIZES, 2))
    made = []
    for turn in range(number):
        one, other = pairs[turn % len(pairs)]
        off = 1 + 0.02 * ((turn * 0.6180339887) % 1 - 0.5)
        lattice = Lattice.cubic(off * (SIZES[one] + 3 * SIZES[other]) / 4)
        made.append(Structure(lattice, [one, other, other, other], sites))
    return made


def plain_cost(brought: list[Structure]) -> float:
    """CPU seconds of the potential's work for one candidate."""
    potential = load_potential(EMT)
    chosen = brought[:: max(1, len(brought) // SAMPLE)][:SAMPLE]
    step(chosen[0], potential)  # imports
    start = time.process_time()
    for crystal in chosen:
        step(crystal, potential)
    return (time.process_time() - start) / len(chosen)


def step(crystal: Structure, potential: Potential) -> None:
    """What a script without jobs would do: expect, relax, validate, estimate, recognise."""
    space_group, system = describe_symmetry(crystal)
    formula = crystal.composition.reduced_formula
    (moments,) = expected("elatbot-mini", [(formula, system)])
    guess = StructureGuess(crystal, "given", "given", system, space_group)
    relaxed, _ = relax_guesses([guess], potential, BUILD)
    result = validate_crystal(relaxed[0].structure, potential)
    row = LedgerRow(candidate_id="", formula=formula, expected=moments)
    elements = [element.symbol for element in crystal.composition.elements]
    text = text_evidence(row, elements, RECORD)
    candidate = CandidateDocument(
        candidate_id="",
        run_id="",
        formula=formula,
        elements=elements,
        polymorphs=relaxed,
        evidence=[text, Evidence(polymorph=0, result=result)],
    )
    weighed(candidate, TARGET)


def row(number: int, plain: float, workers: int) -> str:
    """Run a campaign and say what it took."""
    design = InverseDesignMaker(
        n=None,
        proposer=GivenProposer(materials=crystals(number)),
        build=BUILD,
        judges=[PotentialJudge(potential=EMT)],
        hull=None,
    )
    flow = CampaignMaker("growth", [design], recall=False).make([TARGET])
    specs: list[int] = []
    to_json = runner._to_json  # noqa: SLF001
    runner._to_json = lambda job: (text := to_json(job), specs.append(len(text)))[0]  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        store = embedded_store(Path(folder))
        store.connect()
        summary = runner.run_flow(flow, store, workers=workers)
        if summary.failed:
            raise SystemExit(summary.failed)
        found = CampaignDocument.model_validate(store.get_output(flow.output.uuid))
        publish_candidates(store)
        candidates = candidate_store(store)
        candidates.connect()
        if candidates.count() != number or found.judged != number:
            raise SystemExit(f"{candidates.count()} candidates, {found.judged} judged")
        sizes = [len(line) for line in document_sizes(store)]
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    own, workers_ = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = [usage.ru_utime + usage.ru_stime for usage in (own, workers_)]
    overhead = sum(cpu) / number - plain
    return (
        f"| {number} | {len(summary.finished)} | {found.passed} | {sum(cpu):.0f} | "
        f"{1000 * overhead:.1f} | {1000 * cpu[0] / number:.1f} | {max(sizes) / 1000:.0f} | "
        f"{max(specs) / 1000:.0f} | {max(own.ru_maxrss, workers_.ru_maxrss) / 1000:.0f} | "
        f"{disk / 1e6:.0f} |"
    )


def document_sizes(store) -> list[bytes]:
    """All documents of the store, as BSON."""
    import bson

    return [bson.encode(document) for document in store.docs_store.query({})]


if __name__ == "__main__":
    main()
