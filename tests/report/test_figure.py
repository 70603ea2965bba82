from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from elatbot_flows.report.figure import as_svg, funnel_figure, moduli_figure, report_figure
from elatbot_flows.report.moduli import MOST_ROWS
from elatbot_flows.report.style import MARKERS

RESULTS = [
    "run_result", "empty_result", "several_result", "many_result", "given_result",
    "half_open_result", "odd_result",
]  # fmt: skip


@pytest.fixture(params=RESULTS)
def result(request):
    return request.getfixturevalue(request.param)


def drawn(figure, group):
    return [artist for artist in figure.findobj() if artist.get_gid() == group]


def points(figure, group):
    """Return the points drawn with a group id."""
    return [tuple(offset) for artist in drawn(figure, group) for offset in artist.get_offsets()]


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_as_many_hits_are_drawn_as_counted(result):
    figure = moduli_figure(result)
    for name in ("bulk_modulus", "shear_modulus", "pugh_ratio"):
        if name in (result.document.run.target or {}):
            assert len(points(figure, f"hit-{name}")) == result.document.counts.hits
            total = sum(len(points(figure, f"{verdict}-{name}")) for verdict in MARKERS)
            assert total == sum(c.estimate is not None for c in result.passed)


def test_points_lie_at_the_estimates_ranked_from_the_top(run_result):
    figure = moduli_figure(run_result)
    assert points(figure, "hit-bulk_modulus") == [(160, 0), (166, 1), (152, 2)]
    assert points(figure, "open-bulk_modulus") == [(149, 3)]
    assert points(figure, "miss-bulk_modulus") == [(190, 4)]
    low, high = figure.axes[0].get_ylim()
    assert low > high


def test_intervals_and_probabilities_can_be_read(run_result):
    written = texts(moduli_figure(run_result))
    assert {"160 (144 to 176)  0.80", "190 (171 to 209)  0.05"} <= set(written)


def test_judges_are_in_the_legend(run_result):
    assert {"7net-0", "7net-l3i5", "elatbot-mini"} <= set(texts(moduli_figure(run_result)))


def test_one_panel_per_property_of_the_target(several_result, run_result, given_result):
    labels = [axes.get_xlabel() for axes in moduli_figure(several_result).axes]
    assert labels == ["bulk modulus K (GPa)", "shear modulus G (GPa)", "Pugh ratio K/G"]
    assert len(moduli_figure(run_result).axes) == 1
    labels = [axes.get_xlabel() for axes in moduli_figure(given_result).axes]
    assert labels == ["bulk modulus K (GPa)", "shear modulus G (GPa)"]


def test_a_half_open_band_reaches_to_the_end_of_the_axis(half_open_result):
    figure = moduli_figure(half_open_result)
    (band,) = drawn(figure, "band-bulk_modulus")
    left, right = figure.axes[0].get_xlim()
    assert (band.get_x(), band.get_x() + band.get_width()) == (150, right)
    assert left < 120 * 0.9
    assert right > 190 * 1.1


def test_a_band_lies_inside_the_axis_whatever_the_estimates(make_design, make_material):
    from elatbot_flows.targets import DesignTarget, Interval

    target = DesignTarget(bulk_modulus=Interval(10, 20))
    figure = moduli_figure(make_design(target, [make_material(1, target, 300)]))
    (band,) = drawn(figure, "band-bulk_modulus")
    assert (band.get_x(), band.get_width()) == (10, 10)
    assert figure.axes[0].get_xlim()[0] < 10


def test_more_candidates_than_fit_are_cut_and_it_says_so(make_design, make_material, bulk_target):
    materials = [make_material(i, bulk_target, 160) for i in range(1, MOST_ROWS + 6)]
    figure = moduli_figure(make_design(bulk_target, materials))
    assert len(points(figure, "hit-bulk_modulus")) == MOST_ROWS
    assert f"the best {MOST_ROWS} of {MOST_ROWS + 5}" in texts(figure)


def test_no_candidates_says_so(empty_result):
    assert "no candidate passed" in texts(moduli_figure(empty_result))


def test_funnel_has_every_number_and_reason(run_result):
    figure = funnel_figure(run_result)
    numbers = [[bar.get_width() for bar in axes.patches] for axes in figure.axes]
    assert numbers == [[8, 7, 8, 5, 5, 5, 3], [2, 1]]
    assert {"too many sites", "unparsable", "meet the target"} <= set(texts(figure))


def test_nothing_given_up_says_so(make_design, make_material, bulk_target):
    figure = funnel_figure(make_design(bulk_target, [make_material(1, bulk_target, 160)]))
    assert "none was given up" in texts(figure)


def test_figure_of_both_draws_every_result(result, tmp_path):
    figure = report_figure(result)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_svg_is_xml_in_the_colour_of_the_page_and_the_same_twice(run_result):
    svg = as_svg(moduli_figure(run_result))
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own text
    assert "currentColor" in svg
    assert svg == as_svg(moduli_figure(run_result))


@pytest.mark.parametrize("formula", ["$\\frac{", "<b>&", "Ni_{3", "^"])
def test_odd_formulas_are_drawn_as_they_are(formula, make_design, make_material, bulk_target):
    odd = make_material(1, bulk_target, 160, formula=formula)
    assert ET.fromstring(as_svg(report_figure(make_design(bulk_target, [odd])))) is not None  # noqa: S314
