"""Words and numbers for people, shared by the page, the figure and the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from elatbot_flows.targets import PROPERTIES, Interval

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, DesignCounts, DesignDocument, RunRecord

__all__ = [
    "DASH",
    "FUNNEL",
    "example_of",
    "funnel",
    "hull_words",
    "limits",
    "number",
    "origin_words",
    "plain_formula",
    "property_words",
    "reason_words",
    "reasons",
    "result_sentence",
    "signed",
    "source_words",
    "spacegroup_symbol",
    "target_intervals",
    "target_words",
    "validated",
    "with_unit",
]

DASH = "–"  # noqa: RUF001
"""Stands for a value that is not known."""

FUNNEL = {
    "generated": "completions generated",
    "parsed": "name a material",
    "distinct": "distinct materials",
    "structured": "crystal built",
    "validated": "sent to validation",
    "relaxed": "relaxation converged",
    "stable": "mechanically stable",
    "hits": "meet the target",
}
"""Steps of :class:`~elatbot_flows.documents.DesignCounts` in order, in words."""

_NO_HULL = (
    "Mechanical stability was checked, thermodynamic stability was not.",
    "The energy above the convex hull was not computed: a material may decompose into others.",
)
_HULL = (
    "The hull is that of the potential and knows elements and small prototypes, no larger phases.",
)
_LIMITS = (
    "The moduli come from an interatomic potential, not from density functional theory.",
    "The crystal of a formula is the lowest in energy of those built; another may be lower still.",
    "K combined: what potential and text model say together; the interval was tested on binaries.",
    "Novel: the formula is not among the generator's training formulas. Others may well know it.",
)
_SOURCES = {
    "materials_project": "Materials Project",
    "aflow": "AFLOW prototype",
    "intermetallics": "intermetallic type",
    "random": "random crystal",
}
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*|[()]\d*)+")
_HASH = 12
_DECIMALS = {"poisson_ratio": 3, "pugh_ratio": 2}


def limits(document: DesignDocument) -> tuple[str, ...]:
    """What a reader must know before trusting a number."""
    first, *others = _LIMITS
    return (first, *(_HULL if document.counts.hull else _NO_HULL), *others)


def hull_words(status: str | None, energy: float | None) -> str:
    """Energy above the hull in eV/atom, or why it is not known: ``"0.012"``, ``"unknown"``."""
    if status is None:
        return DASH
    return status if energy is None else f"{energy:.3f}"


def validated(document: DesignDocument) -> list[CandidateDocument]:
    """The candidates of a run that passed every gate, best first."""
    return [c for c in document.candidates if c.status == "validated"]


def target_intervals(target: dict[str, Any]) -> dict[str, Interval]:
    """The intervals of a target's summary by property name, in the order of ``PROPERTIES``."""
    return {name: Interval(*target[name]) for name in PROPERTIES if name in target}


def property_words(name: str) -> str:
    """Name of a property without its unit, people's names in capitals: ``"Poisson ratio"``."""
    prop = PROPERTIES[name]
    words = prop.label.removesuffix(f" ({prop.unit})")
    return words.replace("poisson", "Poisson").replace("pugh", "Pugh")


def target_words(target: dict[str, Any]) -> list[str]:
    """One phrase, with its unit, for every field of a target's summary."""
    phrases = []
    for name, interval in target_intervals(target).items():
        span = f"{interval_words(interval)} {PROPERTIES[name].unit}"
        phrases.append(f"{property_words(name)} {span}".rstrip())
    if target.get("elements"):
        phrases.append(f"only {', '.join(target['elements'])}")
    if target.get("excluded_elements"):
        phrases.append(f"without {', '.join(target['excluded_elements'])}")
    if target.get("max_elements"):
        phrases.append(f"at most {target['max_elements']} elements")
    if target.get("max_sites"):
        phrases.append(f"at most {target['max_sites']} atoms in the primitive cell")
    phrases.append(f"at {target.get('temperature', 0):g} K")
    return phrases


def interval_words(interval: Interval) -> str:
    """``"150 to 170"``, ``"150 or more"``, ``"170 or less"``."""
    low, high = interval.plain()
    if low is None or high is None:
        return f"{high:g} or less" if low is None else f"{low:g} or more"
    return f"{low:g} to {high:g}"


def origin_words(run: RunRecord) -> str:
    """Run, seed, and the models with versions and the beginning of their weights' hashes."""
    generator, potential = run.generator, run.potential
    proposed = f"{generator.name} {generator.version}{_weights(generator.weights_sha256)}"
    package = f"{potential.package} {potential.package_version}"
    judged = f"{potential.name} in {package}{_weights(potential.weights_sha256)}"
    return f"Run {run.run_id}, seed {run.seed}. Proposed by {proposed}, validated by {judged}."


def _weights(sha256: str | None) -> str:
    """The beginning of a hash in brackets, or nothing."""
    return f" (weights {sha256[:_HASH]})" if sha256 else ""


def plain_formula(formula: str | None) -> bool:
    """Whether `formula` can be typeset: symbols, brackets and whole numbers only."""
    return formula is not None and _FORMULA.fullmatch(formula) is not None


def number(value: float | None, name: str) -> str:
    """A value of the property `name` with as many decimals as it deserves, or a dash."""
    return DASH if value is None else f"{value:.{_DECIMALS.get(name, 1)}f}"


def signed(value: float | None, name: str | None) -> str:
    """A margin of the property `name` with its sign, or a dash."""
    if value is None or name is None:
        return DASH
    return f"{value:+.{_DECIMALS.get(name, 1)}f}"


def with_unit(text: str, name: str | None) -> str:
    """A number of the property `name` as text, with the unit or, for ratios, the symbol."""
    if text == DASH or name is None:
        return text
    return f"{text} {PROPERTIES[name].unit or PROPERTIES[name].symbol}"


def spacegroup_symbol(spacegroup: int | None) -> str | None:
    """International symbol such as ``"Fm-3m"``."""
    from pymatgen.symmetry.groups import sg_symbol_from_int_number

    return None if spacegroup is None else str(sg_symbol_from_int_number(spacegroup))


def source_words(source: str | None) -> str:
    """Where a crystal came from, for people: ``"AFLOW prototype: AB_cP2_221_b_a"``."""
    kind, colon, label = (source or DASH).partition(":")
    return f"{_SOURCES.get(kind, kind)}{colon}{label}"


def funnel(counts: DesignCounts) -> list[tuple[str, int]]:
    """The steps of the funnel in words, with the number that came through each."""
    return [(words, getattr(counts, name)) for name, words in FUNNEL.items()]


def reasons(counts: DesignCounts) -> list[tuple[str, int]]:
    """Why candidates were given up, the most frequent reason first."""
    return sorted(counts.rejected.items(), key=lambda item: (-item[1], item[0]))


def reason_words(reason: str) -> str:
    """A machine-readable reason with spaces."""
    return reason.replace("_", " ")


def example_of(document: DesignDocument, reason: str) -> CandidateDocument | None:
    """The first candidate given up for `reason`."""
    others = (c for c in document.candidates if c.status != "validated")
    return next((c for c in others if str(c.reason) == reason), None)


def result_sentence(document: DesignDocument) -> str:
    """What the run found, in one sentence or two."""
    found, hits = validated(document), document.counts.hits
    if not found:
        return (
            f"No candidate passed validation: {document.counts.validated} of "
            f"{document.counts.generated} completions reached it."
        )
    intervals = target_intervals(document.run.target)
    where = "the band" if len(intervals) == 1 else f"all {len(intervals)} bands"
    materials = "candidate" if len(found) == 1 else "candidates"
    lies = "lies" if hits == 1 else "lie"
    first = f"{hits} of {len(found)} validated {materials} {lies} in {where}"
    if not hits:
        first = f"None of {len(found)} validated {materials} lies in {where}"
    return f"{first}; {'best' if hits else 'nearest'}: {_best(found[0])}."


def _best(candidate: CandidateDocument) -> str:
    name, margin = candidate.limiting_property, candidate.margin
    if name is None or margin is None:
        return str(candidate.formula)
    value = with_unit(number(getattr(candidate, name), name), name)
    distance = with_unit(number(abs(margin), name), name)
    side = "inside" if margin >= 0 else "outside"
    return (
        f"{candidate.formula}, {property_words(name)} {value}, {distance} {side} the nearest edge"
    )
