"""Tables of `dft_candidates.py`."""

from __future__ import annotations

from statistics import mean, median
from typing import Any

from pymatgen.core import Composition

from elatbot_flows.dft.code import HIGH_SPIN

Line = dict[str, Any]
SOURCES = ("elatbot-mini", "7net-0", "7net-l3i5", "estimate")
SAID = {True: "yes", False: "no", None: "-"}


def table(lines: list[Line]) -> None:
    """Everybody's K and G next to DFT, and sums."""
    measured = [line for line in lines if line["status"] == "measured"]
    print("| target | crystal | atoms | K, G of text model | 7net-0 | 7net-l3i5 | estimate | DFT |")
    print("|---|---|---|---|---|---|---|---|")
    for line in measured:
        texts = [_pair(line["said"].get(name)) for name in SOURCES[:-1]]
        texts += [_interval(line["estimate"]), _pair(line["dft"])]
        _row(line["target"], _name(line), line["atoms"], *texts)
    print("\n| crystal | verdict, before | by DFT | K held | G held | calculations | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for line in lines:
        _row(_name(line), line["before"], *_course(line))
    errors = " | ".join(f"{name}: MAE, GPa | mean | median | largest" for name in "KG")
    print(f"\n| crystals | source | {errors} |\n|{'---|' * 10}")
    for name, some in split(measured).items():
        for source in SOURCES:
            _row(name, source, *_deviations(some, source))
    print("\n| crystals | judged | hits before | hit | open | miss | undecided | K held | G held |")
    print("|---|---|---|---|---|---|---|---|---|")
    told = [line for line in lines if line["status"] != "refused"]
    for name, some in split(told).items():
        after = [_by_dft(line) for line in some if line["before"] == "hit"]
        counts = [after.count(verdict) for verdict in ("hit", "open", "miss", "undecided")]
        ends = [line for line in some if line["status"] == "measured"]
        shares = [f"{sum(bool(held(line)[i]) for line in ends)}/{len(ends)}" for i in (0, 1)]
        _row(name, len(some), len(after), *counts, *shares)


def split(lines: list[Line]) -> dict[str, list[Line]]:
    """All, by batch, and with and without magnetic elements."""
    groups = {"all": lines}
    for line in lines:
        groups.setdefault(f"{line['batch'].split(',')[0]} batch", []).append(line)
    magnetic = [line for line in lines if _elements(line) & set(HIGH_SPIN)]
    groups["with Cr, Mn, Fe, Co or Ni"] = magnetic
    groups["without"] = [line for line in lines if line not in magnetic]
    return groups


def held(line: Line) -> tuple[bool | None, bool | None]:
    """Whether the intervals stated before held K and G of DFT."""
    if "held" in line:  # the first batch is known by its table alone
        return tuple(line["held"])
    if line["status"] != "measured" or line["estimate"] is None:
        return None, None
    ends = zip(line["estimate"], line["dft"], strict=True)
    bulk, shear = (low <= true <= high for (_, low, high), true in ends)
    return bulk, shear


def _name(line: Line) -> str:
    return ", ".join([line["formula"], *line["batch"].split(", ")[1:]])


def _elements(line: Line) -> set[str]:
    return {element.symbol for element in Composition(line["formula"])}


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |")


def _pair(values: list[float | None] | None) -> str:
    return "-" if values is None else ", ".join("-" if x is None else f"{x:.0f}" for x in values)


def _interval(estimate: list[list[float]] | None) -> str:
    if estimate is None:
        return "-"
    return ", ".join(f"{value:.0f} ({low:.0f}-{high:.0f})" for value, low, high in estimate)


def _course(line: Line) -> list[str]:
    if line["status"] == "refused":
        return [f"refused: {line['reason']}", *["-"] * 4]
    verdict = _by_dft(line)
    if verdict == "undecided":
        verdict += f": {line['reason']}"
    done = " + ".join(map(str, line.get("calculations", ["-"])))
    return [verdict, *(SAID[one] for one in held(line)), done, f"{line.get('cpu_seconds', 0)}"]


def _by_dft(line: Line) -> str:
    """A crystal that DFT says nothing certain of keeps its verdict, which is not one by DFT."""
    return str(line["verdict"]) if line["status"] != "failed" else "undecided"


def _deviations(lines: list[Line], source: str) -> list[str]:
    cells = []
    for i in (0, 1):
        said = [(line["said"].get(source, [None, None])[i], line["dft"][i]) for line in lines]
        known = [(value, dft) for value, dft in said if value is not None]
        found = [abs(value / dft - 1) for value, dft in known]
        if not found:
            cells += ["-"] * 4
            continue
        error = mean(abs(value - dft) for value, dft in known)
        cells += [f"{error:.1f}", f"{mean(found):.1%}", f"{median(found):.1%}", f"{max(found):.0%}"]
    return cells
