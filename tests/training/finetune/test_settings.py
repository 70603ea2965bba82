"""Settings of trainings: the published ones, and what is refused."""

from __future__ import annotations

import json

import pytest
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.errors import TrainingError
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.training.finetune import METHODS, PRESETS, FineTuning, settings


def test_defaults_are_those_of_the_published_training():
    made = FineTuning()
    assert (made.method, made.rank, made.alpha, made.dropout, made.ratio) == ("lora+", 8, 16, 0, 16)
    assert (made.learning_rate, made.schedule, made.warmup_steps) == (5e-5, "cosine", 20)
    assert (made.epochs, made.batch_size, made.cutoff, made.targets) == (5, 12, 4096, "all-linear")


def test_presets_name_tasks_of_their_dialect():
    assert list(PRESETS) == [*(f"elatbot-dft-{n}" for n in (1, 2, 3, 4)), "elatbot"]
    for preset in PRESETS.values():
        assert set(preset.tasks) <= set(formats_of(preset.dialect))


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "dora"},
        {"schedule": "step"},
        {"precision": "fp8"},
        {"rank": 0},
        {"epochs": 0},
        {"learning_rate": float("nan")},
        {"dropout": 1.0},
        {"keep": 1},
        {"patience": 0},
    ],
)
def test_settings_out_of_range_are_refused_by_name(wrong):
    with pytest.raises(TrainingError, match=next(iter(wrong))):
        FineTuning(**wrong)


@pytest.mark.parametrize("method", METHODS)
def test_settings_survive_being_stored(method):
    made = FineTuning(method, targets=("q_proj", "v_proj"), patience=3)
    stored = json.dumps(made, cls=MontyEncoder)
    assert MontyDecoder().decode(stored) == made


def test_half_precision_needs_a_gpu():
    with pytest.raises(TrainingError, match="needs a GPU"):
        _ = FineTuning(precision="fp16", device="cpu").computed_in
    assert FineTuning(device="cpu").computed_in == "fp32"


def test_four_bits_need_their_package(monkeypatch):
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match="pip install"):
        FineTuning("qlora").check_packages()
    FineTuning("lora").check_packages()
