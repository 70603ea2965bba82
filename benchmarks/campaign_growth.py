"""A campaign over long lists: ``python benchmarks/campaign_growth.py 1000 2000 5000 10000``.

Crystals of seven metals with lattice parameters a little off go through building, two workers and
the embedded store; an analytic potential judges them. What a script without jobs would call
(see `STEPS`) is timed where it runs; all other CPU time is overhead: jobs, jobflow and the store,
starting of processes, loading of models and publishing included.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import tempfile
import time
from functools import cache
from itertools import permutations
from pathlib import Path

from processor_time import seconds_so_far
from pymatgen.core import Lattice, Structure

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.documents import CampaignDocument
from elatbot_flows.flows import CampaignMaker
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer
from elatbot_flows.running import runner

EMT = "ase.calculators.emt:EMT"
SIZES = {"Al": 4.00, "Ni": 3.49, "Cu": 3.59, "Pd": 3.88, "Ag": 4.06, "Pt": 3.92, "Au": 4.06}
BUILD = BuildMaker(potential=EMT)
TARGET = DesignTarget(bulk_modulus=Interval(120, 180))
STEPS = (
    ("elatbot_flows.crystals.guess", "describe_symmetry"),
    ("elatbot_flows.proposers.given", "expected"),
    ("elatbot_flows.jobs.build", "relax_guesses"),
    ("elatbot_flows.potentials.validation", "validate_crystal"),
    ("elatbot_flows.jobs.judge", "weighed"),
)
"""Where what a script without jobs would call is looked up."""
TIMES = "GROWTH_TIMES"
SPENT: dict[str, float] = {}


def timed(module: str, name: str) -> None:
    """Have the CPU time of a function written down; its first call in a process is start-up."""
    home = importlib.import_module(module)
    function = getattr(home, name)
    calls = 0

    def measured(*arguments, **options):
        nonlocal calls
        calls += 1
        start = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            if calls > 1 and TIMES in os.environ:
                SPENT[name] = SPENT.get(name, 0.0) + time.process_time() - start
                os.pwrite(note(os.environ[TIMES]), f"{sum(SPENT.values()):020.6f}".encode(), 0)

    setattr(home, name, measured)


@cache
def note(folder: str) -> int:
    """File in which this process writes down what its steps took; to open it anew costs more."""
    return os.open(Path(folder, str(os.getpid())), os.O_WRONLY | os.O_CREAT)


for step in STEPS:  # also in the workers, which read this file when they start
    timed(*step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="+", type=int)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print(
        "| candidates | jobs | passed | CPU s | steps, ms a candidate | overhead, ms a candidate | "
        "of it in the first process | "
        "largest document, kB | largest job spec, kB | its peak memory, MB | store, MB |"
    )
    print("|" + "---|" * 11)
    for number in arguments.numbers:
        pid = os.fork()  # so that peak memory and CPU time are those of one run
        if pid == 0:
            print(row(number, arguments.workers), flush=True)
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


def row(number: int, workers: int) -> str:
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
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as times:
        os.environ[TIMES] = times
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
        steps = sum(float(file.read_text()) for file in Path(times).iterdir())
        sizes = [len(line) for line in document_sizes(store)]
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu, first = seconds_so_far(), own.ru_utime + own.ru_stime
    overhead = (cpu - steps) / number
    return (
        f"| {number} | {len(summary.finished)} | {found.passed} | {cpu:.0f} | "
        f"{1000 * steps / number:.1f} | {1000 * overhead:.1f} | {1000 * first / number:.1f} | "
        f"{max(sizes) / 1000:.0f} | "
        f"{max(specs) / 1000:.0f} | {own.ru_maxrss / 1000:.0f} | "
        f"{disk / 1e6:.0f} |"
    )


def document_sizes(store) -> list[bytes]:
    """All documents of the store, as BSON."""
    import bson

    return [bson.encode(document) for document in store.docs_store.query({})]


if __name__ == "__main__":
    main()
