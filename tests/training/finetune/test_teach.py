"""Every way of training: what it keeps, what it counts, and what changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from elatbot_flows.engines.adapters import weight_names
from elatbot_flows.engines.latest import release
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TrainingError
from elatbot_flows.training.finetune import FineTuning, fine_tune, outcome
from elatbot_flows.training.finetune.processes import own_device
from elatbot_flows.training.finetune.trainer import micro_batch
from training.finetune.small import quick, tensor_records

RECORDS = tensor_records(8)


@pytest.fixture(scope="module")
def plain(taught, tmp_path_factory):
    """A short training to compare others with."""
    return fine_tune(RECORDS, taught, tmp_path_factory.mktemp("plain"), quick())


@pytest.mark.parametrize(
    "changes",
    [{"packing": True}, {"micro_batch": 2}, {"micro_batch": 1, "gradient_checkpointing": True}],
)
def test_what_saves_memory_or_time_changes_no_loss(plain, taught, tmp_path, changes):
    found = fine_tune(RECORDS, taught, tmp_path, quick(**changes))
    assert _losses(found) == pytest.approx(_losses(plain), abs=1e-4)


def _losses(trained):
    return [value for p in trained.curve for value in (p.loss, p.validation_loss) if value]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "lora"},
        {"method": "full", "learning_rate": 1e-4},
        {"precision": "bf16"},
    ],
)
def test_every_method_learns_and_comes_back_from_the_disk(taught, tmp_path, changes):
    found = fine_tune(RECORDS, taught, tmp_path, quick(**changes))
    losses = [point.validation_loss for point in found.curve if point.validation_loss]
    assert losses[-1] < losses[0]
    assert abs(found.reloaded_loss - found.best_loss) < (
        2e-2 if found.precision == "bf16" else 1e-4
    )
    assert (found.adapter is None) == (found.method == "full")
    engine = text_model(found.folder).engine()
    assert engine.record.context_length == 1024
    with_cache = json.loads((Path(found.base) / "config.json").read_text())["use_cache"]
    assert engine.weights().config.use_cache == with_cache


def test_an_adapter_of_embeddings_holds_no_copy_of_them(untaught, tmp_path):
    targets = ("q_proj", "embed_tokens", "lm_head")
    found = fine_tune(RECORDS, untaught, tmp_path, quick(epochs=1, targets=targets))
    names = weight_names(tmp_path)
    assert all(".lora_" in name for name in names)
    assert {target for target in targets for name in names if target in name} == set(targets)
    assert found.reloaded_loss == pytest.approx(found.best_loss, abs=1e-5)


@pytest.mark.slow
def test_looking_at_weights_of_four_bits_does_not_change_what_is_learned(taught, tmp_path):
    pytest.importorskip("bitsandbytes", reason="the extra quantized is not installed")
    found = [
        fine_tune(RECORDS, taught, tmp_path / str(n), quick(method="qlora", epochs=2, eval_every=n))
        for n in (1, 4)
    ]
    last = [trained.curve[-1].validation_loss for trained in found]
    assert last[0] == pytest.approx(last[1], abs=1e-5)
    assert found[1].best_loss == pytest.approx(found[1].reloaded_loss, abs=1e-4)
    assert text_model(found[1].model, adapter=found[1].adapter).engine().record.adapter_sha256


def test_the_second_matrices_of_lora_plus_learn_faster(taught, tmp_path, monkeypatch):
    from peft import optimizers

    made = []
    create = optimizers.create_loraplus_optimizer
    monkeypatch.setattr(
        optimizers,
        "create_loraplus_optimizer",
        lambda *args, **kwargs: made.append(create(*args, **kwargs)) or made[0],
    )
    fine_tune(RECORDS, taught, tmp_path, quick(epochs=1, warmup_steps=0, learning_rate=1e-4))
    rates = {group["initial_lr"] for group in made[0].param_groups if group["params"]}
    assert sorted(rates) == pytest.approx([1e-4, 1.6e-3])


def test_it_ends_when_it_gets_no_better_and_keeps_the_best(taught, tmp_path):
    settings = quick(epochs=40, eval_every=2, patience=3, learning_rate=5e-3)
    found = fine_tune(RECORDS, taught, tmp_path, settings)
    looked = {p.step: p.validation_loss for p in found.curve if p.validation_loss}
    assert found.steps < 80
    assert found.best_loss == min(looked.values()) == looked[found.best_step]
    assert found.steps == found.best_step + 3 * 2
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_the_end_is_looked_at_too(plain):
    looked = [p.step for p in plain.curve if p.validation_loss is not None]
    assert looked == [4, 8]
    assert all(a.step < b.step for a, b in pairwise(plain.curve))


def test_a_finished_training_is_not_repeated(plain, taught, monkeypatch):
    monkeypatch.setattr("elatbot_flows.training.finetune.teach._train", None)
    assert fine_tune(RECORDS, taught, Path(plain.folder), quick()) == plain


def test_weights_that_do_not_come_back_are_no_result(taught, tmp_path, monkeypatch):
    bring = outcome._bring

    def spoiled(run, checkpoint):
        from safetensors.torch import load_file, save_file

        bring(run, checkpoint)
        file = run.out / "adapter_model.safetensors"
        save_file({name: w + 0.5 for name, w in load_file(file).items()}, file)

    monkeypatch.setattr(outcome, "_bring", spoiled)
    with pytest.raises(TrainingError, match="what was saved is not what was trained"):
        fine_tune(RECORDS, taught, tmp_path, quick(epochs=1))
    assert not (tmp_path / "trained_model.json").exists()


def test_a_training_of_one_step_has_a_curve(untaught, tmp_path):
    learned = tensor_records(4, validation=0, test=0)
    learned[0].formula = "Ga1.58Cu98.42"
    found = fine_tune(learned, untaught, tmp_path, quick(epochs=1, eval_every=100))
    assert found.steps == found.best_step == 1
    assert [point.step for point in found.curve] == [1]
    assert found.curve[0].loss > 0
    assert {"Ga", "Cu"} <= set(found.elements)


def test_long_records_are_counted_not_cut(taught, tmp_path):
    longest = RECORDS[0].model_copy(update={"input": RECORDS[0].input * 9})
    found = fine_tune([longest, *RECORDS[1:]], taught, tmp_path, quick(epochs=1))
    assert found.dropped == {"train": {"too_long": 1}}
    assert (found.records["train"], found.formulas) == (7, 7)
    assert read_card(tmp_path).training_formulas is not None


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_step_has_the_same_records_on_any_number_of_gpus(monkeypatch, processes):
    monkeypatch.setenv("WORLD_SIZE", processes)
    size, rounds = micro_batch(FineTuning(micro_batch=3))
    assert size * rounds * int(processes) == 12
    with pytest.raises(TrainingError, match="cannot be divided"):
        micro_batch(replace(FineTuning(), micro_batch=5))


def test_every_process_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert own_device("cuda") == "cuda"
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert (own_device("cuda"), own_device("cpu")) == ("cuda:3", "cpu")


@pytest.fixture(autouse=True, scope="module")
def _released():
    yield
    release()
