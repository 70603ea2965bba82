"""What a text model is taught with: a question and its right answer, and where they come from."""

from typing import Literal

from pydantic import BaseModel, Field

__all__ = ["SplitName", "TaskRecord"]

SplitName = Literal["train", "validation", "test"]


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
