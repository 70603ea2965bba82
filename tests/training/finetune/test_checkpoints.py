"""Only what was sealed counts, and one whole checkpoint is there at any time."""

from __future__ import annotations

import pytest

from elatbot_flows.training.finetune.checkpoints import (
    Cost,
    checkpoint_at,
    cost_of,
    last_whole,
    rotate,
    seal,
    sweep,
)


def save(folder, step, *, sealed=True):
    found = checkpoint_at(folder, step)
    found.mkdir(parents=True)
    (found / "weights").write_bytes(b"x" * step)
    if sealed:
        seal(found, Cost(wall_seconds=step))
    return found


def steps(folder):
    return sorted(int(found.name.rpartition("-")[2]) for found in folder.iterdir())


def test_the_last_whole_one_is_by_number(tmp_path):
    for step in (9, 100, 20):
        save(tmp_path, step)
    assert last_whole(tmp_path) == tmp_path / "checkpoint-100"
    assert cost_of(last_whole(tmp_path)) == Cost(wall_seconds=100)


def test_nothing_there_is_nothing(tmp_path):
    assert last_whole(tmp_path / "absent") is None
    assert cost_of(None) == Cost()


@pytest.mark.parametrize("fault", ["unsealed", "cut off", "missing", "garbled"])
def test_the_rest_of_a_kill_does_not_count_and_goes(tmp_path, fault):
    save(tmp_path, 10)
    broken = save(tmp_path, 20, sealed=fault != "unsealed")
    if fault == "cut off":
        (broken / "weights").write_bytes(b"x")
    if fault == "missing":
        (broken / "weights").unlink()
    if fault == "garbled":
        (broken / "whole.json").write_text("{")
    (tmp_path / "checkpoint-notes").mkdir()
    assert last_whole(tmp_path) == tmp_path / "checkpoint-10"
    sweep(tmp_path)
    assert sorted(found.name for found in tmp_path.iterdir()) == [
        "checkpoint-10",
        "checkpoint-notes",
    ]


@pytest.mark.parametrize(
    ("best", "keep", "left"),
    [(10, 2, [10, 40]), (40, 2, [30, 40]), (None, 2, [30, 40]), (20, 3, [20, 30, 40])],
)
def test_the_best_stays_with_the_latest(tmp_path, best, keep, left):
    for step in (10, 20, 30, 40):
        save(tmp_path, step)
    rotate(tmp_path, best, keep)
    assert steps(tmp_path) == left
