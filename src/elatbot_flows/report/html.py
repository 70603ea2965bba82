"""The report of a run as one self-contained HTML page."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from elatbot_flows.report.figure import as_svg, funnel_figure, moduli_figure
from elatbot_flows.report.page import PAGE
from elatbot_flows.report.words import (
    DASH,
    example_of,
    hull_words,
    limits,
    number,
    origin_words,
    plain_formula,
    reason_words,
    reasons,
    result_sentence,
    signed,
    source_words,
    spacegroup_symbol,
    target_words,
    validated,
    with_unit,
)
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from elatbot_flows.documents import CandidateDocument, DesignDocument, RunRecord

__all__ = ["formula_html", "report_page", "spacegroup_html"]

_VERDICTS = {"hit": "● hit", "miss": "✕ miss", "unknown": "■ unknown"}


def report_page(document: DesignDocument, links: Mapping[str, str]) -> str:
    """The page.

    Parameters
    ----------
    document
        Result of a design run.
    links
        Relative address of the CIF file by identifier of the candidate.

    Returns
    -------
    str
        HTML that needs nothing but itself; all text of the document is escaped.
    """
    sentence = result_sentence(document)
    return PAGE.substitute(
        run_id=escape(document.run.run_id),
        target=escape("; ".join(target_words(document.run.target))),
        origin=escape(origin_words(document.run)),
        sentence=escape(sentence),
        facts=_facts(document.run),
        moduli=_figure(as_svg(moduli_figure(document)), f"Moduli and target. {sentence}"),
        funnel=_figure(as_svg(funnel_figure(document)), "Candidates at each step of the run"),
        candidates=_candidates(document, links),
        rejected=_rejected(document),
        notes=_list("Notes", document.notes),
        limits=_list("How far to trust this", limits(document)),
    )


def formula_html(formula: str | None) -> str:
    """A formula with subscripts; anything that is not a plain formula is only escaped."""
    from pymatgen.util.string import htmlify

    text = formula or "?"
    return str(htmlify(text)) if plain_formula(text) else escape(text)


def spacegroup_html(spacegroup: int | None) -> str:
    """Symbol with overlines and subscripts, and the number of a space group."""
    symbol = spacegroup_symbol(spacegroup)
    if symbol is None:
        return DASH
    symbol = re.sub(r"-(\d)", r'<span class="bar">\1</span>', symbol)
    symbol = re.sub(r"_(\d)", r"<sub>\1</sub>", symbol)
    return f"<i>{symbol}</i> ({spacegroup})"


def _facts(run: RunRecord) -> str:
    """Who computed this, as a definition list."""
    generator, potential = run.generator, run.potential
    package = f"{potential.package} {potential.package_version}"
    where = f"{potential.dtype} on {potential.device}"
    facts = [
        ("Candidates asked for", str(run.requested)),
        ("Generator", f"{generator.name} {generator.version}"),
        ("Parameters", f"{generator.parameters:,}"),
        ("Sampling temperature", f"{generator.temperature:g}"),
        ("Weights (SHA-256)", generator.weights_sha256),
        ("Potential", f"{potential.name} ({potential.family}), {package}, {where}"),
        ("Training data", potential.training_functional or "not stated"),
        ("Weights (SHA-256)", potential.weights_sha256 or "none"),
        ("Packages", ", ".join(f"{name} {v}" for name, v in sorted(run.versions.items()))),
    ]
    return "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts)


def _figure(svg: str, words: str) -> str:
    drawing = svg.replace("<svg", f'<svg role="img" aria-label="{escape(words)}"', 1)
    return f'<div class="wide"><div class="drawing">{drawing}</div></div>'


def _candidates(document: DesignDocument, links: Mapping[str, str]) -> str:
    found = validated(document)
    if not found:
        return "<p>None: see below what became of the completions.</p>"
    heads = ["Rank", "Formula", "Crystal system", "Space group", "Atoms"]
    heads += [f"{p.symbol}{f' ({p.unit})' if p.unit else ''}" for p in PROPERTIES.values()]
    heads += ["Margin", "Verdict", "K combined, 90 % (GPa)", "Above hull (eV/atom)"]
    heads += ["Novel", "CIF", "Structure from"]
    rows = [_candidate_cells(c, links.get(c.candidate_id)) for c in found]
    return _table([escape(head).replace("nu", "&nu;") for head in heads], rows)


def _candidate_cells(candidate: CandidateDocument, link: str | None) -> list[str]:
    limiting = candidate.limiting_property
    novel = {True: "yes", False: "no", None: DASH}[candidate.novel]
    cells = [
        str(candidate.rank or ""),
        formula_html(candidate.formula),
        escape(candidate.crystal_system or DASH),
        spacegroup_html(candidate.spacegroup_number),
        str(candidate.nsites or DASH),
    ]
    cells += [number(getattr(candidate, name), name) for name in PROPERTIES]
    return [
        *cells,
        with_unit(signed(candidate.margin, limiting), limiting),
        f'<span class="{candidate.verdict}">{_VERDICTS[candidate.verdict]}</span>',
        _combined(candidate),
        _above_hull(candidate),
        novel,
        f'<a href="{escape(link)}" download>CIF</a>' if link else DASH,
        escape(source_words(candidate.structure_source)),
    ]


def _combined(candidate: CandidateDocument) -> str:
    """What potential and text model say together, with the calibrated interval."""
    found = candidate.estimate
    if found is None:
        return DASH
    return f"{found.value:.0f} ({found.low:.0f} to {found.high:.0f})"


def _above_hull(candidate: CandidateDocument) -> str:
    """Energy above the hull with what it is called, or what it would decompose into."""
    found = candidate.hull
    if found is None:
        return DASH
    words = hull_words(found.status, found.energy_above_hull)
    products = ", ".join(formula_html(phase.formula) for phase in found.decomposition)
    if found.energy_above_hull is None:
        return escape(words)
    rival = f" (against {products})" if products else ""
    return f"{escape(words)} {escape(found.status)}{rival}"


def _rejected(document: DesignDocument) -> str:
    rejected = reasons(document.counts)
    if not rejected:
        return "<p>Every completion became a stable, validated material.</p>"
    rows = []
    for reason, count in rejected:
        example = example_of(document, reason)
        name = formula_html(example.formula) if example and example.formula else DASH
        message = escape((example.message or "") if example else "")
        rows.append([escape(reason_words(reason)), str(count), name, message])
    return _table(["Reason", "Number", "For example", "What was wrong with it"], rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    content = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{content}</table></div>'


def _list(heading: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{escape(heading)}</h2><ul>{items}</ul>" if items else ""
