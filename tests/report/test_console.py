from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from elatbot_flows.report import render_candidates, render_summary


@pytest.fixture
def screen():
    return Console(width=100, file=StringIO(), color_system=None)


def lines(console):
    return console.file.getvalue().splitlines()


def row_of(console, *words):
    """Return the one line that has all the words."""
    found = [line for line in lines(console) if all(word in line.split() for word in words)]
    assert len(found) == 1, "\n".join(lines(console))
    return found[0].split()


@pytest.mark.parametrize("name", ["run_document", "many_document", "several_document"])
def test_summary_fits_in_100_columns_with_whole_cells(name, request, screen):
    document = request.getfixturevalue(name)
    render_summary(document, screen)
    assert max(map(len, lines(screen))) <= 100
    assert "…" not in screen.file.getvalue()
    assert sum("Pm-3m 221" in line for line in lines(screen)) == document.counts.stable


def test_summary_has_the_numbers_of_a_candidate(run_document, screen):
    render_summary(run_document, screen)
    assert " ".join(row_of(screen, "ZrCo", "149.0")) == (
        "4 ZrCo Cubic Pm-3m 221 2 149.0 60.0 158.7 0.322 2.48 -1.0 no yes aflow"
    )
    assert "3 of 5 validated candidates lie in the band" in screen.file.getvalue()
    assert "Note: the element set leaves no more" in lines(screen)


def test_heads_have_units(run_document, screen):
    render_summary(run_document, screen)
    head = next(i for i, line in enumerate(lines(screen)) if "Margin" in line)
    assert lines(screen)[head].split() == ["K", "G", "E", "nu", "K/G", "Margin"]
    assert lines(screen)[head + 1].split()[-7:] == ["GPa"] * 4 + ["Hit", "New", "From"]


def test_places_on_the_hull_are_shown_where_there_are_any(placed_document, run_document, screen):
    render_summary(run_document, screen)
    assert "Hull" not in screen.file.getvalue()
    screen.file.seek(0)
    screen.file.truncate()
    render_summary(placed_document, screen)
    assert row_of(screen, "TiFe", "160.0")[-4:] == ["yes", "-0.012", "no", "aflow"]
    assert row_of(screen, "TiNi", "152.0")[-4:] == ["yes", "unknown", "no", "aflow"]
    assert max(map(len, lines(screen))) <= 100


def test_margins_of_different_units_have_their_own(make_design, make_material, screen):
    from elatbot_flows.targets import DesignTarget, Interval

    target = DesignTarget(bulk_modulus=Interval(150, 170), pugh_ratio=Interval(1, 2))
    materials = [make_material(1, target, 100), make_material(2, target, 160, shear=40)]
    render_summary(make_design(target, materials), screen)
    assert "-50.0 GPa" in screen.file.getvalue()
    assert "-2.00 K/G" in screen.file.getvalue()
    assert max(map(len, lines(screen))) <= 100


def test_funnel_has_bars_in_proportion(run_document, screen):
    render_summary(run_document, screen)
    bars = {n: row_of(screen, *n.split())[-1] for n in ("completions generated", "crystal built")}
    assert bars == {"completions generated": "█" * 30, "crystal built": "█" * 19}
    assert row_of(screen, "-", "unparsable")[2] == "1"


def test_small_numbers_get_a_sliver(run_document, screen):
    counts = run_document.counts.model_copy(update={"generated": 5000})
    render_summary(run_document.model_copy(update={"counts": counts}), screen)
    assert row_of(screen, "crystal", "built")[-1] == "▏"


def test_empty_run(empty_document, screen):
    render_summary(empty_document, screen)
    assert "No candidate passed validation: 0 of 3" in screen.file.getvalue()
    assert "Margin" not in screen.file.getvalue()


def test_candidates_of_all_statuses(run_document, screen):
    waiting = run_document.candidates[5].updated(status="proposed", reason=None)
    rows = [c.model_dump() for c in [*run_document.candidates, waiting]]
    render_candidates(rows, screen)
    assert max(map(len, lines(screen))) <= 100
    assert row_of(screen, "TiFe")[:4] == ["0123456789ab-00001", "TiFe", "Pm-3m", "221"]
    assert row_of(screen, "Ti2Al7Fe24")[-3:] == ["too", "many", "sites"]
    assert row_of(screen, "0123456789ab-90001", "proposed")[-1] == "proposed"


def test_candidates_with_few_fields_and_none(screen):
    render_candidates([{"candidate_id": "x-00001", "status": "rejected"}], screen)
    assert row_of(screen, "x-00001")[-1] == "rejected"
    render_candidates([], screen)
    assert lines(screen)[-1] == "no candidates"


def test_text_that_looks_like_markup_is_printed_as_it_is(run_document, screen):
    row = run_document.candidates[0].model_dump() | {"formula": "[red]Ni"}
    render_candidates([row], screen)
    assert "[red]Ni" in screen.file.getvalue()
    render_summary(run_document.model_copy(update={"notes": ["[/bold] note"]}), screen)
    assert "Note: [/bold] note" in lines(screen)
