"""Designs that are killed and otherwise disturbed end as if nothing had happened.

``benchmarks/faults.py`` does the same in every stage; here are a few of them for each manager.
"""

from __future__ import annotations

import sys

import pytest

from faults import others
from faults.design import Census, Difference
from faults.managers import FireWorks, Local
from faults.trial import Strike, run_to_the_end, tried

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc as on Linux"),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    manager = Local(tmp_path_factory.mktemp("undisturbed"))
    run_to_the_end(manager)
    return Census.of(manager.store())


def test_nothing_differs_from_itself_and_every_difference_is_seen(undisturbed):
    assert not undisturbed.against(undisturbed)
    assert len(undisturbed.candidates) > 10
    name = next(iter(undisturbed.candidates))
    fewer = {k: v for k, v in undisturbed.candidates.items() if k != name}
    other = fewer | {name: undisturbed.candidates[name] | {"verdict": "miss", "formula": "X"}}
    assert Census(fewer, undisturbed.runs).against(undisturbed).lost == 1
    assert Census(undisturbed.candidates, undisturbed.runs * 2).against(undisturbed).twice == 1
    assert Census(undisturbed.candidates, undisturbed.runs, 3).against(undisturbed).twice == 3
    found = Census(other, undisturbed.runs).against(undisturbed).other
    assert set(found) >= {f"{name}.formula"}


def test_the_local_runner_killed_in_two_stages(tmp_path, undisturbed):
    strikes = [Strike("build", 0.2), Strike("climb", moment="after")]
    trial = tried(Local(tmp_path / "here", workers=2), strikes, undisturbed)
    assert trial.difference == Difference()
    assert trial.starts == 3


def test_a_lost_parent_and_a_lost_worker(tmp_path, undisturbed):
    manager = Local(tmp_path / "here", workers=2)
    assert others.lost_processes(manager, undisturbed).difference == Difference()
    assert "give the same command with fewer --workers" in (manager.folder / "log").read_text()


def test_fireworks_killed_in_two_stages(tmp_path, undisturbed, mongodb):
    pytest.importorskip("fireworks")
    strikes = [Strike("climb"), Strike("build", moment="after")]
    trial = tried(FireWorks(tmp_path / "here", mongodb), strikes, undisturbed)
    assert trial.difference == Difference()
    assert trial.starts == 3
