"""A training ends in a folder that engines take up, with weights that do what was trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.latest import release
from elatbot_flows.engines.model_card import hash_formulas, read_card
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question

pytestmark = pytest.mark.slow


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
    for model in (
        text_model(trained.model, adapter=trained.adapter),
        text_model(trained.folder),
        text_model(trained.merged),
    ):
        assert model.settings.model == (
            trained.merged if model.settings.adapter is None else trained.model
        )
        assert model.dialect == "elatbot-constants"
        assert model.check_task(None) == "tensor_from_composition"
        assert model.is_unseen(records[0].formula) is False
        assert model.is_unseen("Ag3Pd") is True
        with pytest.raises(EngineError, match="trained for"):
            model.check_task("bulk_modulus")
    with pytest.raises(EngineError, match="elatbot-constants"):
        text_model(trained.merged, dialect="compact-2")


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


@pytest.fixture(autouse=True, scope="module")
def _released():
    yield
    release()
