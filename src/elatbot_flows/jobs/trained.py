"""Jobs: score a trained model on what it never saw, merge its adapter, say what it is."""

from __future__ import annotations

from typing import Any

from jobflow import job

from elatbot_flows.documents import TaskRecord, TrainedModel
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TrainingError
from elatbot_flows.jobs.finetune import given_records
from elatbot_flows.training.finetune import merge, score
from elatbot_flows.training.finetune.claims import write_trained

__all__ = ["merge_trained", "register_trained", "score_trained"]


@job(output_schema=TrainedModel)
def score_trained(
    trained: TrainedModel, records: str | list[TaskRecord], most: int | None = None
) -> TrainedModel:
    """Ask a trained model the test records, see `elatbot_flows.training.finetune.score`."""
    return score(TrainedModel.model_validate(trained), given_records(records), most=most)


@job(output_schema=TrainedModel)
def merge_trained(trained: TrainedModel, records: str | list[TaskRecord]) -> TrainedModel:
    """Add an adapter to its model, see `elatbot_flows.training.finetune.merge`."""
    return merge(TrainedModel.model_validate(trained), given_records(records))


@job(output_schema=TrainedModel)
def register_trained(
    trained: TrainedModel,
    scored: TrainedModel | None = None,
    merged: TrainedModel | None = None,
) -> TrainedModel:
    """Make sure that a model can be taken up by its folder alone, and write down all of it.

    Models go by their folders: ``elatbot predict --model FOLDER``, ``elatbot design --generator``
    and `elatbot_flows.engines.text_model` read from the card in it how they are asked.

    Parameters
    ----------
    trained
        The model.
    scored, merged
        The same from `score_trained` and `merge_trained`.

    Raises
    ------
    EngineError
        If the card is missing or says something else.
    TrainingError
        If the card is that of another training.
    """
    found = TrainedModel.model_validate(trained)
    update: dict[str, Any] = {}
    if scored is not None:
        update |= {"evaluation": TrainedModel.model_validate(scored).evaluation}
    if merged is not None:
        one = TrainedModel.model_validate(merged)
        update |= {"merged": one.merged, "merged_same": one.merged_same}
    whole = found.model_copy(update=update)
    for folder in filter(None, (whole.folder, whole.merged)):
        _require_card(whole, folder)
    return write_trained(whole)


def _require_card(trained: TrainedModel, folder: str) -> None:
    model = text_model(folder)
    said = (model.dialect, list(model.trained_for or ()), model.card and model.card.data_sha256)
    if said != (trained.dialect, trained.tasks, trained.data_sha256):
        raise TrainingError(
            f"the card in {folder} is not that of this training: train into another folder"
        )
