"""An adapter and its model in one, and whether it still says the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.transformers.merged import write_merged
from elatbot_flows.errors import TrainingError
from elatbot_flows.text.dialects import find_dialect
from elatbot_flows.text.question import Question
from elatbot_flows.training.finetune.claims import write_trained
from elatbot_flows.training.finetune.generators import stay_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import TaskRecord, TrainedModel

__all__ = ["merge"]

_MERGED = "merged"


def merge(
    trained: TrainedModel, records: Sequence[TaskRecord], *, questions: int = 16, tokens: int = 256
) -> TrainedModel:
    """Write model and adapter as one model, and ask both the same.

    Numbers are stored as those of the model were. In single precision greedy answers are the same
    token by token; in half precision rounding can turn some, so they are counted.

    Parameters
    ----------
    trained
        With an adapter. Its document is written anew.
    records
        Questions to ask both: the first so many of the test records, else of all.
    questions, tokens
        How many, and how much of each answer is compared.

    Returns
    -------
    TrainedModel
        With the folder ``merged`` beside the adapter.

    Raises
    ------
    TrainingError
        If there is no adapter.
    EngineError
        If the model cannot be loaded, or the merged one not be written.
    """
    if trained.adapter is None:
        raise TrainingError(f"{trained.folder} holds a whole model: there is nothing to merge")
    settings = TransformersSettings(
        trained.model,
        trained.adapter,
        revision=trained.base_revision,
        template=find_dialect(trained.dialect).template,
        device=trained.device,
        guided=False,
        merge_adapter=False,
    )
    test = [record for record in records if record.split == "test"] or list(records)
    asked = [Question(record.instruction, record.input) for record in test[:questions]]
    sampling = Sampling(max_tokens=tokens)
    before = _answers(settings, asked, sampling)
    folder = Path(trained.folder) / _MERGED
    write_merged(settings, folder, overwrite=True)
    stay_generator(trained.model, folder, read_card(folder))
    after = _answers(replace(settings, model=str(folder), adapter=None), asked, sampling)
    same = sum(a == b for a, b in zip(before, after, strict=True))
    changes = {"merged": str(folder), "merged_same": {"same": same, "asked": len(asked)}}
    return write_trained(trained.model_copy(update=changes))


def _answers(
    settings: TransformersSettings, asked: Sequence[Question], sampling: Sampling
) -> list[Any]:
    """Text and length of the greedy answer to each question, or why there is none."""
    found = dict(settings.start().complete(asked, sampling))
    answers = (found[place] for place in range(len(asked)))
    return [
        each.reason if isinstance(each, Failure) else (each[0].text, each[0].completion_tokens)
        for each in answers
    ]
