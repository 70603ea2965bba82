"""Padding and packing change what is computed at once, never the loss."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM

from elatbot_flows.errors import TrainingError
from elatbot_flows.text.wire import IGNORED, Encoded
from elatbot_flows.training.finetune.batches import Collator, shared_rows, takes_places
from elatbot_flows.training.finetune.encoding import Coded
from elatbot_flows.training.finetune.loss import answer_loss, check_packing
from engines.tiny_models import make_tiny_llama


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Random weights that are large enough for every token to matter."""
    folder = make_tiny_llama(tmp_path_factory.mktemp("clear"))
    return AutoModelForCausalLM.from_pretrained(folder).eval()


def coded(lengths):
    """Random tokens, the later half of each to be learned."""
    rng = random.Random(0)  # noqa: S311 - tokens, no secrets
    rows = []
    for number, length in enumerate(lengths):
        tokens = tuple(rng.randrange(5, 500) for _ in range(length))
        labels = (IGNORED,) * (length // 2 or 1) + tokens[length // 2 or 1 :]
        rows.append(Coded(str(number), Encoded(tokens, labels)))
    return rows


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_rows_hold_all_records_and_are_no_longer_than_the_longest(lengths):
    rows = shared_rows(lengths)
    assert sorted(place for row in rows for place in row) == list(range(len(lengths)))
    assert max(sum(lengths[place] for place in row) for row in rows) == max(lengths)


def test_padding_needs_no_token_of_its_own(model):
    rows = coded([30, 7, 18])
    batch = Collator()(rows)
    assert batch["attention_mask"].sum() == 55
    assert (batch["labels"][batch["attention_mask"] == 0] == IGNORED).all()
    alone = sum(
        answer_loss(model, [row], Collator(), 1, "fp32") * n
        for row, n in zip(rows, (15, 4, 9), strict=True)
    )
    assert answer_loss(model, rows, Collator(), 3, "fp32") == pytest.approx(alone / 28, abs=1e-5)


@pytest.mark.parametrize("lengths", [[40, 9, 20, 11, 12, 3], [20, 20], [17]])
def test_packed_records_have_the_loss_they_have_alone(model, lengths):
    rows = coded(lengths)
    losses = [answer_loss(model, rows, Collator(p), len(rows), "fp32") for p in (False, True)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert len(Collator(packing=True)(rows)["input_ids"]) < len(rows) or len(set(lengths)) == 1


@pytest.mark.parametrize("packing", [False, True])
def test_scores_only_of_answers_give_the_same_loss(model, packing):
    rows = coded([40, 9, 20, 11])
    batch = Collator(packing, takes_places(model))(rows)
    assert len(batch["logits_to_keep"]) < batch["labels"].shape[1]
    assert (batch["shift_labels"] != IGNORED).sum() == (batch["labels"] != IGNORED).sum()
    losses = [answer_loss(model, rows, Collator(packing, only), 4, "fp32") for only in (0, 1)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_packing_also_learns_the_same(model):
    gradients = []
    for collator in (Collator(), Collator(packing=True), Collator(packing=True, answers_only=True)):
        model.zero_grad()
        batch = collator(coded([40, 9, 20, 11]))
        model(**batch, use_cache=False).loss.backward()
        gradients.append(torch.cat([w.grad.flatten() for w in model.parameters()]))
    assert torch.allclose(gradients[0], gradients[1], atol=1e-5)
    assert torch.allclose(gradients[0], gradients[2], atol=1e-5)


def test_a_model_that_mixes_packed_records_up_is_refused(model, monkeypatch):
    rows = coded([40, 9, 20, 11])
    check_packing(model, rows, "fp32")
    forward = model.forward
    monkeypatch.setattr(
        model,
        "forward",
        lambda position_ids=None, **kwargs: forward(**kwargs),
    )
    with pytest.raises(TrainingError, match="cannot tell packed records apart"):
        check_packing(model, rows, "fp32")


def test_half_precision_is_near(model):
    rows = coded([40, 9])
    half, whole = (answer_loss(model, rows, Collator(), 2, p) for p in ("bf16", "fp32"))
    assert half != whole
    assert math.isclose(half, whole, abs_tol=0.1)
