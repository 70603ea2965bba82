"""A training ends in a folder that engines take up, with weights that do what was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.latest import release
from elatbot_flows.engines.model_card import hash_formulas, read_card
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError, TrainingError
from elatbot_flows.text.question import Question
from elatbot_flows.training.finetune import FineTuning, fine_tune, merge, outcome, score
from elatbot_flows.training.finetune.trainer import micro_batch
from training.finetune.small import quick, tensor_records

RECORDS = tensor_records(8)


@pytest.fixture(scope="module")
def by_heart(taught, tmp_path_factory):
    """A LoRA adapter that learned eight tensors, tested on the very same."""
    settings = FineTuning(
        rank=8, epochs=60, learning_rate=4e-3, batch_size=4, warmup_steps=5, device="cpu"
    )
    learned = tensor_records(8, validation=0, test=0)
    asked = [
        r.model_copy(update={"record_id": f"t{r.record_id}", "split": "test"}) for r in learned
    ]
    trained = fine_tune(learned, taught, tmp_path_factory.mktemp("heart"), settings)
    return merge(score(trained, learned + asked), learned + asked), learned


def test_a_lora_learns_eight_tensors_by_heart(by_heart):
    scores = by_heart[0].evaluation[0]
    assert (scores.records, scores.asked, scores.answered) == (8, 8, 8)
    assert (scores.exact, scores.readable, scores.reasons) == (8, 8, {})
    assert scores.loss == pytest.approx(by_heart[0].best_loss, abs=1e-4)
    assert (scores.scores["n"], scores.scores["elem36_mae"]) == (8, 0)


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("guided", [True, False])
def test_the_engine_says_what_was_learned(by_heart, merged, guided):
    trained, records = by_heart
    model = text_model(trained.model, adapter=trained.adapter, merge_adapter=merged, guided=guided)
    pattern = r"C11=\d{1,3}\.\d, C12=-?\d{1,3}\.\d, C44=\d{1,3}\.\d"
    questions = [Question(r.instruction, r.input, pattern) for r in records]
    answers = dict(model.engine().complete(questions, Sampling(max_tokens=64)))
    assert [answers[n][0].text for n in range(8)] == [r.answer for r in records]


def test_merged_weights_say_the_same_token_by_token(by_heart):
    trained, records = by_heart
    assert trained.merged_same == {"same": 8, "asked": 8}
    model = text_model(trained.merged)
    questions = [Question(record.instruction, record.input) for record in records]
    answers = dict(model.engine().complete(questions, Sampling(max_tokens=64)))
    assert [answers[n][0].text for n in range(8)] == [r.answer for r in records]
    assert not (Path(trained.merged) / "adapter_config.json").exists()


def test_nobody_has_to_say_how_it_is_asked(by_heart):
    trained, records = by_heart
    for model in (text_model(trained.model, adapter=trained.adapter), text_model(trained.merged)):
        assert model.dialect == "elatbot-constants"
        assert model.check_task(None) == "tensor_from_composition"
        assert model.is_unseen(records[0].formula) is False
        assert model.is_unseen("Ag3Pd") is True
        with pytest.raises(EngineError, match="trained for"):
            model.check_task("bulk_modulus")
    with pytest.raises(EngineError, match="elatbot-constants"):
        text_model(trained.merged, dialect="compact")


def test_the_document_says_what_it_is_made_of(by_heart):
    trained, records = by_heart
    stored = json.loads((Path(trained.folder) / "trained_model.json").read_text())
    assert stored == trained.model_dump(mode="json")
    card = read_card(trained.folder)
    assert card.training_formulas == tuple(
        sorted({*hash_formulas(r.formula for r in records), *_formulas_of(trained.base)})
    )
    assert (trained.formulas, trained.steps, trained.best_step) == (8, 120, 120)
    assert trained.reloaded_loss == pytest.approx(trained.best_loss, abs=1e-6)
    assert 0 < trained.trained_parameters < trained.parameters
    assert min(trained.wall_seconds, trained.cpu_seconds, trained.peak_memory_mb) > 0
    assert (Path(trained.folder) / "learning_curve.png").read_bytes()[1:4] == b"PNG"
    losses = [point.loss for point in trained.curve if point.loss is not None]
    assert losses[-1] < losses[0] / 5


def _formulas_of(folder):
    return read_card(folder).training_formulas


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
    engine = text_model(found.model, adapter=found.adapter).engine()
    assert engine.record.context_length == 1024
    with_cache = json.loads((Path(found.base) / "config.json").read_text())["use_cache"]
    assert engine.weights().config.use_cache == with_cache


def test_four_bits(taught, tmp_path):
    pytest.importorskip("bitsandbytes", reason="the extra quantized is not installed")
    found = fine_tune(RECORDS, taught, tmp_path, quick(method="qlora", epochs=2))
    assert found.best_loss == pytest.approx(found.reloaded_loss, abs=1e-4)
    assert text_model(found.model, adapter=found.adapter).engine().record.adapter_sha256


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
    learned = [record for record in RECORDS if record.split == "train"][:4]
    found = fine_tune(learned, untaught, tmp_path, quick(epochs=1, eval_every=100))
    assert found.steps == found.best_step == 1
    assert [point.step for point in found.curve] == [1]
    assert found.curve[0].loss > 0


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


@pytest.fixture(autouse=True, scope="module")
def _released():
    yield
    release()
