"""What a text model is taught with: questions and right answers, their origin and their leaks."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

__all__ = [
    "DataSource",
    "DatasetRecord",
    "FilterStep",
    "Label",
    "Leak",
    "LeakReport",
    "PreferenceRecord",
    "SplitName",
    "SplitRule",
    "TaskRecord",
]

SplitName = Literal["train", "validation", "test"]
Label = Literal["dft", "judge", "given", "guess"]


class TaskRecord(BaseModel):
    """A question of a task and its right answer, as a dialect words them."""

    record_id: str = Field(description="Identifier, unique in its data set.")
    dialect: str = Field(description="Dialect the question is worded in.")
    task: str = Field(description="Task of the dialect.")
    instruction: str = Field(description="What to do; may be empty.")
    input: str = Field(description="What to do it with.")
    answer: str = Field(description="The right answer, without the token that ends it.")
    formula: str = Field(description="Reduced formula of the material it is about.")
    source: str = Field(description="Where the material comes from, such as 'mp-134'.")
    split: SplitName = Field("train", description="What the record is used for.")
    label: Label = Field(
        "given",
        description="Who says that the answer is right: 'dft', the Materials Project; 'judge', an "
        "interatomic potential, which is not DFT; 'given', whoever brought the file; 'guess', a "
        "regression on other rows, which knows nothing of this material itself.",
    )
    labelled_by: str | None = Field(
        None, description="Version of the database, name of the judge, or name of the file."
    )

    @property
    def formulas(self) -> tuple[str, ...]:
        """Formulas that whoever learns from it has seen."""
        return (self.formula,)


class PreferenceRecord(TaskRecord):
    """A question with two answers, of which one is better: `answer`."""

    rejected: str = Field(description="The worse answer, without the token that ends it.")
    rejected_formula: str = Field(description="Reduced formula of the material it is about.")
    rejected_source: str = Field(description="Where that material comes from.")

    @property
    def formulas(self) -> tuple[str, ...]:
        """Formulas that whoever learns from it has seen, of both answers."""
        return (self.formula, self.rejected_formula)


class FilterStep(BaseModel):
    """One step of cleaning, in the order in which they were taken."""

    name: str = Field(description="Name of the step.")
    words: str = Field(description="What it drops, for people.")
    came_in: int = Field(description="How many there were before it.")
    dropped: dict[str, int] = Field(
        default_factory=dict, description="How many it dropped, by reason."
    )

    @property
    def kept(self) -> int:
        """How many there were after it."""
        return self.came_in - sum(self.dropped.values())


class DataSource(BaseModel):
    """Where materials were brought from."""

    origin: str = Field(description="'materials_project', name of a file, or 'candidates'.")
    materials: int = Field(description="Materials brought.")
    skipped: dict[str, int] = Field(
        default_factory=dict, description="Rows or documents that could not be read, by reason."
    )
    first: str | None = Field(None, description="The first of these, for people.")
    sha256: str | None = Field(None, description="Hash of the file.")
    database_version: str | None = Field(None, description="Version of the Materials Project.")
    last_updated: datetime = Field(description="When they were brought, UTC.")


class SplitRule(BaseModel):
    """How training, validation and test materials are told apart."""

    name: Literal["formula", "chemsys", "paper"] = Field(
        "formula",
        description="'formula': all materials of a reduced formula are in one part; 'chemsys': "
        "all of a chemical system; 'paper': as ElaTBot-DFT was split, polymorphs in several parts.",
    )
    seed: int = Field(0, description="Another number gives another split.")
    validation: float = Field(0.05, description="Share of validation.", ge=0, lt=1)
    test: float = Field(0.05, description="Share of test.", ge=0, lt=1)


class Leak(BaseModel):
    """A formula of test records that a model has seen, or will see, in training."""

    formula: str = Field(description="Reduced formula.")
    spelled: list[str] = Field(description="How records write it.")
    test_records: list[str] = Field(description="Test records about it.")
    seen_in: list[str] = Field(description="Training and validation records about it.")
    tasks: list[str] = Field(description="Their tasks.")
    in_base: bool = Field(False, description="Whether the base model was trained on it.")


class LeakReport(BaseModel):
    """Whether what is tested was trained on."""

    test_formulas: int = Field(description="Distinct reduced formulas of test records.")
    training_formulas: int = Field(
        description="Distinct reduced formulas of training and validation records."
    )
    base_formulas: int | None = Field(
        None, description="Formulas the base model was trained on; None if it was not asked."
    )
    leaks: list[Leak] = Field(default_factory=list, description="Formulas seen, by name.")
    shared_systems: list[str] = Field(
        default_factory=list,
        description="Chemical systems of test records that training has other formulas of.",
    )
    test_formulas_in_shared_systems: int = Field(
        0, description="Test formulas, not seen themselves, in `shared_systems`."
    )

    @property
    def clean(self) -> bool:
        """Whether no test formula was seen."""
        return not self.leaks


class DatasetRecord(BaseModel):
    """Where a file of training records comes from: what came in, was dropped, and is in it."""

    file: str = Field(description="Name of the file of records.")
    records_sha256: str = Field(description="Hash of the records in their order.")
    records: int = Field(description="Number of records.")
    written: datetime = Field(description="When, UTC.")
    sources: list[DataSource] = Field(
        default_factory=list, description="What was brought from where, and what was not read."
    )
    origins: dict[str, int] = Field(description="Materials that came in, by origin.")
    database_versions: dict[str, int] = Field(
        default_factory=dict, description="Materials by version of the Materials Project."
    )
    labels: dict[str, int] = Field(description="Records by who says that the answer is right.")
    steps: list[FilterStep] = Field(description="Cleaning of materials, step by step.")
    turned: int = Field(0, description="Tensors turned, so that the fourfold axis is along z.")
    record_steps: list[FilterStep] = Field(
        description="What was not made a record of: materials that a format cannot write, by task "
        "and reason, and repeats."
    )
    split: SplitRule = Field(description="How the parts were told apart.")
    counts: dict[str, dict[str, int]] = Field(
        description="Records by dialect and task, and by part."
    )
    materials: dict[str, int] = Field(description="Materials by part.")
    formulas: dict[str, int] = Field(description="Distinct reduced formulas by part.")
    leaks: LeakReport = Field(description="Whether a test formula is trained on.")
    versions: dict[str, str] = Field(description="Package versions.")
