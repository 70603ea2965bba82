"""``--refit``: what DFT said of earlier candidates moves the estimates of later ones."""

from __future__ import annotations

import json
from math import exp

import pytest
from cli_commands import EMT

import samples
from elatbot_flows.cli.campaign_config import CampaignConfig
from elatbot_flows.cli.refit import read_refit, write_refit
from elatbot_flows.documents import Refit
from elatbot_flows.errors import UncertaintyError

REFIT = Refit(number=12, bulk_shift=0.1, shear_shift=-0.2, spread_factor=1.5)


def test_it_is_read_as_it_was_written_and_nothing_is_overwritten(tmp_path):
    file = tmp_path / "refit.json"
    write_refit(REFIT, file)
    assert read_refit(file) == REFIT
    with pytest.raises(UncertaintyError, match="left alone"):
        write_refit(REFIT, file)
    with pytest.raises(UncertaintyError, match="two candidates first"):
        write_refit(None, tmp_path / "other.json")


@pytest.mark.parametrize("text", ["", "{}", '{"number": 3}', "\x00"])
def test_what_is_no_refit_is_refused_with_the_remedy(tmp_path, text):
    file = tmp_path / "refit.json"
    file.write_text(text)
    with pytest.raises(UncertaintyError, match="against-dft --write"):
        read_refit(file)
    with pytest.raises(UncertaintyError, match="against-dft --write"):
        read_refit(tmp_path / "none.json")


def test_a_campaign_hands_it_to_its_designs(tmp_path):
    write_refit(REFIT, tmp_path / "refit.json")
    targets = [{"bulk_modulus": "90:110"}]
    config = CampaignConfig(name="c", targets=targets, potentials=[EMT], refit="refit.json")
    maker, _ = config.maker(tmp_path)
    assert [design.refit for design in maker.designs] == [REFIT]


@pytest.mark.slow
def test_a_verdict_follows_it_and_the_documents_say_so(command, tmp_path):
    file, refit = tmp_path / "POSCAR", tmp_path / "refit.json"
    samples.fcc("Cu").to(file, fmt="poscar")
    write_refit(REFIT, refit)
    said = ("validate", file, "--potential", EMT, "--workers", "1", "-K", "100:160", "--json")
    before, after = (
        json.loads(command(*said, *more).out)[0]["estimate"] for more in ((), ("--refit", refit))
    )
    assert before["refit"] is None
    assert after["refit"] == REFIT.model_dump()
    for name, factor in (("bulk_modulus", exp(0.1)), ("shear_modulus", exp(-0.2))):
        assert after[name]["value"] == pytest.approx(factor * before[name]["value"], rel=1e-3)
    widths = [stated["log_scales"][0] for stated in (before, after)]
    assert widths[1] == pytest.approx(1.5 * widths[0])
    words = " ".join(command(*said[:-1], "--refit", refit).out.split())
    assert (
        "As 12 candidates of earlier runs by DFT suggested, K was then multiplied by 1.105" in words
    )
