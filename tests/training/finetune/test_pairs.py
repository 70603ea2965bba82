"""Preferences: the loss is what the paper says, and a small model learns which answer is better."""

from __future__ import annotations

import json
import math

import pytest
import torch

from elatbot_flows.documents import PreferenceRecord
from elatbot_flows.errors import TrainingError
from elatbot_flows.text.question import Template
from elatbot_flows.training.data.records import as_record, read_records, write_records
from elatbot_flows.training.finetune import PreferenceTuning, fine_tune
from elatbot_flows.training.finetune.bases import find_base
from elatbot_flows.training.finetune.loading import new_model, stored_model
from elatbot_flows.training.finetune.pairs import PairRun
from elatbot_flows.training.finetune.preference import answer_log_likelihoods, preference_loss
from training.finetune.small import QUICK, tensor_records

LN2 = math.log(2)


def pair_records(count=6, validation=2):
    """Pairs of which the better answer belongs to the question, and the worse to another one."""
    records = tensor_records(count, validation=validation, test=0)
    return [
        PreferenceRecord(
            **record.model_dump(),
            rejected=other.answer,
            rejected_formula=other.formula,
            rejected_source=other.source,
        )
        for record, other in zip(records, [*records[1:], records[0]], strict=True)
    ]


def tuning(**changes):
    return PreferenceTuning(**{**QUICK, "epochs": 2, "learning_rate": 1e-3, **changes})


PAIRS = pair_records()


@pytest.fixture
def run(untaught, tmp_path):
    """A run that has not begun, and its model."""
    settings = tuning(method="full")
    base = find_base(untaught, settings, Template.ELATBOT)
    made = PairRun(PAIRS, PairRun.code(base.tokenizer, PAIRS, 1024), base, tmp_path, settings)
    return made, new_model(base, settings)


def test_before_the_first_step_the_loss_is_that_of_a_coin(run):
    made, model = run
    made.prepare(model)
    assert made.loss(model) == pytest.approx(LN2, abs=1e-6)
    made.prepare(None)  # one that goes on does not ask again
    assert set(json.loads((made.out / "reference.json").read_text())) == {
        pair.record_id for pair in PAIRS
    }


def test_likelihoods_are_those_of_each_answer_alone(run):
    made, model = run
    made.prepare(model)
    for pair in made.coded.splits["train"]:
        for place, coded in enumerate((pair.encoded, pair.worse)):
            tokens, labels = torch.tensor([coded.input_ids]), torch.tensor(coded.labels)
            with torch.no_grad():
                scores = model.eval()(tokens).logits[0].log_softmax(-1)
            nats = sum(
                scores[n - 1, token].item() for n, token in enumerate(labels.tolist()) if token >= 0
            )
            assert made.reference[pair.record_id][place] == pytest.approx(nats, abs=1e-3)


def test_models_that_compute_all_scores_give_the_same(run):
    made, model = run
    made.prepare(model)
    pairs = made.coded.splits["train"]
    batch = made.collator(model)(pairs)
    elsewhere = dict(batch)
    elsewhere["places"] = elsewhere.pop("logits_to_keep")
    with torch.no_grad():
        found = [answer_log_likelihoods(model.eval(), one) for one in (batch, elsewhere)]
    assert found[0].tolist() == pytest.approx(found[1].tolist(), abs=1e-4)


def test_the_loss_is_that_of_the_paper():
    before = torch.tensor([[-5.0, -7.0], [-1.0, -1.0]])
    now = torch.tensor([[-4.0, -9.0], [-2.0, -1.5]])
    margins = [0.2 * (1.0 - -2.0), 0.2 * (-1.0 - -0.5)]
    expected = sum(-math.log(1 / (1 + math.exp(-margin))) for margin in margins) / 2
    assert float(preference_loss(now, before, 0.2)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "changes", "enough"),
    [("full", {"learning_rate": 2e-3}, 0.1), ("lora+", {"micro_batch": 3}, 0.6)],
)
def test_random_weights_learn_to_prefer_the_better_answer(
    untaught, tmp_path, method, changes, enough
):
    learned = pair_records(6, validation=0)
    changes = {"epochs": 15, "batch_size": 6, "eval_every": 100, "beta": 1.0, **changes}
    settings = tuning(method=method, **changes)
    trained = fine_tune(learned, untaught, tmp_path, settings)
    assert trained.objective == "preferences"
    assert trained.best_loss < enough < LN2
    assert trained.reloaded_loss == pytest.approx(trained.best_loss, abs=1e-4)
    assert trained.formulas == len({f for record in learned for f in record.formulas})
    base = find_base(untaught, settings, Template.ELATBOT)
    coded = PairRun.code(base.tokenizer, learned, 1024)
    made = PairRun(learned, coded, base, tmp_path, settings)
    model = stored_model(base, settings, tmp_path)
    with torch.no_grad():
        found = answer_log_likelihoods(model, made.collator(model)(coded.splits["train"]))
    reference = torch.tensor([made.reference[pair.record_id] for pair in coded.splits["train"]])
    gained = found.view(2, -1).T - reference
    assert (gained[:, 0] > gained[:, 1]).all()


def test_the_best_weights_on_the_validation_pairs_are_kept(untaught, tmp_path):
    settings = tuning(method="full", epochs=4, eval_every=2)
    trained = fine_tune(PAIRS, untaught, tmp_path, settings)
    looked = [p.validation_loss for p in trained.curve if p.validation_loss is not None]
    assert trained.best_loss == min(looked)
    assert fine_tune(PAIRS, untaught, tmp_path, settings) == trained
    with pytest.raises(TrainingError, match="other beta"):
        fine_tune(PAIRS, untaught, tmp_path, tuning(method="full", epochs=4, eval_every=2, beta=1))


def test_what_cannot_be_compared_is_refused_or_counted(untaught, tmp_path):
    with pytest.raises(TrainingError, match="has one answer"):
        fine_tune(tensor_records(4), untaught, tmp_path / "a", tuning())
    for changes in ({"beta": 0}, {"beta": "much"}, {"packing": True}):
        with pytest.raises(TrainingError, match=r"beta is|cannot share a row"):
            tuning(**changes)
    long = PAIRS[0].model_copy(update={"rejected": PAIRS[0].rejected * 40})
    trained = fine_tune([long, *PAIRS[1:]], untaught, tmp_path / "b", tuning(epochs=1))
    assert trained.dropped == {"train": {"too_long": 1}}
    assert trained.records["train"] == 5


def test_pairs_are_stored_and_read_as_pairs(tmp_path):
    write_records(tmp_path / "pairs.jsonl", [*PAIRS, *tensor_records(1)])
    assert read_records(tmp_path / "pairs.jsonl") == [*PAIRS, *tensor_records(1)]
    assert as_record(PAIRS[0].model_dump()) == PAIRS[0]
