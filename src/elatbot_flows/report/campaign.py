"""What a campaign found: a page with a figure, and the same in a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

from elatbot_flows.report.figure import as_svg
from elatbot_flows.report.markup import bullets, formula_html, table_html, verdict_html
from elatbot_flows.report.style import INK, MARKERS, dress
from elatbot_flows.report.tables import Column, print_fitted
from elatbot_flows.report.words import DASH, probability_words

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from rich.console import Console

    from elatbot_flows.documents import BestCandidate, CampaignDocument

__all__ = ["campaign_figure", "campaign_sentence", "render_campaign", "write_campaign"]

_SHOWN = 10
_HEADS = ("Who proposes, and for what", "Designs", "Judged", "Passed", "Hits", "Evaluations")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{name}</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1.5rem auto; }}
table {{ border-collapse: collapse; }} th, td {{ padding: 0.2rem 0.8rem; text-align: left; }}
.wide {{ overflow-x: auto; }} svg {{ max-width: 100%; height: auto; }}</style></head>
<body><h1>{name}</h1><p>{sentence}</p>{figure}{lanes}{best}{notes}</body>
</html>
"""


@dataclass
class _Lane:
    """What the designs of a lane add up to."""

    label: str
    designs: int = 0
    judged: int = 0
    passed: int = 0
    hits: int = 0
    evaluations: int = 0

    def cells(self) -> list[str]:
        numbers = (self.designs, self.judged, self.passed, self.hits, self.evaluations)
        return [self.label, *map(str, numbers)]


def campaign_sentence(found: CampaignDocument) -> str:
    """The campaign in a sentence or two."""
    ended = found.stopped or "it is still running"
    return (
        f"{found.hits} hits among {found.passed} that passed, of {found.judged} judged in "
        f"{len(found.designs)} designs, for {found.evaluations} evaluations of potentials. "
        f"Why it ended: {ended}."
    )


def render_campaign(found: CampaignDocument, console: Console) -> None:
    """Print a campaign: sentence, lanes, the best candidates, notes."""
    from rich.text import Text

    console.print(Text(f"Campaign {found.name}: {campaign_sentence(found)}", style="bold"))
    cells = list(zip(*(lane.cells() for lane in _lanes(found)), strict=True))
    print_fitted(
        [
            Column(head, column, right=bool(place), widest=None if place else 60)
            for place, (head, column) in enumerate(zip(_HEADS, cells, strict=True))
        ],
        console,
    )
    if best := found.best[:_SHOWN]:
        print_fitted(
            [
                Column("Best", [one.formula for one in best]),
                Column("Verdict", [_verdict(one) for one in best]),
                Column("Hull", [one.hull or DASH for one in best]),
                Column("For", [found.lanes[one.lane] for one in best], needed=1, widest=60),
                Column("Candidate", [one.candidate_id for one in best]),
            ],
            console,
        )
    for note in found.notes:
        console.print(Text(f"Note: {note}", style="yellow"))


def write_campaign(found: CampaignDocument, folder: Path) -> Path:
    """Write ``campaign-<name>.html`` into a folder; the same campaign writes it again."""
    path = folder / f"campaign-{re.sub(r'[^A-Za-z0-9]+', '_', found.name)[:80]}.html"
    best = [
        [
            formula_html(one.formula),
            verdict_html(one.verdict, probability_words(one.probability)),
            escape(one.hull or DASH),
            escape(found.lanes[one.lane]),
            escape(one.candidate_id),
        ]
        for one in found.best
    ]
    heads = ("Formula", "Verdict", "Hull", "For", "Candidate")
    lanes = [[escape(cell) for cell in lane.cells()] for lane in _lanes(found)]
    page = _PAGE.format(
        name=escape(found.name),
        sentence=escape(campaign_sentence(found)),
        figure=as_svg(campaign_figure(found)),
        lanes=table_html(_HEADS, lanes),
        best=table_html(heads, best, "The best candidates"),
        notes=bullets(found.notes),
    )
    path.write_text(page, encoding="utf-8")
    return path


def campaign_figure(found: CampaignDocument) -> Figure:
    """Hits found, against what they cost, design by design."""
    from matplotlib.figure import Figure

    ended = [one for one in found.designs if one.counts is not None]
    spent = accumulate((one.counts.evaluations for one in ended if one.counts), initial=0)
    hits = accumulate((one.new_hits for one in ended), initial=0)
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.step(list(spent), list(hits), where="post", color=MARKERS["hit"][1], linewidth=2)
    axes.set_xlabel("evaluations of potentials", color=INK)
    axes.set_ylabel("hits", color=INK)
    dress(axes)
    return figure


def _lanes(found: CampaignDocument) -> list[_Lane]:
    lanes = [_Lane(label) for label in found.lanes]
    for one in found.designs:
        lane = lanes[one.lane]
        lane.designs += 1
        lane.hits += one.new_hits
        if one.counts is not None:
            lane.judged += one.counts.judged
            lane.passed += one.counts.passed
            lane.evaluations += one.counts.evaluations
    return lanes


def _verdict(one: BestCandidate) -> str:
    return f"{one.verdict} {probability_words(one.probability)}".strip()
