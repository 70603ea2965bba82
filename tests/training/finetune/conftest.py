"""A small base model that knows how tensors are answered, made once."""

from __future__ import annotations

import pytest

from elatbot_flows.training.finetune import FineTuning, fine_tune, merge, score
from elatbot_flows.training.finetune.claims import read_trained
from made_once import made_once
from training.finetune.small import small_llama, tensor_records


@pytest.fixture(scope="session")
def untaught(tmp_path_factory):
    """Folder of a model with random weights; its tokenizer has no token for padding."""
    return str(made_once(tmp_path_factory, "untaught", small_llama))


@pytest.fixture(scope="session")
def taught(tmp_path_factory, untaught):
    """Folder of a model trained from scratch on other answers to the same questions."""
    settings = FineTuning(
        method="scratch",
        epochs=40,
        learning_rate=7e-3,
        batch_size=4,
        warmup_steps=5,
        device="cpu",
    )
    records = tensor_records(validation=0, test=0, seed=9)
    return str(
        made_once(
            tmp_path_factory,
            "taught",
            lambda folder: fine_tune(records, untaught, folder, settings),
        )
    )


@pytest.fixture(scope="session")
def by_heart(taught, tmp_path_factory):
    """A merged LoRA adapter that learned eight tensors, tested on the very same; the records."""
    settings = FineTuning(
        rank=8, epochs=60, learning_rate=4e-3, batch_size=4, warmup_steps=5, device="cpu"
    )
    learned = tensor_records(8, validation=0, test=0)
    asked = [
        r.model_copy(update={"record_id": f"t{r.record_id}", "split": "test"}) for r in learned
    ]

    def make(folder):
        trained = fine_tune(learned, taught, folder, settings)
        merge(score(trained, learned + asked), learned + asked)

    return read_trained(made_once(tmp_path_factory, "heart", make)), learned
