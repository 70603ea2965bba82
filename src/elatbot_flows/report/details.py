"""Everything known of one candidate, folded away on the page until somebody wants it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from elatbot_flows.report.evidence import crystal_words, remarks, stands_for
from elatbot_flows.report.markup import (
    bullets,
    facts_html,
    formula_html,
    spacegroup_html,
    table_html,
    verdict_html,
)
from elatbot_flows.report.sentences import estimate_words
from elatbot_flows.report.words import (
    DASH,
    method_name,
    number,
    probability_words,
    property_words,
    reason_words,
    source_words,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, Evidence

__all__ = ["anchor", "details_html"]


def anchor(candidate: CandidateDocument) -> str:
    """Name of the place of a candidate on the page."""
    return f"candidate-{candidate.rank or candidate.candidate_id}"


def details_html(candidate: CandidateDocument) -> str:
    """Flags in the open; estimates, crystals, evidence and tensors behind a click.

    Parameters
    ----------
    candidate
        A candidate that passed.
    """
    words = probability_words(candidate.probability) if candidate.probability is not None else ""
    title = f"{candidate.rank or ''} {formula_html(candidate.formula)}"
    head = f"<h3>{title} {verdict_html(candidate.verdict, words)}</h3>"
    flags = bullets(remarks(candidate))
    inside = (
        f"<p>{escape(stands_for(candidate))}</p>{_crystals(candidate)}{_estimates(candidate)}"
        f"{_evidence(candidate)}{_tensors(candidate)}{_hull(candidate)}{_origin(candidate)}"
    )
    folded = f"<details><summary>evidence, tensors, crystals</summary>{inside}</details>"
    return f'<section id="{escape(anchor(candidate))}">{head}{flags}{folded}</section>'


def _estimates(candidate: CandidateDocument) -> str:
    """Estimate of every property, and the probability of every interval of the target."""
    if candidate.estimate is None:
        return "<p>The calibration knows none of the judges: there is no estimate.</p>"
    rows = [
        [
            escape(property_words(name)),
            escape(estimate_words(candidate, name)),
            escape(probability_words(candidate.probabilities.get(name))),
        ]
        for name in PROPERTIES
    ]
    heads = ["Property", "Estimate (90 % interval)", "Probability to meet the target"]
    caption = f"What all evidence says together ({candidate.estimate.kind})"
    return table_html(heads, rows, caption)


def _crystals(candidate: CandidateDocument) -> str:
    if not candidate.polymorphs:
        return ""
    rows = []
    lowest = candidate.polymorphs[0].energy_per_atom
    for place, crystal in enumerate(candidate.polymorphs):
        energy = crystal.energy_per_atom
        above = None if energy is None or lowest is None else 1000 * (energy - lowest)
        rows.append(
            [
                escape(crystal_words(candidate, place)),
                escape(source_words(crystal.source)),
                escape(crystal.label),
                DASH if above is None else f"{above:.0f}",
                number(crystal.bulk_modulus, "bulk_modulus"),
                "yes" if place == candidate.polymorph else "",
            ]
        )
    heads = ["Crystal", "From", "Which", "Above the lowest (meV/atom)", "K as screened (GPa)"]
    return table_html([*heads, "Stands for it"], rows, _built_words(candidate))


def _built_words(candidate: CandidateDocument) -> str:
    if candidate.guesses_built is None:
        return "Crystals, as given"
    failed = ", ".join(f"{n} {reason_words(r)}" for r, n in candidate.guesses_failed.items())
    given_up = f"; given up: {failed}" if failed else ""
    return f"Crystals kept of {candidate.guesses_built} built{given_up}"


def _evidence(candidate: CandidateDocument) -> str:
    """One row for every judge and crystal, failures included."""
    heads = ["Judge", "Of", "What became of it", "K (GPa)", "G (GPa)", "Space group"]
    heads += ["Softest mode (eV/&#8491;<sup>2</sup>)", "Close to a limit"]
    return table_html(
        heads, [_said(candidate, evidence) for evidence in candidate.evidence], "Evidence"
    )


def _said(candidate: CandidateDocument, evidence: Evidence) -> list[str]:
    said = evidence.result
    outcome = "expects" if said.judge.kind == "text" else "passed"
    if said.status != "passed":
        outcome = f"{reason_words(str(said.reason))}: {said.message}"
    group = spacegroup_html(said.spacegroup_number)
    if said.initial_spacegroup_number not in (None, said.spacegroup_number):
        group = f"{spacegroup_html(said.initial_spacegroup_number)} &rarr; {group}"
    softest = DASH if said.softest_mode is None else f"{said.softest_mode:.3f}"
    values = [
        number(value, "bulk_modulus") + (f" ± {std:.1f}" if std is not None else "")
        for value, std in (
            (said.bulk_modulus, said.bulk_modulus_std),
            (said.shear_modulus, said.shear_modulus_std),
        )
    ]
    return [
        escape(method_name(said.judge)),
        escape(crystal_words(candidate, evidence.polymorph)),
        escape(outcome),
        *values,
        group,
        softest,
        escape("; ".join(said.near_gates)),
    ]


def _tensors(candidate: CandidateDocument) -> str:
    """Every elastic tensor, next to each other."""
    tables = []
    for evidence in candidate.evidence:
        said = evidence.result
        if said.elastic_tensor is None:
            continue
        crystal = crystal_words(candidate, evidence.polymorph)
        caption = f"{method_name(said.judge)}, {crystal}: elastic tensor (GPa, Voigt, IEEE axes)"
        if said.ion_relaxation == "clamped":
            caption += ", ions clamped"
        rows = [[f"{round(value, 1) + 0.0:.1f}" for value in line] for line in said.elastic_tensor]
        tables.append(table_html([str(i) for i in range(1, 7)], rows, caption))
    return f'<div class="tensors">{"".join(tables)}</div>' if tables else ""


def _hull(candidate: CandidateDocument) -> str:
    hull = candidate.hull
    if hull is None:
        return ""
    if hull.energy_above_hull is None:
        return f"<p>Its place on the hull is unknown: {escape(str(hull.message))}</p>"
    products = " + ".join(
        f"{phase.fraction:.2f} {phase.formula} ({phase.label})" for phase in hull.decomposition
    )
    missing = f" Not among them: {'; '.join(hull.missing)}." if hull.missing else ""
    words = (
        f"{1000 * hull.energy_above_hull:.0f} meV/atom against {products or 'nothing'}, "
        f"among {len(hull.competing)} competing phases, all by "
        f"{method_name(hull.potential)}: {hull.status}.{missing}"
    )
    return f"<p>Hull: {escape(words)}</p>"


def _origin(candidate: CandidateDocument) -> str:
    facts = [("Candidate", candidate.candidate_id)]
    if candidate.source:
        facts.append(("Source", candidate.source))
    if candidate.completion:
        facts.append(("Completion", str(candidate.completion.get("text"))))
        facts.append(("Proposed", f"{candidate.times_proposed} times"))
    return facts_html(facts)
