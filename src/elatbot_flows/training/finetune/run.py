"""What a training is about, and what it kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from elatbot_flows.training.finetune.batches import Collator, takes_places
from elatbot_flows.training.finetune.careful import Careful
from elatbot_flows.training.finetune.claims import CHECKPOINTS
from elatbot_flows.training.finetune.encoding import code_records
from elatbot_flows.training.finetune.loss import answer_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.training.finetune.bases import Base
    from elatbot_flows.training.finetune.encoding import Coded, CodedRecords
    from elatbot_flows.training.finetune.settings import FineTuning

__all__ = ["Kept", "Run"]

_FEW = 64
"""Training records whose loss is compared where there are none for validation."""
_AT_ONCE = 8


@dataclass(frozen=True)
class Run:
    """A training.

    Parameters
    ----------
    records, coded
        All records, and those of them that are used in tokens.
    base
        What is trained on.
    out
        Where to.
    settings
        How.
    """

    records: Sequence[TaskRecord]
    coded: CodedRecords
    base: Base
    out: Path
    settings: FineTuning

    objective: ClassVar[Literal["answers", "preferences"]] = "answers"
    careful: ClassVar[type] = Careful
    """What is done differently than by the Trainer of transformers."""

    @classmethod
    def code(cls, tokenizer: Any, records: Sequence[TaskRecord], longest: int) -> CodedRecords:
        """Records in tokens; raises as `elatbot_flows.training.finetune.encoding.code_records`."""
        return code_records(tokenizer, records, longest)

    def prepare(self, model: Any) -> None:
        """Look at the model before its first step."""

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.out / CHECKPOINTS

    @property
    def looked_at(self) -> Sequence[Coded]:
        """Records whose loss tells the weights apart: those for validation, else some learned."""
        return self.coded.splits["validation"] or self.coded.splits["train"][:_FEW]

    def loss(self, model: Any) -> float:
        """Loss of a model on these records, nats per token of their answers."""
        size = min(self.settings.micro_batch or _AT_ONCE, self.settings.batch_size)
        precision, collator = self.settings.computed_in, self.collator(model)
        return answer_loss(model, self.looked_at, collator, size, precision)

    def collator(self, model: Any) -> Callable[[Sequence[Any]], dict[str, Any]]:
        """How records are put side by side for a model."""
        return Collator(self.settings.packing, takes_places(model))


@dataclass(frozen=True)
class Kept:
    """The weights that a training kept.

    Parameters
    ----------
    checkpoint
        Where they are.
    loss
        What they had in memory, see `Run.loss`.
    steps, history
        How many were done, and all that the Trainer logged.
    """

    checkpoint: Path
    loss: float
    steps: int
    history: Sequence[dict[str, Any]]
