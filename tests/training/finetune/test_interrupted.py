"""A training that was killed goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elatbot_flows.training.finetune import fine_tune, teach
from elatbot_flows.training.finetune.careful import Careful
from training.finetune.small import quick, tensor_records

RECORDS = tensor_records(10)
PER_EPOCH, STEPS = 3, 12
HOW = {"eval_every": 2, "epochs": 4, "dropout": 0.1}


def main(base, out, log, kill_at):
    """Train and write down which records each step learns from; be killed at the start of one."""
    step_of = Careful.training_step

    def watched(self, model, inputs, *rest):
        step = self.state.global_step
        if step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        learned = [_record_of(self, row) for row in inputs["input_ids"].tolist()]
        with Path(log).open("a") as stream:
            stream.write(json.dumps([step, learned]) + "\n")
        return step_of(self, model, inputs, *rest)

    Careful.training_step = watched
    try:
        return fine_tune(RECORDS, base, Path(out), quick(**HOW))
    finally:
        Careful.training_step = step_of


def _record_of(trainer, row):
    for one in trainer.run.coded.splits["train"]:
        tokens = list(one.encoded.input_ids)
        if row[: len(tokens)] == tokens:
            return one.record_id
    raise AssertionError(row)


def steps(log):
    """What each step learned from in the end: of steps done twice, the later one."""
    rows = [json.loads(line) for line in Path(log).read_text().splitlines()]
    return dict(rows), [step for step, _ in rows]


@pytest.fixture(scope="module")
def undisturbed(taught, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return main(taught, folder / "out", folder / "log", None), steps(folder / "log")[0]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_training_goes_on_with_the_same_records(undisturbed, taught, tmp_path):
    whole, learned = undisturbed
    out, log = str(tmp_path / "out"), str(tmp_path / "log")
    code = f"from training.finetune.test_interrupted import main; main(*{(taught, out, log, 7)!r})"
    tests = str(Path(__file__).parents[2])
    path = os.pathsep.join([tests, *filter(None, sys.path)])
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert steps(tmp_path / "log")[1] == list(range(7))
    # Killed once more, this time while the checkpoint was written.
    (tmp_path / "out" / "checkpoints" / "checkpoint-6" / "whole.json").unlink()
    resumed = main(taught, tmp_path / "out", tmp_path / "log", None)
    found, order = steps(tmp_path / "log")
    assert order == [*range(7), *range(4, STEPS)]
    assert found == learned
    for first in range(0, STEPS, PER_EPOCH):
        epoch = [record for step in range(first, first + PER_EPOCH) for record in found[step]]
        assert sorted(epoch) == sorted(f"r{number}" for number in range(10))
    assert resumed.best_loss == pytest.approx(whole.best_loss, abs=1e-3)
    assert resumed.curve[-1].validation_loss == pytest.approx(
        whole.curve[-1].validation_loss, abs=1e-3
    )
    assert resumed.weights_sha256 == whole.weights_sha256
    assert [point.step for point in resumed.curve] == [point.step for point in whole.curve]


@pytest.mark.slow
def test_records_come_in_another_order_in_every_epoch(undisturbed):
    learned = undisturbed[1]
    epochs = [
        [record for step in range(first, first + PER_EPOCH) for record in learned[step]]
        for first in range(0, STEPS, PER_EPOCH)
    ]
    assert len({tuple(epoch) for epoch in epochs}) == STEPS // PER_EPOCH


@pytest.mark.slow
@pytest.mark.parametrize(
    ("records", "changes"),
    [(RECORDS[:10], {"epochs": 1.5}), (RECORDS, {"epochs": 9, "patience": 1})],
)
def test_what_was_trained_to_the_end_is_not_trained_on(
    untaught, tmp_path, monkeypatch, records, changes
):
    settings = quick(eval_every=2, learning_rate=0.02, **changes)
    whole = fine_tune(records, untaught, tmp_path / "whole", settings)
    monkeypatch.setattr(teach, "conclude", None)
    with pytest.raises(TypeError):
        fine_tune(records, untaught, tmp_path / "out", settings)
    monkeypatch.undo()
    monkeypatch.setattr(teach, "make_trainer", None)
    found = fine_tune(records, untaught, tmp_path / "out", settings)
    assert (found.weights_sha256, found.steps) == (whole.weights_sha256, whole.steps)
    assert found.trained_parameters == whole.trained_parameters > 0
