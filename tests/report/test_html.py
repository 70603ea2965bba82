from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from elatbot_flows.report.html import formula_html, report_page, spacegroup_html
from elatbot_flows.report.words import limits

HOSTILE = "<script>alert('x')</script>\"&$run_id"


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.parts, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in {"href", "src", "xlink:href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in {"href", "src", "xlink:href"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.parts.append(data)

    @property
    def text(self):
        return "".join(self.parts)


@pytest.mark.parametrize("name", ["run_document", "empty_document", "several_document"])
def test_page_is_well_formed_and_self_contained(name, request):
    text = report_page(request.getfixturevalue(name), {})
    page = Page(text)
    assert page.open == []
    assert {"script", "link", "img", "iframe"} & set(page.tags) == set()
    assert [link for link in page.links if not link.startswith("#")] == []
    assert re.findall(r"url\((?!#)", text) == []
    assert "@import" not in text


def test_page_has_every_validated_formula_and_its_numbers(run_document):
    page = Page(report_page(run_document, {}))
    for candidate in run_document.candidates:
        if candidate.status == "validated":
            assert candidate.formula in page.text
            assert f"{candidate.bulk_modulus:.1f}" in page.text
            assert f"{candidate.margin:+.1f} GPa" in page.text


def test_page_has_target_origin_reasons_notes_and_limits(run_document):
    text = Page(report_page(run_document, {})).text
    assert "bulk modulus 150 to 170 GPa" in text
    assert "Run 0123456789ab, seed 7." in text
    assert "PBE(+U), MPtrj" in text
    assert "too many sites2Ti2Al7Fe2436 atoms, more than 16; raise max_sites" in text
    assert "the element set leaves no more" in text
    for limit in limits(run_document):
        assert limit in text


def test_links_to_the_crystals(run_document):
    links = {run_document.candidates[0].candidate_id: "structures/1-TiFe.cif"}
    found = Page(report_page(run_document, links)).links
    assert [link for link in found if not link.startswith("#")] == ["structures/1-TiFe.cif"]


def test_page_without_candidates_says_so(empty_document):
    text = Page(report_page(empty_document, {})).text
    assert "No candidate passed validation" in text
    assert "too many sites" in text


def test_hostile_text_is_shown_not_run(run_document):
    candidates = [
        c.updated(
            formula=HOSTILE, structure_source=HOSTILE, message=HOSTILE, crystal_system=HOSTILE
        )
        for c in run_document.candidates
    ]
    run = run_document.run.model_copy(update={"run_id": HOSTILE, "versions": {HOSTILE: HOSTILE}})
    hostile = run_document.model_copy(
        update={"candidates": candidates, "notes": [HOSTILE], "run": run}
    )
    page = Page(report_page(hostile, {candidates[0].candidate_id: HOSTILE}))
    assert "script" not in page.tags
    assert HOSTILE in page.links
    assert page.text.count(HOSTILE) >= 4 + 3 * 5


def test_formulas_get_subscripts():
    assert formula_html("Ni3Al") == "Ni<sub>3</sub>Al"
    assert formula_html("Ti2(Fe8Co)3") == "Ti<sub>2</sub>(Fe<sub>8</sub>Co)<sub>3</sub>"
    assert formula_html("<Ni3>") == "&lt;Ni3&gt;"


def test_space_groups_are_written_as_in_the_tables():
    assert spacegroup_html(194) == "<i>P6<sub>3</sub>/mmc</i> (194)"
    assert spacegroup_html(225) == '<i>Fm<span class="bar">3</span>m</i> (225)'
    assert spacegroup_html(None) == "–"  # noqa: RUF001


def test_places_on_the_hull_are_told(placed_document):
    text = Page(report_page(placed_document, {})).text
    assert "-0.012 stable (against TiNi, Al)" in text
    assert "0.046 metastable (against TiNi, Al)" in text
    assert "The hull is that of the potential" in text
    assert "thermodynamic stability was not" not in text
