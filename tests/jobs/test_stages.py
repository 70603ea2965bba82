"""Stages by what jobs say and by their names."""

from __future__ import annotations

import pytest

from elatbot_flows.jobs.stages import is_plan, stage_of

NAMES = {
    "begin": ("begin", False),
    "propose": ("propose", True),
    "propose 1/2": ("propose", False),
    "campaign 3: build 1/4 Ni3Al AlNi": ("build", False),
    "campaign: 3: judge": ("judge", True),
    "hull (ladder)": ("hull", True),
    "hull 1/3 Cu (ladder)": ("hull", False),
    "judge, weigh 1/4 Cu": ("judge", False),
    "weigh 1/4 Cu": ("judge", False),
    "hull 2/2 Al-Ni": ("hull", False),
    "conclude": ("conclude", False),
    "identify model": ("identify", False),
    "predict elasticity 1/2": ("predict", False),
    "elastic relax": ("other", False),
    "store_inputs": ("other", True),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_tell_the_stage_and_who_only_plans(name):
    stage = stage_of(name)
    assert (stage, is_plan(name, stage)) == NAMES[name]


def test_what_a_job_says_comes_first():
    assert stage_of("elastic relax 1/2 Cu", {"stage": "judge"}) == "judge"
    assert is_plan("x: store_inputs", "judge")
