"""Tables of what text models say."""

from __future__ import annotations

from rich.console import Console

from elatbot_flows.documents import TextPrediction
from elatbot_flows.report.predictions import render_predictions, render_proposals

MODEL = {
    "name": "m", "dialect": "elatbot", "template": "elatbot", "engine": "e", "engine_version": "1",
}  # fmt: skip


def printed(render, *arguments, width=140):
    console = Console(width=width, record=True, force_terminal=False)
    with console.capture() as captured:
        render(*arguments, console)
    return captured.get()


def row(**fields):
    given = {"task": "tensor", "status": "predicted", "model": MODEL} | fields
    return TextPrediction(**given).model_dump()


def test_numbers_spread_and_outcome():
    stable = row(
        source="a/b.cif",
        formula="Cu",
        crystal_system="Cubic",
        temperature=300,
        bulk_modulus=140.04,
        bulk_modulus_std=3.21,
        poisson_ratio=0.3456,
        born_stable=True,
        samples_asked=5,
        samples_parsed=4,
    )
    unstable = row(source="c.cif", born_stable=False, samples_asked=1, samples_parsed=1)
    failed = row(source="[d].cif", status="failed", reason="prompt_too_long")
    lines = printed(render_predictions, [stable, unstable, failed]).splitlines()
    first = next(line for line in lines if "b.cif" in line)
    for text in ("Cu", "Cubic", "300", "140.0 ± 3.2", "0.346", "stable, 4 of 5 answers"):
        assert text in first
    assert "a/" not in first
    assert "born unstable" in next(line for line in lines if "c.cif" in line)
    assert "prompt too long" in next(line for line in lines if "[d].cif" in line)
    assert not any("Voigt" in line for line in lines)


def test_a_file_that_cannot_be_read_is_a_line():
    nothing = dict.fromkeys(TextPrediction.model_fields)
    entry = nothing | {"source": "x", "status": "failed", "reason": "unreadable_file"}
    assert "unreadable file" in printed(render_predictions, [entry], width=80)


def test_proposals_without_repeats():
    good = {"status": "proposed", "duplicate": False, "formula": "FeB", "temperature": 0,
            "crystal_system": "Cubic", "requested_bulk_modulus": 160.25,
            "requested_shear_modulus": None}  # fmt: skip
    document = {
        "proposals": [good, good | {"duplicate": True}, {"status": "failed"}],
        "readable": {"count": 2, "of": 3},
        "distinct": {"count": 1, "of": 2},
        "reasons": {"not_a_material": 1},
    }
    text = printed(render_proposals, document)
    assert text.count("FeB") == 1
    assert "2 of 3 answers can be read; 1 of 2 are different materials" in text
    assert "not a material: 1" in text
