"""Candidates of finished design runs before GPAW: who was right, and did stated intervals hold.

elatbot design --bulk-modulus 55:65 --max-sites 6 -n 10 --out runs/55-65   # and so on
OMP_NUM_THREADS=1 python benchmarks/dft_candidates.py runs/* --out verdicts.jsonl
python benchmarks/dft_candidates.py --out verdicts.jsonl --table

Every candidate that passed is judged, hit or not: first the one of each run that is expected to be
cheapest, then the cheapest of all others. A line is written for each as soon as it is known, also
for those that DFT refuses; a second start goes on.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize

from elatbot_flows import DesignTarget
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.checks import check_for_dft, expected_core_hours
from elatbot_flows.dft.code import HIGH_SPIN
from elatbot_flows.documents import CandidateDocument
from elatbot_flows.errors import StructureError
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

    @property
    def key(self) -> str:
        """What it is called in the file."""
        return f"{self.run}/{self.candidate.candidate_id}"


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
            check_for_dft(candidate.structure, maker.method)
            case.hours = expected_core_hours(candidate.structure, maker.method)
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
    """A line of the file."""
    line = {
        "key": case.key,
        "run": case.run,
        "formula": case.candidate.formula,
        "nsites": case.candidate.nsites,
        "expected_hours": case.hours,
        "refusal": case.refusal,
        "verdict_before": case.candidate.verdict,
    }
    if case.refusal:
        return line
    flow = maker.make([case.candidate.structure], [case.candidate.formula])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False)
    ended = done.get(flow.output.uuid)
    result = ended[1].output[0] if ended else None
    after = overruled(case.candidate, result, case.target)
    line |= {
        "verdict": after.verdict,
        "probability": after.probability,
        "dft": after.dft.model_dump(),
        "result": result.model_dump() if result is not None else None,
    }
    return jsanitize(line, strict=True)  # type: ignore[no-any-return]


def table(lines: list[dict[str, Any]]) -> None:
    """Everybody's K and G next to DFT, and sums."""
    measured = [line for line in lines if line.get("dft", {}).get("status") == "measured"]
    print("| target | crystal | atoms | K, G of text model | 7net-0 | 7net-l3i5 | estimate | DFT |")
    print("|---|---|---|---|---|---|---|---|")
    for line in measured:
        said = {one["source"]: one for one in line["dft"]["sources"]}
        texts = [_pair(said.get(name)) for name in ("elatbot-mini", "7net-0", "7net-l3i5")]
        texts += [_interval(line["dft"]["estimate_before"]), _pair(line["dft"])]
        row = [line["run"], line["formula"], str(line["nsites"]), *texts]
        print("| " + " | ".join(row) + " |")
    print("\n| crystal | verdict, before | by DFT | K held | G held | calculations | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for line in lines:
        print("| " + " | ".join(_course(line)) + " |")
    print("\n| crystals | source | K: median deviation | largest | G: median | largest |")
    print("|---|---|---|---|---|---|")
    for name, some in _split(measured).items():
        for source in ("elatbot-mini", "7net-0", "7net-l3i5", "estimate"):
            print("| " + " | ".join([name, source, *_deviations(some, source)]) + " |")
    print("\n| crystals | hits before | still hits | K held | G held |\n|---|---|---|---|---|")
    told = [line for line in lines if line.get("dft", {}).get("status") in ("measured", "unstable")]
    for name, some in _split(told).items():
        hits = [line for line in some if line["verdict_before"] == "hit"]
        kept = sum(line["verdict"] == "hit" for line in hits)
        ends = [line["dft"]["sources"][-1] for line in some if line["dft"]["sources"]]
        held = [f"{sum(e[f'{m}_held'] is True for e in ends)}/{len(ends)}" for m in MODULI]
        print(f"| {name} | {len(hits)} | {kept} | {' | '.join(held)} |")


MODULI = ("bulk", "shear")


def _pair(said: dict[str, Any] | None) -> str:
    if said is None:
        return "-"
    values = (said["bulk_modulus"], said["shear_modulus"])
    return ", ".join("-" if one is None else f"{one:.0f}" for one in values)


def _interval(estimate: dict[str, Any] | None) -> str:
    if estimate is None:
        return "-"
    ends = [estimate[f"{name}_modulus"] for name in MODULI]
    return ", ".join(f"{one['value']:.0f} ({one['low']:.0f}-{one['high']:.0f})" for one in ends)


def _course(line: dict[str, Any]) -> list[str]:
    if "dft" not in line:
        return [line["formula"], line["verdict_before"], f"refused: {line['refusal']}", *["-"] * 4]
    said, dft = line["dft"], line["result"]["dft"]
    ends = said["sources"][-1] if said["sources"] else {}
    held = [{True: "yes", False: "no"}.get(ends.get(f"{name}_held"), "-") for name in MODULI]
    verdict = line["verdict"] if said["status"] != "failed" else f"failed: {said['reason']}"
    done = f"{dft['relaxation_calculations']} + {dft['calculations']}"
    return [
        line["formula"],
        line["verdict_before"],
        verdict,
        *held,
        done,
        f"{dft['cpu_seconds']:.0f}",
    ]


def _split(measured: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    magnetic = [one for one in measured if set(one["result"]["elements"]) & set(HIGH_SPIN)]
    rest = [one for one in measured if one not in magnetic]
    return {"all": measured, "with Cr, Mn, Fe, Co or Ni": magnetic, "without": rest}


def _deviations(lines: list[dict[str, Any]], source: str) -> list[str]:
    cells = []
    for name in MODULI:
        found = [
            abs(one[f"{name}_deviation"])
            for line in lines
            for one in line["dft"]["sources"]
            if one["source"] == source and one[f"{name}_deviation"] is not None
        ]
        cells += [f"{median(found):.1%}", f"{max(found):.0%}"] if found else ["-", "-"]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--k-spacing", type=float)
    parser.add_argument("--hours", type=float, help="leave out what should take longer")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    text = asked.out.read_text(encoding="utf-8") if asked.out.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    changed = {"k_spacing": asked.k_spacing} if asked.k_spacing else {}
    maker = DFTElasticMaker(code=GPAWCode(DFTSettings.preset(asked.preset, **changed)))
    known = {line["key"] for line in lines}
    for case in in_turn(asked.runs, maker):
        if case.key not in known and (case.hours or 0.0) <= (asked.hours or float("inf")):
            with asked.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(judged(case, maker)) + "\n")
    if asked.table:
        table(lines)


if __name__ == "__main__":
    main()
