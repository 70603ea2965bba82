"""Lessons, labels and targets of some alloys."""

from __future__ import annotations

import pytest

from alloys import EMT, alloy_lessons
from elatbot_flows.potentials import load_potential
from elatbot_flows.training.potential.labels import label_all
from elatbot_flows.training.potential.targets import targets_of


@pytest.fixture(scope="session")
def lessons():
    return alloy_lessons()


@pytest.fixture(scope="session")
def labels(lessons, tmp_path_factory):
    file = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    return label_all(lessons, load_potential(EMT), file)[0]


@pytest.fixture(scope="session")
def targets(labels):
    return targets_of(labels)[0]
