"""A text model that was trained here: what it is made of, how it learned, what it can do."""

from typing import Any, Literal

from pydantic import BaseModel, Field

__all__ = ["LearningPoint", "TaskScores", "TrainedModel"]


class LearningPoint(BaseModel):
    """What was known of a training after a step."""

    step: int = Field(description="Steps done.")
    loss: float | None = Field(
        None, description="Loss on training records, mean since the point before, nats per token."
    )
    validation_loss: float | None = Field(
        None, description="Loss on the validation records, nats per token of their answers."
    )
    learning_rate: float | None = Field(None, description="Learning rate, without unit.")


class TaskScores(BaseModel):
    """How a trained model answers questions of a task that it was not trained on."""

    task: str = Field(description="Task of the dialect.")
    records: int = Field(description="Test records of the task.")
    asked: int = Field(description="Records whose question was asked: all, or as many as wanted.")
    answered: int = Field(description="Records that got an answer, of those asked for.")
    exact: int = Field(description="Answers that are the right one word for word.")
    readable: int = Field(description="Answers that the format of the task can read.")
    reasons: dict[str, int] = Field(
        default_factory=dict,
        description="Questions without a readable answer by machine-readable reason.",
    )
    loss: float | None = Field(
        None, description="Loss on the `coded` records, nats per token of their answers."
    )
    coded: int = Field(0, description="Records that are short enough for the model to have a loss.")
    scores: dict[str, float | int | None] = Field(
        default_factory=dict,
        description="Errors of `n` readable answers where they are tensors or moduli: `k_voigt_mae`"
        ", `mean36_mae`, `elem36_mae`, `k_vrh_mae`, `g_vrh_mae` in GPa.",
    )


class TrainedModel(BaseModel):
    """A text model that was trained here: what it is, what it was made of and what it can do."""

    folder: str = Field(description="Where weights, card, curve and this document lie.")
    model: str = Field(description="Model to give an engine: the folder, or what was adapted.")
    adapter: str | None = Field(None, description="Adapter to give an engine with it.")
    merged: str | None = Field(None, description="Folder of model and adapter in one.")
    merged_same: dict[str, int] | None = Field(
        None,
        description="Greedy answers of the merged weights that are, token by token, those of model "
        "and adapter: `same` of `asked`.",
    )
    base: str = Field(description="Model it was trained on.")
    base_sha256: str | None = Field(
        None,
        description="SHA-256 of its weights, from scratch of its configuration and tokenizer.",
    )
    base_revision: str | None = Field(None, description="Its commit on the hub.")
    weights_sha256: str = Field(description="SHA-256 of the trained weights or adapter.")
    dialect: str = Field(description="Dialect it was taught.")
    tasks: list[str] = Field(description="Tasks it was taught, the commonest first.")
    elements: list[str] = Field(
        description="Chemical symbols of the training records and, where they are known, of the "
        "base; sorted."
    )
    method: str = Field(description="What learned: lora, lora+, qlora, full or scratch.")
    settings: dict[str, Any] = Field(description="All settings of the training, by name.")
    objective: Literal["answers", "preferences"] = Field(
        "answers",
        description="What was taught: right answers, or which of two answers is better. The losses "
        "of the latter are in nats per pair, ln 2 for a model that has learned nothing.",
    )
    data_sha256: str = Field(description="SHA-256 of all records in their order.")
    split_sha256: str = Field(description="SHA-256 of the records' identifiers and splits.")
    records: dict[str, int] = Field(description="Records that were used, by split.")
    dropped: dict[str, dict[str, int]] = Field(
        default_factory=dict, description="Records left out, by split and reason."
    )
    formulas: int = Field(description="Different reduced formulas of the training records.")
    steps: int = Field(description="Steps that were done.")
    best_step: int = Field(description="Step whose weights were kept.")
    best_loss: float = Field(
        description="Loss of these weights in the training, nats per token: on the validation "
        "records, without such on the first training records."
    )
    reloaded_loss: float = Field(description="The same of the weights read back from the disk.")
    curve: list[LearningPoint] = Field(description="How it learned.")
    trained_parameters: int = Field(description="Numbers that learned.")
    parameters: int = Field(description="Numbers of the model and adapter.")
    device: str = Field(description="Device it was trained on.")
    precision: str = Field(description="What was computed in: fp32, bf16 or fp16.")
    wall_seconds: float = Field(description="Time of the training, s, all its parts together.")
    cpu_seconds: float = Field(description="Time of all processors, s.")
    peak_memory_mb: float = Field(
        description="Most memory, MB: of the process, or on a GPU of its tensors there."
    )
    versions: dict[str, str] = Field(description="Package versions.")
    evaluation: list[TaskScores] = Field(
        default_factory=list, description="Scores on the test records; empty before they are taken."
    )
    leaks: dict[str, Any] | None = Field(
        None, description="What was found of test formulas that the model had seen."
    )
