"""What goes wrong in a training is told in one error, and the last good checkpoint stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from elatbot_flows.errors import EngineError, TrainingError
from elatbot_flows.training.finetune import FineTuning, fine_tune
from elatbot_flows.training.finetune.careful import Careful
from elatbot_flows.training.finetune.checkpoints import last_whole
from training.finetune.small import quick, tensor_records

resource = pytest.importorskip("resource", reason="limits of files as on Unix")
RECORDS = tensor_records(8)


def checkpoints(folder):
    return sorted(found.name for found in (folder / "checkpoints").iterdir())


@pytest.fixture
def limited():
    """A function that limits the length of files; undone afterwards."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [1_000, 100_000])
@pytest.mark.parametrize("method", ["lora+", "full"])
def test_a_full_disk_leaves_the_checkpoint_before(
    untaught, tmp_path, monkeypatch, limited, size, method
):
    save = Careful._save_checkpoint

    def at_step_four(self, *args, **kwargs):
        limited(size if self.state.global_step == 4 else resource.RLIM_INFINITY)
        try:
            save(self, *args, **kwargs)
        finally:
            limited(resource.RLIM_INFINITY)

    settings = quick(method=method, eval_every=2, epochs=3)
    monkeypatch.setattr(Careful, "_save_checkpoint", at_step_four)
    with pytest.raises(TrainingError, match=r"checkpoint-4 cannot be written.*make room"):
        fine_tune(RECORDS, untaught, tmp_path, settings)
    assert checkpoints(tmp_path) == ["checkpoint-2"]
    assert last_whole(tmp_path / "checkpoints") is not None
    monkeypatch.undo()
    assert fine_tune(RECORDS, untaught, tmp_path, settings).steps == 6


def test_a_full_disk_at_the_end_is_one_error(untaught, tmp_path, limited, monkeypatch):
    from elatbot_flows.training.finetune import outcome

    bring = outcome._bring

    def no_room(*args):
        limited(100)
        try:
            bring(*args)
        finally:
            limited(resource.RLIM_INFINITY)

    monkeypatch.setattr(outcome, "_bring", no_room)
    with pytest.raises(TrainingError, match="make room and start the same training again"):
        fine_tune(RECORDS, untaught, tmp_path, quick(epochs=1))
    monkeypatch.undo()
    assert fine_tune(RECORDS, untaught, tmp_path, quick(epochs=1)).steps == 2


def test_a_loss_that_is_no_number_ends_it(untaught, tmp_path, monkeypatch):
    compute = Careful.compute_loss

    def broken(self, *args, **kwargs):
        loss = compute(self, *args, **kwargs)
        return loss * float("nan") if self.state.global_step == 3 else loss

    monkeypatch.setattr(Careful, "compute_loss", broken)
    with pytest.raises(TrainingError, match="the loss is nan at step 4: lower learning_rate"):
        fine_tune(RECORDS, untaught, tmp_path, quick(eval_every=2))
    assert checkpoints(tmp_path) == ["checkpoint-2"]


def test_weights_that_are_no_numbers_are_not_saved(untaught, tmp_path, monkeypatch):
    step = Careful.training_step

    def spoiled(self, *args, **kwargs):
        loss = step(self, *args, **kwargs)
        if self.state.global_step == 3:
            next(w for w in self.model.parameters() if w.requires_grad).grad.fill_(float("nan"))
        return loss

    monkeypatch.setattr(Careful, "training_step", spoiled)
    without = [record for record in RECORDS if record.split == "train"]
    for records, words in ((RECORDS, "validation records is nan"), (without, "are no numbers")):
        folder = tmp_path / str(len(records))
        with pytest.raises(TrainingError, match=words):
            fine_tune(records, untaught, folder, quick(eval_every=2))
        assert checkpoints(folder) == ["checkpoint-2"]


def test_records_beyond_the_context_leave_nothing_to_train_on(untaught, tmp_path):
    long = [r.model_copy(update={"input": r.input * 9}) for r in RECORDS]
    with pytest.raises(TrainingError, match=r"'train' can be used \(8 too_long\).* 1024 tokens"):
        fine_tune(long, untaught, tmp_path, quick())
    seen = [long[8], *RECORDS[:8]]
    with pytest.raises(TrainingError, match="'validation' can be used"):
        fine_tune(seen, untaught, tmp_path / "b", quick())


def test_empty_data_write_nothing(untaught, tmp_path):
    with pytest.raises(TrainingError, match="nothing to train on"):
        fine_tune([], untaught, tmp_path / "out", quick())
    assert not (tmp_path / "out").exists()


def test_a_tokenizer_that_cannot_end_answers_is_told(untaught, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(untaught, base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(base)
    with pytest.raises(TrainingError, match="set its eos_token"):
        fine_tune(RECORDS, str(base), tmp_path / "out", quick())


def test_an_adapter_is_no_base(untaught, tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(TrainingError, match="merge it first"):
        fine_tune(RECORDS, str(tmp_path), tmp_path / "out", quick())


def test_layers_that_are_not_there_are_told(untaught, tmp_path):
    with pytest.raises(TrainingError, match="no adapter fits"):
        fine_tune(RECORDS, untaught, tmp_path, quick(targets=("no_such_layer",)))


def test_a_base_that_is_not_there(tmp_path):
    with pytest.raises(EngineError, match="there is no folder"):
        fine_tune(RECORDS, str(tmp_path / "absent"), tmp_path / "out", quick())
    assert not (tmp_path / "out").exists()


def test_the_result_of_others_is_not_written_over(untaught, tmp_path):
    fine_tune(RECORDS, untaught, tmp_path, quick(epochs=1))
    weights = (tmp_path / "adapter_model.safetensors").read_bytes()
    with pytest.raises(TrainingError, match="with other epochs, seed"):
        fine_tune(RECORDS, untaught, tmp_path, quick(epochs=2, seed=7))
    other = tensor_records(8, seed=5)
    with pytest.raises(TrainingError, match="with other records"):
        fine_tune(other, untaught, tmp_path, quick(epochs=1))
    assert (tmp_path / "adapter_model.safetensors").read_bytes() == weights


def test_a_gpu_that_is_not_there_is_told():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(TrainingError, match="no GPU"):
        fine_tune(RECORDS, "base", Path("out"), FineTuning(device="cuda"))
