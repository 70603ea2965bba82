"""The page of the benchmark of tuned potentials."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

from known_cases import MOST_SITES

from elatbot_flows.uncertainty.elements import shares_of
from elatbot_flows.uncertainty.kinds import material_kind

if TYPE_CHECKING:
    from elatbot_flows.training.data.binaries import CrystalRow

SMALL = 8
MEASURED = {"V": 162, "Nb": 170, "W": 323, "Fe": 168, "Co": 191, "Ni": 186}
"""Bulk moduli of elements (GPa; Kittel, Introduction to Solid State Physics)."""
UNSTABLE = ("fcc V", "fcc Nb", "fcc W", "bcc Al", "bcc Cu", "bcc Ti", "bcc Zr", "sc Al")
"""Known to be mechanically unstable (Grimvall et al., Rev. Mod. Phys. 84, 945 (2012))."""


def table(
    rows: list[CrystalRow], lines: dict[str, dict[str, dict]], start: str | None, command: str
) -> str:
    """The page; `lines` by potential and source."""
    small = [row for row in rows if len(row.structure) <= SMALL]
    kinds = {r.source: material_kind(shares_of(r.structure.composition)) for r in rows}
    common = [
        row for row in rows if all(of[row.source]["status"] == "passed" for of in lines.values())
    ]
    text = [
        "# A potential tuned to elasticity\n",
        f"`{command}`\n",
        (
            f"{len(rows)} random binaries of the Materials Project of up to {MOST_SITES} atoms, of "
            f"formulas that nothing was tuned to; {len(small)} have up to {SMALL} atoms. All have "
            "positive moduli by density functional theory, and all that do not pass count as "
            "rejected. K, G: mean absolute errors in GPa (*own*: of those that the potential lets "
            f"pass, *common*: of the {len(common)} that all let pass), G/DFT: median of those "
            "passed. Asymmetry: of the second derivatives, the largest and the 99th percentile. "
            "CPU s: for one crystal. [How it was tuned](../docs/tuning_potentials.md).\n"
        ),
        (
            "| potential | rejected | rejected, small | reasons | K own | G own | K common "
            "| G common | G/DFT | asymmetry | CPU s |"
        ),
        "|---" * 11 + "|",
    ]
    for name, of in lines.items():
        text.append(f"| {name} | " + " | ".join(columns(rows, small, common, of)) + " |")
    text += ["", "Rejected and errors of those passed by kind:", ""]
    text += ["| potential | kind | n | rejected | K | G |", "|---" * 6 + "|"]
    for name, of in lines.items():
        for kind in ("metal", "other", "magnetic"):
            own = [row for row in rows if kinds[row.source] == kind]
            passed = [row for row in own if of[row.source]["status"] == "passed"]
            text.append(
                f"| {name} | {kind} | {len(own)} | {1 - len(passed) / max(1, len(own)):.0%} "
                f"| {error(passed, of, 'bulk')} | {error(passed, of, 'shear')} |"
            )
    return "\n".join([*text, "", *special(lines), "", *energies(rows, lines, start), ""])


def columns(
    rows: list[CrystalRow], small: list[CrystalRow], common: list[CrystalRow], of: dict[str, dict]
) -> list[str]:
    passed = [row for row in rows if of[row.source]["status"] == "passed"]
    reasons = Counter(of[r.source]["reason"] for r in rows if of[r.source]["reason"])
    ratios = [of[row.source]["shear_modulus"] / row.shear_modulus for row in passed]
    residuals = sorted(of[r.source]["residual"] for r in rows if of[r.source]["residual"])
    rejected = [1 - sum(r in passed for r in group) / len(group) for group in (rows, small)]
    return [
        *(f"{share:.1%}" for share in rejected),
        ", ".join(f"{reason} {n}" for reason, n in reasons.most_common()),
        *(error(group, of, kind) for group in (passed, common) for kind in ("bulk", "shear")),
        f"{statistics.median(ratios):.2f}",
        f"{residuals[-1]:.1%}, {residuals[int(0.99 * len(residuals))]:.1%}",
        f"{statistics.fmean(of[row.source]['cpu_s'] for row in rows):.2f}",
    ]


def error(rows: list[CrystalRow], of: dict[str, dict], kind: str) -> str:
    name = f"{kind}_modulus"
    return f"{statistics.fmean(abs(of[r.source][name] - getattr(r, name)) for r in rows):.1f}"


def special(lines: dict[str, dict[str, dict]]) -> list[str]:
    """K/G of known crystals, and how many unstable ones are called unstable."""
    text = [
        "K/G (GPa) of known crystals beside measured bulk moduli; - is called unstable. FeCo and",
        "Ni2TiAl: beside K/G by density functional theory. Elements in common types are among what",
        f"a tuned potential learns from its teacher. Last: how many of {', '.join(UNSTABLE)},",
        "all of them unstable,",
        "are called so.\n",
        "| | known | " + " | ".join(lines) + " |",
        "|---" * (2 + len(lines)) + "|",
    ]
    references = {n: str(k) for n, k in MEASURED.items()} | {"FeCo": "190/91", "Ni2TiAl": "164/62"}
    for source, reference in references.items():
        said = [moduli(of[source]) for of in lines.values()]
        text.append(f"| {source} | {reference} | " + " | ".join(said) + " |")
    failed = [sum(of[name]["status"] != "passed" for name in UNSTABLE) for of in lines.values()]
    text.append(f"| unstable | {len(UNSTABLE)} | " + " | ".join(map(str, failed)) + " |")
    return text


def moduli(line: dict) -> str:
    if line["status"] != "passed":
        return "-"
    return f"{line['bulk_modulus']:.0f}/{line['shear_modulus']:.0f}"


def energies(
    rows: list[CrystalRow], lines: dict[str, dict[str, dict]], start: str | None
) -> list[str]:
    """How far energies of relaxed crystals are from those of the start."""
    if start is None:
        return []
    text = [f"Energies of the relaxed crystals less those of {start}, meV/atom:\n"]
    text += ["| potential | mean | mean deviation from that |", "|---|---|---|"]
    for name, of in lines.items():
        pairs = [(of[r.source], lines[start][r.source]) for r in rows]
        found = [
            1000 * (one["energy_per_atom"] - other["energy_per_atom"])
            for one, other in pairs
            if one["energy_per_atom"] and other["energy_per_atom"]
        ]
        mean = statistics.fmean(found)
        text.append(
            f"| {name} | {mean:.0f} | {statistics.fmean(abs(x - mean) for x in found):.0f} |"
        )
    return text
