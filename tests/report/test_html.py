from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from elatbot_flows.report.html import report_page
from elatbot_flows.report.markup import formula_html, spacegroup_html
from elatbot_flows.report.sentences import limits

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


@pytest.mark.parametrize(
    "name", ["run_result", "empty_result", "several_result", "given_result", "odd_result"]
)
def test_page_is_well_formed_and_self_contained(name, request):
    text = report_page(request.getfixturevalue(name), {})
    page = Page(text)
    assert page.open == []
    assert {"script", "link", "img", "iframe"} & set(page.tags) == set()
    assert [link for link in page.links if not link.startswith("#")] == []
    assert re.findall(r"url\((?!#)", text) == []
    assert "@import" not in text
    anchors = {link[1:] for link in page.links if link.startswith("#candidate")}
    assert anchors == set(re.findall(r'id="(candidate-[^"]+)"', text))


def test_page_has_every_candidate_with_estimates_and_what_judges_say(run_result):
    text = Page(report_page(run_result, {})).text
    for candidate in run_result.passed:
        bulk = candidate.bulk_modulus
        assert candidate.formula in text
        assert f"{bulk:.0f} ({0.9 * bulk:.0f} to {1.1 * bulk:.0f}) GPa" in text
        assert f"{bulk - 2:.1f} / 59.0" in text
        assert f"{bulk + 3:.1f} / 62.0" in text
    assert text.count("● hit 0.80") == 2 * 3
    assert "New" not in text.replace("New candidate", "")


def test_page_has_target_origin_reasons_notes_and_limits(run_result):
    text = Page(report_page(run_result, {})).text
    assert "bulk modulus 150 to 170 GPa" in text
    assert "Run 0123456789ab, seed 7." in text
    assert "PBE(+U), MPtrj" in text
    assert "too many sites2Ti2Al7Fe2436 atoms, more than 16; raise max_sites" in text
    assert "the element set leaves no more" in text
    for limit in limits(run_result):
        assert limit in text


def test_details_have_all_evidence_and_tensors_of_every_crystal(odd_result):
    page = Page(report_page(odd_result, {}))
    assert page.tags.count("details") == 1
    for words in (
        "known as CsCl-type TiFe",
        "12 meV/atom above the lowest crystal found, which failed: softens",
        "Crystal 2 of 2 stands for it, 12 meV/atom above the lowest.",
        "Crystals kept of 6 built; given up: 2 not converged",
        "7net-0crystal 1soft mode: softens by far",
        "7net-l3i5crystal 1soft mode: softens a bit",
        "7net-l3i5crystal 2born unstable: bu",
        "elatbot-miniformulaexpects148.0 ± 14.0",
        "7net-0crystal 2passed158.059.0",
        "is close",
        "the sources contradict: their spread is 1.0 times the usual one; probably far off: 7net",
        "7net-0, crystal 2: elastic tensor (GPa, Voigt, IEEE axes)",
        "50.051.052.053.054.055.0",
    ):
        assert words in page.text, words
    assert "the lowest in energy of those" not in page.text


def test_links_to_the_crystals(run_result):
    links = {run_result.candidates[0].candidate_id: "structures/1-TiFe.cif"}
    found = Page(report_page(run_result, links)).links
    assert [link for link in found if not link.startswith("#")] == ["structures/1-TiFe.cif"]


def test_page_without_candidates_says_so(empty_result):
    text = Page(report_page(empty_result, {})).text
    assert "No candidate passed" in text
    assert "too many sites" in text


def test_page_without_target(given_result):
    text = Page(report_page(given_result, {})).text
    assert "Materials were given" in text
    assert "a/one.cif" in text
    assert "two is unstable" in text


def hostile(value):
    """Replace the text of documents, as far as models and users write it."""
    words = {"formula", "crystal_system", "message", "known_as", "source", "label", "reason"}
    words |= {"name", "family", "package", "training_functional", "engine", "dialect", "adapter"}
    words |= {"outlier", "calibrated_on"}
    lists = {"flags", "near_gates", "missing", "unused", "notes"}
    for field in type(value).model_fields:
        inner = getattr(value, field)
        if field in words:
            setattr(value, field, HOSTILE)
        elif field in lists:
            setattr(value, field, [HOSTILE])
        elif hasattr(inner, "model_fields"):
            hostile(inner)
        elif isinstance(inner, list):
            for one in inner:
                if hasattr(one, "model_fields"):
                    hostile(one)
    return value


@pytest.mark.parametrize("name", ["run_result", "odd_result", "placed_result", "given_result"])
def test_hostile_text_is_shown_not_run(name, request):
    result = request.getfixturevalue(name)
    candidates = tuple(
        hostile(c.model_copy(deep=True)).updated(completion={"text": HOSTILE})
        for c in result.candidates
    )
    document = hostile(result.document.model_copy(deep=True))
    document.run.run_id = HOSTILE
    document.run.versions = {HOSTILE: HOSTILE}
    document.counts.rejected = {HOSTILE: 1}
    page = Page(
        report_page(
            replace(result, document=document, candidates=candidates),
            {candidates[0].candidate_id: HOSTILE},
        )
    )
    assert "script" not in page.tags
    assert HOSTILE in page.links
    assert page.text.count(HOSTILE) >= 12


def test_formulas_get_subscripts():
    assert formula_html("Ni3Al") == "Ni<sub>3</sub>Al"
    assert formula_html("Ti2(Fe8Co)3") == "Ti<sub>2</sub>(Fe<sub>8</sub>Co)<sub>3</sub>"
    assert formula_html("<Ni3>") == "&lt;Ni3&gt;"


def test_space_groups_are_written_as_in_the_tables():
    assert spacegroup_html(194) == "<i>P6<sub>3</sub>/mmc</i> (194)"
    assert spacegroup_html(225) == '<i>Fm<span class="bar">3</span>m</i> (225)'
    assert spacegroup_html(None) == "–"  # noqa: RUF001


def test_places_on_the_hull_are_told(placed_result):
    text = Page(report_page(placed_result, {})).text
    assert "-12 on the hull, stable (against TiNi, Al)" in text
    assert "46 above, metastable (against TiNi, Al)" in text
    assert "Its place on the hull is unknown: no phases" in text
    assert "The hull is that of one potential" in text
    assert "thermodynamic stability was not" not in text


def test_columns_of_which_nothing_is_known_are_left_out(given_result, placed_result):
    for result, known in ((given_result, False), (placed_result, True)):
        assert ('<th scope="col">Hull' in report_page(result, {})) == known
        assert ('<th scope="col">Unseen' in report_page(result, {})) == known


def test_no_number_is_minus_nothing(odd_result):
    result = odd_result.passed[0].evidence[3].result
    result.elastic_tensor[0][0] = -1e-9
    assert "-0.0" not in Page(report_page(odd_result, {})).text
