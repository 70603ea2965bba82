from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from elatbot_flows.report.figure import as_svg, funnel_figure, moduli_figure, report_figure
from elatbot_flows.report.moduli import MOST_ROWS
from elatbot_flows.report.style import MARKERS
from elatbot_flows.targets import DesignTarget, Interval

DOCUMENTS = ["run_document", "empty_document", "several_document", "many_document"]


@pytest.fixture(params=DOCUMENTS)
def document(request):
    return request.getfixturevalue(request.param)


def points(figure, group):
    """Return the points drawn with a group id."""
    drawn = [artist for artist in figure.findobj() if artist.get_gid() == group]
    return [tuple(offset) for artist in drawn for offset in artist.get_offsets()]


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_as_many_hits_are_drawn_as_counted(document):
    figure = moduli_figure(document)
    for name in ("bulk_modulus", "shear_modulus", "pugh_ratio"):
        if name in document.run.target:
            assert len(points(figure, f"hit-{name}")) == document.counts.hits
            drawn = sum(len(points(figure, f"{verdict}-{name}")) for verdict in MARKERS)
            assert drawn == document.counts.stable


def test_points_lie_at_the_values_ranked_from_the_top(run_document):
    figure = moduli_figure(run_document)
    assert points(figure, "hit-bulk_modulus") == [(160, 0), (166, 1), (152, 2)]
    assert points(figure, "miss-bulk_modulus") == [(149, 3), (190, 4)]
    low, high = figure.axes[0].get_ylim()
    assert low > high


def test_margins_can_be_read(run_document):
    written = texts(moduli_figure(run_document))
    assert {"160.0  (+10.0)", "149.0  (-1.0)", "190.0  (-20.0)"} <= set(written)


def test_one_panel_per_property_of_the_target(several_document, run_document):
    labels = [axes.get_xlabel() for axes in moduli_figure(several_document).axes]
    assert labels == ["bulk modulus K (GPa)", "shear modulus G (GPa)", "Pugh ratio K/G"]
    assert len(moduli_figure(run_document).axes) == 1


def test_values_that_are_not_known_are_not_drawn(make_design, make_material):
    target = DesignTarget(bulk_modulus=Interval(150, 170), shear_modulus=Interval(50, 70))
    odd = make_material(1, target, 160).updated(shear_modulus=None, verdict="unknown", margins={})
    figure = moduli_figure(make_design(target, [odd]))
    assert len(points(figure, "unknown-bulk_modulus")) == 1
    assert points(figure, "unknown-shear_modulus") == []


def test_more_candidates_than_fit_are_cut_and_it_says_so(make_design, make_material, bulk_target):
    materials = [make_material(i, bulk_target, 160) for i in range(1, MOST_ROWS + 6)]
    figure = moduli_figure(make_design(bulk_target, materials))
    assert len(points(figure, "hit-bulk_modulus")) == MOST_ROWS
    assert f"the best {MOST_ROWS} of {MOST_ROWS + 5}" in texts(figure)


def test_no_candidates_says_so(empty_document):
    assert "no validated candidates" in texts(moduli_figure(empty_document))


def test_funnel_has_every_number_and_reason(run_document):
    figure = funnel_figure(run_document)
    numbers = [[bar.get_width() for bar in axes.patches] for axes in figure.axes]
    assert numbers == [[8, 7, 7, 5, 5, 5, 5, 3], [2, 1]]
    assert {"too many sites", "unparsable", "meet the target"} <= set(texts(figure))


def test_nothing_given_up_says_so(make_design, make_material, bulk_target):
    figure = funnel_figure(make_design(bulk_target, [make_material(1, bulk_target, 160)]))
    assert "none was given up" in texts(figure)


def test_figure_of_both_draws_every_document(document, tmp_path):
    figure = report_figure(document)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert len(points(figure, "hit-bulk_modulus")) == document.counts.hits


def test_svg_is_xml_in_the_colour_of_the_page_and_the_same_twice(run_document):
    svg = as_svg(moduli_figure(run_document))
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own text
    assert "currentColor" in svg
    assert svg == as_svg(moduli_figure(run_document))


@pytest.mark.parametrize("formula", ["$\\frac{", "<b>&", "Ni_{3", "^"])
def test_odd_formulas_are_drawn_as_they_are(formula, make_design, make_material, bulk_target):
    odd = make_material(1, bulk_target, 160, formula=formula)
    assert ET.fromstring(as_svg(report_figure(make_design(bulk_target, [odd])))) is not None  # noqa: S314
