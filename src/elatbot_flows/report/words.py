"""Words and numbers for people, shared by the page, the figure and the terminal."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from elatbot_flows.targets import PROPERTIES, Interval

if TYPE_CHECKING:
    from elatbot_flows.documents import DesignCounts, HullResult, MethodRecord, RunRecord

__all__ = [
    "DASH",
    "VERDICTS",
    "estimated",
    "funnel",
    "hull_words",
    "interval_words",
    "listed",
    "method_name",
    "number",
    "plain_formula",
    "probability_words",
    "property_words",
    "reason_words",
    "reasons",
    "source_words",
    "spacegroup_symbol",
    "target_intervals",
    "target_words",
    "yes_or_no",
]

DASH = "–"  # noqa: RUF001
"""Stands for a value that is not known."""

VERDICTS = ("hit", "open", "miss", "unknown")
"""All verdicts, in the order in which candidates are ranked."""

_FUNNEL = {
    "generated": "completions generated",
    "readable": "name a material",
    "distinct": "distinct materials",
    "built": "have a crystal",
    "judged": "shown to the judges",
    "passed": "passed all gates of a judge",
    "hits": "meet the target",
}
_SOURCES = {
    "materials_project": "Materials Project",
    "aflow": "AFLOW prototype",
    "intermetallics": "intermetallic type",
    "random": "random crystal",
    "learned": "structure type of similar compounds",
}
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*|[()]\d*)+")
_DECIMALS = {"poisson_ratio": 3, "pugh_ratio": 2}
_LONGEST_NAME = 18
_WHOLE = 10.0


def target_intervals(target: dict[str, Any] | None) -> dict[str, Interval]:
    """The intervals of a target's summary by property name, in the order of ``PROPERTIES``."""
    given = target or {}
    return {name: Interval(*given[name]) for name in PROPERTIES if name in given}


def property_words(name: str) -> str:
    """Name of a property without its unit, people's names in capitals: ``"Poisson ratio"``."""
    prop = PROPERTIES[name]
    words = prop.label.removesuffix(f" ({prop.unit})")
    return words.replace("poisson", "Poisson").replace("pugh", "Pugh")


def interval_words(name: str, interval: Interval) -> str:
    """An interval with its unit: ``"150 to 170 GPa"``, ``"1.75 or more"``."""
    unit = f" {PROPERTIES[name].unit}".rstrip()
    if not isfinite(interval.high):
        return f"{interval.low:g}{unit} or more"
    if not isfinite(interval.low):
        return f"{interval.high:g}{unit} or less"
    return f"{interval.low:g} to {interval.high:g}{unit}"


def target_words(target: dict[str, Any] | None) -> list[str]:
    """One phrase, with its unit, for every field of a target's summary."""
    if target is None:
        return ["the moduli, whatever they are"]
    phrases = [
        f"{property_words(name)} {interval_words(name, interval)}"
        for name, interval in target_intervals(target).items()
    ]
    if target.get("elements"):
        phrases.append(f"only {', '.join(target['elements'])}")
    if target.get("included_elements"):
        phrases.append(f"also {', '.join(target['included_elements'])}")
    if target.get("excluded_elements"):
        phrases.append(f"without {', '.join(target['excluded_elements'])}")
    if target.get("max_elements"):
        phrases.append(f"at most {target['max_elements']} elements")
    if target.get("max_sites"):
        phrases.append(f"at most {target['max_sites']} atoms in the primitive cell")
    phrases.append(f"at {target.get('temperature', 0):g} K")
    return phrases


def method_name(record: MethodRecord) -> str:
    """Short name of who computed something: no folders, no module of a class."""
    name = record.name.rstrip("/").rpartition("/")[2].rpartition(":")[2]
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def plain_formula(formula: str | None) -> bool:
    """Whether `formula` can be typeset: symbols, brackets and whole numbers only."""
    return formula is not None and _FORMULA.fullmatch(formula) is not None


def number(value: float | None, name: str) -> str:
    """A computed value of the property `name`, or a dash."""
    return DASH if value is None else f"{value:.{_DECIMALS.get(name, 1)}f}"


def estimated(value: float | None, name: str) -> str:
    """An estimate of the property `name` with no more digits than it deserves, or a dash."""
    if value is None:
        return DASH
    if not PROPERTIES[name].unit:
        return f"{value:.2f}"
    return f"{value:.0f}" if abs(value) >= _WHOLE else f"{value:.1f}"


def probability_words(probability: float | None) -> str:
    """A probability with two decimals, never rounded to one or to nothing, or a dash."""
    if probability is None:
        return DASH
    if 0.0 < probability < 0.01:
        return "<0.01"
    return ">0.99" if 0.99 < probability < 1.0 else f"{probability:.2f}"


def yes_or_no(value: bool | None) -> str:
    """``"yes"``, ``"no"``, or a dash where nobody knows."""
    return DASH if value is None else "yes" if value else "no"


def hull_words(hull: HullResult | None) -> str:
    """Where it lies: ``"on -12"`` or ``"above 46"`` in meV/atom, ``"unknown"``, or a dash."""
    if hull is None:
        return DASH
    if hull.energy_above_hull is None:
        return "unknown"
    where = "above" if hull.energy_above_hull > 0 else "on"
    return f"{where} {1000 * hull.energy_above_hull:.0f}"


def spacegroup_symbol(spacegroup: int | None) -> str | None:
    """International symbol such as ``"Fm-3m"``."""
    from pymatgen.symmetry.groups import sg_symbol_from_int_number

    return None if spacegroup is None else str(sg_symbol_from_int_number(spacegroup))


def source_words(source: str | None) -> str:
    """Where a crystal came from, for people: ``"AFLOW prototype"``."""
    return _SOURCES.get(source or DASH, source or DASH)


def funnel(run: RunRecord, counts: DesignCounts) -> list[tuple[str, int]]:
    """The steps of the funnel in words, with the number that came through each."""
    words = dict(_FUNNEL)
    if run.generator is None:
        words["generated"] = "materials given"
    if run.target is None:
        del words["hits"]
    return [(text, getattr(counts, name)) for name, text in words.items()]


def reasons(counts: DesignCounts) -> list[tuple[str, int]]:
    """Why candidates were given up, the most frequent reason first."""
    return sorted(counts.rejected.items(), key=lambda item: (-item[1], item[0]))


def reason_words(reason: str) -> str:
    """A machine-readable reason with spaces."""
    return reason.replace("_", " ")


def listed(names: list[str]) -> str:
    """Names in a row: ``"A, B and C"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
