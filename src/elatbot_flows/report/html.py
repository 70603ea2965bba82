"""The report of a run as one self-contained HTML page."""

from __future__ import annotations

from html import escape
from itertools import compress
from typing import TYPE_CHECKING

from elatbot_flows.report.against_dft import HEADS, dft_rows, dft_sentence, dft_settings
from elatbot_flows.report.details import anchor, details_html
from elatbot_flows.report.evidence import judges_of, remarks, said_by
from elatbot_flows.report.figure import as_svg, funnel_figure, moduli_figure
from elatbot_flows.report.markup import (
    bullets,
    facts_html,
    formula_html,
    spacegroup_html,
    table_html,
    verdict_html,
)
from elatbot_flows.report.page import PAGE
from elatbot_flows.report.sentences import estimate_words, limits, origin_words, result_sentence
from elatbot_flows.report.words import (
    DASH,
    estimated,
    number,
    probability_words,
    reason_words,
    reasons,
    target_words,
    yes_or_no,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument, MethodRecord, RunRecord

__all__ = ["report_page"]

_RATIOS = ("pugh_ratio", "youngs_modulus", "poisson_ratio")


def report_page(result: DesignResult, links: Mapping[str, str]) -> str:
    """The page.

    Parameters
    ----------
    result
        Result of a run.
    links
        Relative address of the CIF file by identifier of the candidate.

    Returns
    -------
    str
        HTML that needs nothing but itself; all text of the documents is escaped.
    """
    run, sentence = result.document.run, result_sentence(result)
    return PAGE.substitute(
        run_id=escape(run.run_id),
        target=escape("; ".join(target_words(run.target))),
        origin=escape(origin_words(run)),
        sentence=escape(sentence),
        facts=facts_html(_facts(run)),
        moduli=_figure(as_svg(moduli_figure(result)), f"Moduli and target. {sentence}"),
        funnel=_figure(as_svg(funnel_figure(result)), "Candidates at each step of the run"),
        candidates=_candidates(result.passed, links),
        dft=_against_dft(result),
        details="".join(details_html(candidate) for candidate in result.passed),
        rejected=_rejected(result),
        notes=_section("Notes", result.document.notes),
        limits=_section("How far to trust this", limits(result)),
    )


def _facts(run: RunRecord) -> list[tuple[str, str]]:
    """Who computed this."""
    facts = []
    if run.requested is not None:
        facts.append(("Candidates asked for", str(run.requested)))
    if (model := run.generator) is not None:
        engine = f"{model.engine} {model.engine_version}, dialect {model.dialect}"
        facts.append(("Generator", f"{model.name}, {engine}"))
        facts.append(("Weights (SHA-256)", model.weights_sha256 or "not known"))
        if model.adapter:
            facts.append(
                ("Adapter", f"{model.adapter}, {model.adapter_sha256 or 'hash not known'}")
            )
    if run.expectation is not None:
        facts += _method("Says what it expects", run.expectation)
    for judge in run.judges:
        facts += _method("Judge", judge)
    packages = ", ".join(f"{name} {v}" for name, v in sorted(run.versions.items()))
    return [*facts, ("Packages", packages)]


def _method(role: str, record: MethodRecord) -> list[tuple[str, str]]:
    package = f"{record.package} {record.package_version}"
    where = f"{record.dtype} on {record.device}"
    facts = [(role, f"{record.name} ({record.family}), {package}, {where}")]
    if record.training_functional:
        facts.append(("Training data", record.training_functional))
    return [*facts, ("Weights (SHA-256)", record.weights_sha256 or "none")]


def _figure(svg: str, words: str) -> str:
    drawing = svg.replace("<svg", f'<svg role="img" aria-label="{escape(words)}"', 1)
    return f'<div class="wide"><div class="drawing">{drawing}</div></div>'


def _candidates(found: Sequence[CandidateDocument], links: Mapping[str, str]) -> str:
    """Table of those that passed, without columns of which nothing is known."""
    if not found:
        return "<p>None: see below what became of them.</p>"
    judges = judges_of(found)
    heads = ["Rank", "Formula", "Space group", "Verdict", "K (90 % interval)", "G (90 % interval)"]
    heads += [f"{judge}: K / G" for judge in judges]
    heads += [PROPERTIES[name].symbol for name in _RATIOS]
    heads += ["Above lowest crystal (meV/atom)", "Hull (meV/atom)", "Unseen", "Flags", "CIF"]
    rows = [_cells(c, judges, links.get(c.candidate_id)) for c in found]
    known = [any(row[place] != DASH for row in rows) for place in range(len(heads))]
    return table_html(
        compress([escape(head).replace("nu", "&nu;") for head in heads], known),
        [compress(row, known) for row in rows],
    )


def _cells(candidate: CandidateDocument, judges: Sequence[str], link: str | None) -> list[str]:
    chance = candidate.probability
    above = candidate.above_ground_state
    flags = f"{len(remarks(candidate)) or 'details'} &darr;"
    return [
        str(candidate.rank or ""),
        formula_html(candidate.formula),
        spacegroup_html(candidate.spacegroup_number),
        verdict_html(candidate.verdict, "" if chance is None else probability_words(chance)),
        *(escape(estimate_words(candidate, name)) for name in ("bulk_modulus", "shear_modulus")),
        *(escape(_raw(candidate, judge)) for judge in judges),
        *(estimated(getattr(candidate, name), name) for name in _RATIOS),
        DASH if above is None else f"{1000 * above:.0f}",
        _place(candidate),
        escape(_unseen(candidate)),
        f'<a href="#{escape(anchor(candidate))}">{flags}</a>',
        f'<a href="{escape(link)}" download>CIF</a>' if link else DASH,
    ]


def _raw(candidate: CandidateDocument, judge: str) -> str:
    """Moduli as a judge says them, or why it says none."""
    said = said_by(candidate, judge)
    if said is None:
        return DASH
    if said.status != "passed":
        return reason_words(str(said.reason))
    values = [number(said.bulk_modulus, "bulk_modulus")]
    if said.shear_modulus is not None:
        values.append(number(said.shear_modulus, "shear_modulus"))
    return " / ".join(values)


def _unseen(candidate: CandidateDocument) -> str:
    words = yes_or_no(candidate.unseen)
    return f"{words}; known as {candidate.known_as}" if candidate.known_as else words


def _place(candidate: CandidateDocument) -> str:
    """Energy above the hull, what that is called, and what it would decompose into."""
    found = candidate.hull
    if found is None:
        return DASH
    if found.energy_above_hull is None:
        return "unknown"
    where = "above" if found.energy_above_hull > 0 else "on the hull"
    products = ", ".join(formula_html(phase.formula) for phase in found.decomposition)
    rival = f" (against {products})" if products else ""
    return f"{1000 * found.energy_above_hull:.0f} {where}, {escape(found.status)}{rival}"


def _rejected(result: DesignResult) -> str:
    rejected = reasons(result.document.counts)
    if not rejected:
        return "<p>None: all passed.</p>"
    rows = []
    for reason, count in rejected:
        others = (c for c in result.candidates if c.status != "passed")
        example = next((c for c in others if str(c.reason) == reason), None)
        name = formula_html(example.formula) if example and example.formula else DASH
        message = escape((example.message or "") if example else "")
        rows.append([escape(reason_words(reason)), str(count), name, message])
    return table_html(["Reason", "Number", "For example", "What was wrong with it"], rows)


def _against_dft(result: DesignResult) -> str:
    """What a density functional says next to everybody before it, if it was asked."""
    sentence = dft_sentence(result.passed)
    if sentence is None:
        return ""
    rows = [[formula_html(row[0]), *map(escape, row[1:])] for row in dft_rows(result.passed)]
    settings = bullets(dft_settings(result.passed))
    table = table_html(list(HEADS), rows)
    return f"<h2>Against DFT</h2><p>{escape(sentence)}</p>{table}{settings}"


def _section(heading: str, lines: Sequence[str]) -> str:
    return f"<h2>{escape(heading)}</h2>{bullets(lines)}" if lines else ""
