"""Candidates of finished design runs before GPAW: who was right, and did stated intervals hold.

elatbot design --bulk-modulus 55:65 --max-sites 6 -n 10 --out runs/55-65   # and so on
OMP_NUM_THREADS=1 python benchmarks/dft_candidates.py runs/* --batch second
python benchmarks/dft_candidates.py --table

Every candidate that passed is judged, hit or not: first the one of each run that is expected to be
cheapest, then the cheapest of all others. A line is added to the file of verdicts for each as soon
as it is known, also for those that DFT refuses. Formulas that the file has are not judged again.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dft_tables import table
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import DesignTarget
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.checks import check_for_dft, expected_core_hours
from elatbot_flows.documents import CandidateDocument, ElasticResult
from elatbot_flows.errors import StructureError
from elatbot_flows.jobs.choosing import crystal_for_dft
from elatbot_flows.jobs.referee import overruled
from elatbot_flows.judges import DFTElasticMaker

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Case:
    """A candidate, and what is expected of computing it."""

    run: str
    target: DesignTarget
    candidate: CandidateDocument
    hours: float | None = None
    refusal: str | None = None


def cases(folder: Path, maker: DFTElasticMaker) -> list[Case]:
    """Candidates of a run that passed, refused ones first, then by expected cost."""
    (file,) = folder.rglob("result.json")
    result = json.loads(file.read_text(encoding="utf-8"))
    low, high = (float(end) for end in folder.name.split("-")[:2])
    found = []
    for fields in result["candidates"]:
        if fields["status"] != "passed":
            continue
        candidate = CandidateDocument.model_validate(fields)
        case = Case(folder.name, DesignTarget(bulk_modulus=(low, high)), candidate)
        try:
            check_for_dft(crystal_for_dft(candidate), maker.method)
            case.hours = expected_core_hours(crystal_for_dft(candidate), maker.method)
        except StructureError as error:
            case.refusal = error.reason
        found.append(case)
    return sorted(found, key=lambda case: case.hours or 0.0)


def in_turn(folders: list[Path], maker: DFTElasticMaker) -> Iterator[Case]:
    """Refused ones, then the cheapest of each run, then the cheapest of all others."""
    runs = [cases(folder, maker) for folder in folders]
    for case in itertools.chain(*runs):
        if case.refusal:
            yield case
    able = [[case for case in run if not case.refusal] for run in runs]
    yield from (run[0] for run in able if run)
    yield from sorted((case for run in able for case in run[1:]), key=lambda case: case.hours or 0)


def judged(case: Case, maker: DFTElasticMaker) -> dict[str, Any]:
    """A line of the file, moduli in GPa."""
    line: dict[str, Any] = {
        "target": case.run,
        "formula": case.candidate.formula,
        "atoms": case.candidate.nsites,
        "before": case.candidate.verdict,
    }
    if case.refusal:
        return line | {"status": "refused", "reason": case.refusal}
    flow = maker.make([crystal_for_dft(case.candidate)], [case.candidate.formula])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False)
    ended = done.get(flow.output.uuid)
    result = ElasticResult.model_validate(ended[1].output[0]) if ended else None
    after = overruled(case.candidate, result, case.target)
    verdict, estimate = after.dft, case.candidate.estimate
    line |= {
        "verdict": after.verdict,
        "status": verdict.status,
        "reason": verdict.reason,
        "said": {
            one.source: rounded(one.bulk_modulus, one.shear_modulus) for one in verdict.sources
        },
        "estimate": estimate
        and [
            rounded(one.value, one.low, one.high)
            for one in (estimate.bulk_modulus, estimate.shear_modulus)
        ],
        "dft": rounded(verdict.bulk_modulus, verdict.shear_modulus),
        "expected_seconds": round(3600 * case.hours) if case.hours else None,
    }
    record = result and result.dft
    if result and record:
        line["smallest_eigenvalue"] = rounded(result.smallest_eigenvalue)[0]
        line["calculations"] = [record.relaxation_calculations, record.calculations]
        line["cpu_seconds"] = round(record.cpu_seconds)
        line["moments"] = record.moments and rounded(*record.moments)
        if record.frame:
            line["mesh"], line["width"] = record.frame.mesh, record.frame.width
        line["gap"] = record.gap
        line["mismatch"] = record.energy_mismatch
        line["lattice"] = result.structure and rounded(*result.structure.lattice.parameters)
    return line


def rounded(*values: float | None) -> list[float | None]:
    return [None if value is None else round(value, 2) for value in values]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".jsonl"))
    parser.add_argument("--batch", help="a name for these runs, which the table tells apart")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--k-spacing", type=float)
    parser.add_argument("--hours", type=float, help="leave out what should take longer")
    parser.add_argument("--only", nargs="*", help="these formulas alone")
    parser.add_argument("--list", action="store_true", help="only say whose turn it is")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    changed = {"k_spacing": asked.k_spacing} if asked.k_spacing else {}
    maker = DFTElasticMaker(code=GPAWCode(DFTSettings.preset(asked.preset, **changed)))
    known = {line["formula"] for line in lines_of(asked.out)}
    for case in in_turn(asked.runs, maker):
        formula = str(case.candidate.formula)
        dear = (case.hours or 0.0) > (asked.hours or float("inf"))
        if formula in known or dear or (asked.only and formula not in asked.only):
            continue
        known.add(formula)
        if asked.list:
            print(case.run, formula, case.candidate.verdict, case.refusal or f"{case.hours:.3f} h")
            continue
        line = {"batch": asked.batch, **judged(case, maker)}
        with asked.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    if asked.table:
        table(lines_of(asked.out))


def lines_of(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


if __name__ == "__main__":
    main()
