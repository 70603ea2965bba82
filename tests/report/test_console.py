from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from elatbot_flows.report import render_candidates, render_materials, render_summary
from elatbot_flows.report.evidence import remarks

RESULTS = ["run_result", "many_result", "several_result", "placed_result", "odd_result"]


def screen_of(width):
    return Console(width=width, file=StringIO(), color_system=None)


@pytest.fixture
def screen():
    return screen_of(120)


def lines(console):
    return console.file.getvalue().splitlines()


def row_of(console, *words):
    """Return the one line that has all the words."""
    found = [line for line in lines(console) if all(word in line.split() for word in words)]
    assert len(found) == 1, "\n".join(lines(console))
    return found[0].split()


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("name", RESULTS)
def test_summary_fits_with_whole_cells(name, width, request):
    result = request.getfixturevalue(name)
    screen = screen_of(width)
    render_summary(result, screen)
    assert max(map(len, lines(screen))) <= width
    assert "…" not in screen.file.getvalue()
    starts = [[str(c.rank), c.formula] for c in result.passed[:4]]
    words = [line.split()[2] for line in lines(screen) if line.split()[:2] in starts]
    assert words == [c.verdict if c.probability else "passed" for c in result.passed[:4]]


@pytest.mark.parametrize("name", RESULTS)
def test_nothing_is_left_out_at_120_columns(name, request, screen):
    render_summary(request.getfixturevalue(name), screen)
    assert "Left out" not in screen.file.getvalue()


def test_columns_that_are_left_out_are_named(run_result):
    screen = screen_of(70)
    render_summary(run_result, screen)
    told = next(line for line in lines(screen) if line.startswith("Left out at 70 columns: "))
    assert "nu, E GPa, K/G" in told
    assert "K GPa" in screen.file.getvalue()


def test_properties_of_the_target_are_never_left_out(several_result):
    screen = screen_of(90)
    render_summary(several_result, screen)
    text = screen.file.getvalue()
    assert "2.67 2.40:2.93" in text
    assert "K/G" not in text.partition("Left out")[2].partition("\n")[0]


def test_summary_has_estimate_interval_and_what_each_judge_says(run_result, screen):
    render_summary(run_result, screen)
    assert " ".join(row_of(screen, "ZrCo", "open")) == (
        "4 ZrCo open 0.30 Pm-3m 221 149 134:164 147/152/137 60 54:66 59/62 2.48 159 0.32 yes"
    )
    heads = screen.file.getvalue().partition("ZrCo")[0]
    for word in ("7net-0", "7net-l3i5", "elatbot-mini", "90 % within"):
        assert word in heads
    assert "3 of 5 candidates meet the target" in screen.file.getvalue()
    assert "Note: the element set leaves no more" in lines(screen)


def test_flags_are_counted_in_the_table_and_told_below(odd_result, screen):
    render_summary(odd_result, screen)
    assert row_of(screen, "1", "TiFe", "hit")[-1] == "4"
    assert "12" in row_of(screen, "1", "TiFe", "hit")
    assert "158/–/148" in row_of(screen, "1", "TiFe", "hit")  # noqa: RUF001
    text = " ".join(" ".join(lines(screen)).split())
    assert "1 TiFe: known as CsCl-type TiFe" in text
    assert "1 TiFe: near a gate" in text
    assert "the sources contradict" in text
    assert "probably far off: 7net-l3i5" in text


def test_places_on_the_hull_are_shown_where_there_are_any(placed_result, run_result, screen):
    render_summary(run_result, screen)
    assert "Hull" not in screen.file.getvalue()
    screen = screen_of(120)
    render_summary(placed_result, screen)
    assert row_of(screen, "1", "TiFe", "hit")[-3:] == ["on", "-12", "no"]
    assert row_of(screen, "3", "TiNi", "hit")[-2:] == ["unknown", "no"]


def test_funnel_has_bars_in_proportion(run_result, screen):
    render_summary(run_result, screen)
    bars = {n: row_of(screen, *n.split())[-1] for n in ("completions generated", "have a crystal")}
    assert bars == {"completions generated": "█" * 30, "have a crystal": "█" * 19}
    assert row_of(screen, "-", "unparsable")[2] == "1"


def test_small_numbers_get_a_sliver(many_result, screen):
    many_result.document.counts.generated = 5000
    render_summary(many_result, screen)
    assert row_of(screen, "-", "unparsable")[-1] == "▏"


def test_empty_run(empty_result, screen):
    render_summary(empty_result, screen)
    assert "No candidate passed: of 3 proposed" in screen.file.getvalue()
    assert "Verdict" not in screen.file.getvalue()


def test_candidates_of_all_statuses(run_result, screen):
    waiting = run_result.candidates[5].updated(
        status="proposed", reason=None, message=None, run_id="other"
    )
    render_candidates([*run_result.candidates, waiting], screen)
    assert max(map(len, lines(screen))) <= 120
    assert row_of(screen, "1", "TiFe", "hit")[:2] == ["1", "TiFe"]
    assert "too many sites" in next(line for line in lines(screen) if "Ti2Al7Fe24" in line)
    assert row_of(screen, "9", "proposed")[:2] == ["9", "–"]  # noqa: RUF001
    assert "7 Ti2Al7Fe24: 36 atoms, more than 16; raise max_sites" in lines(screen)
    assert "Run 0123456789ab: 1, 2, 3, 4, 5, 6, 7, 8" in lines(screen)
    assert "Run other: 9" in lines(screen)


def test_no_candidates(screen):
    render_candidates([], screen)
    assert lines(screen)[-1] == "no candidates"


def test_materials_that_were_given(given_result, screen):
    candidates = given_result.candidates
    render_materials(candidates, [c.source for c in candidates], given_result, screen)
    assert row_of(screen, "one.cif")[:3] == ["one.cif", "TiFe", "passed"]
    assert "born unstable" in next(line for line in lines(screen) if "two.cif" in line)
    assert "two.cif TiCo: two is unstable" in lines(screen)
    render_materials(candidates[1:], ["x"], None, screen)


def test_text_that_looks_like_markup_is_printed_as_it_is(run_result, screen):
    mark = "[red]Ni"
    first = run_result.candidates[0]
    judge = first.evidence[1].result.judge.model_copy(update={"name": mark})
    evidence = first.evidence[1].model_copy(
        update={"result": first.evidence[1].result.updated(judge=judge)}
    )
    odd = first.updated(formula=mark, flags=[f"{mark}[/]"], evidence=[evidence])
    render_candidates([odd], screen)
    assert screen.file.getvalue().count(mark) >= 4


def test_the_type_of_a_crystal_stands_in_the_table_and_a_known_crystal_in_the_remarks(
    run_result, screen
):
    passed = [c for c in run_result.candidates if c.status == "passed"]
    typed = passed[0].updated(known_as="L1_2 type")
    named = passed[1].updated(known_as="materials_project: mp-1953")
    render_candidates([typed, named], screen)
    text = screen.file.getvalue()
    assert "Type" in text
    assert "L1_2" in text
    assert "known as L1_2" not in text
    assert remarks(typed) == remarks(passed[0])
    assert remarks(named)[0] == "known as materials_project: mp-1953"
