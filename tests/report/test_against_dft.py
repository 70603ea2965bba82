"""The table of a density functional next to everybody before it."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

import samples
from elatbot_flows.documents import CandidateDocument, DFTFrame, DFTRecord, ElasticResult
from elatbot_flows.jobs.referee import overruled
from elatbot_flows.report import render_summary
from elatbot_flows.report.against_dft import dft_rows, dft_sentence, dft_settings
from elatbot_flows.report.html import report_page
from elatbot_flows.targets import DesignTarget

TARGET = DesignTarget(bulk_modulus=(150, 170))


def said(**fields):
    usual = {"status": "passed", "method": "linear_response", "bulk_modulus": 160.0}
    usual |= {"shear_modulus": 70.0, "bulk_modulus_std": 5.0, "shear_modulus_std": 9.0}
    settings = {"functional": "PBE", "cutoff": 450.0}
    judge = samples.method("gpaw", "dft", settings=settings)
    frame = DFTFrame(mesh=(9, 9, 7), width=0.2)
    record = DFTRecord(frame=frame, moments=[2.0, 0.25], calculations=3, cpu_seconds=98.6)
    return ElasticResult(judge=judge, dft=record, **usual | fields)


@pytest.fixture
def refereed(run_result):
    """A result whose first candidates a density functional judged, failed at, or left alone."""
    first, second, *rest = run_result.passed
    failed = said(status="failed", reason="incomplete", message="1 of 2 calculations are missing")
    failed = failed.updated(bulk_modulus=None, shear_modulus=None)
    done = [overruled(first, said(), TARGET), overruled(second, failed, TARGET), *rest]
    others = [c for c in run_result.candidates if c.status != "passed"]
    return type(run_result)(run_result.document, [*done, *others])


def test_it_says_with_what_settings(refereed):
    first, second = dft_settings(refereed.passed)
    assert first.startswith(f"{refereed.passed[0].formula}: ")
    assert "PBE, 450 eV, 9 x 9 x 7 k-points, 0.2 eV of smearing, 2.25 Bohr magnetons" in first
    assert first.endswith("3 calculations, 99 CPU s")
    assert second.startswith(f"{refereed.passed[1].formula}: ")
    assert "9 x 9 x 7 k-points" in report_page(refereed, {})


def test_nothing_is_said_where_nobody_asked(run_result):
    assert dft_settings(run_result.passed) == []
    assert dft_sentence(run_result.passed) is None
    assert dft_rows(run_result.passed) == []


def test_every_source_has_a_row_and_dft_one(refereed):
    rows = dft_rows(refereed.passed)
    first = [row for row in rows if row[0] == refereed.passed[0].formula]
    assert [row[1] for row in first][-2:] == ["estimate", "DFT (gpaw)"]
    assert all(row[3].endswith("%") for row in first[:-1])
    assert first[-1][2] == "160.0"
    assert first[-2][6].startswith("K ")
    assert rows[-1][6] == "failed: 1 of 2 calculations are missing"
    assert dft_sentence(refereed.passed).startswith("A density functional judged 1 of 2 it was")


@pytest.mark.parametrize("width", [80, 140])
def test_it_is_in_the_terminal(refereed, width):
    screen = Console(width=width, file=StringIO(), color_system=None)
    render_summary(refereed, screen)
    text = screen.file.getvalue()
    assert "DFT (gpaw)" in text
    assert "judged 1 of 2" in text


def test_it_is_on_the_page(refereed):
    page = report_page(refereed, {})
    assert "<h2>Against DFT</h2>" in page
    assert "DFT (gpaw)" in page
    assert "which nothing confirms" in page


def test_a_message_is_escaped():
    candidate = CandidateDocument(candidate_id="run-1", run_id="run", formula="Cu")
    bad = said(status="failed", reason="lost", message="<b>").updated(bulk_modulus=None)
    (row,) = dft_rows([overruled(candidate, bad, None)])
    assert row[6] == "failed: <b>"
