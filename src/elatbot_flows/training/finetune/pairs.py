"""A training on pairs of answers, on the trainer of this package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import PreferenceRecord
from elatbot_flows.errors import TrainingError
from elatbot_flows.files import write_whole
from elatbot_flows.training.finetune.batches import Collator, takes_places
from elatbot_flows.training.finetune.careful import Careful
from elatbot_flows.training.finetune.encoding import Coded, CodedRecords, code_records
from elatbot_flows.training.finetune.loss import autocast, only_look
from elatbot_flows.training.finetune.preference import (
    PreferenceTuning,
    answer_log_likelihoods,
    preference_loss,
)
from elatbot_flows.training.finetune.processes import rank
from elatbot_flows.training.finetune.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.text.wire import Encoded

__all__ = ["PairRun"]

_REFERENCE = "reference.json"
"""File with what the model of the beginning thinks of both answers of each pair."""
_AT_ONCE = 16


@dataclass(frozen=True)
class _CodedPair(Coded):
    """A pair in tokens; `encoded` holds the better answer."""

    worse: Encoded

    def __len__(self) -> int:
        return max(len(self.encoded.input_ids), len(self.worse.input_ids))


class _Comparing(Careful):
    """Compares answers instead of learning one."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """Mean over pairs."""
        loss = _loss_of(model, inputs, self.run.settings.beta)  # type: ignore[attr-defined]
        return (loss, {}) if return_outputs else loss


@dataclass(frozen=True)
class PairRun(Run):
    """A training on pairs of answers; parameters as of `Run`."""

    objective = "preferences"
    careful = _Comparing
    settings: PreferenceTuning

    @classmethod
    def code(cls, tokenizer: Any, records: Sequence[TaskRecord], longest: int) -> CodedRecords:
        """Pairs in tokens; those with an answer that cannot be used are left out with its reason.

        Raises
        ------
        TrainingError
            If a record that is to be learned has no worse answer, or as `code_records`.
        """
        better = code_records(tokenizer, records, longest)
        pairs = [_swapped(record) for record in records if record.split != "test"]
        worse = code_records(tokenizer, pairs, longest)
        others = {one.record_id: one.encoded for found in worse.splits.values() for one in found}
        splits = {
            split: [
                _CodedPair(one.record_id, one.encoded, others[one.record_id])
                for one in found
                if one.record_id in others
            ]
            for split, found in better.splits.items()
        }
        return CodedRecords(splits, _together(better.dropped, worse.dropped))

    def prepare(self, model: Any) -> None:
        """Write down what the model thinks of all answers before its first step, once."""
        file = self.out / _REFERENCE
        if file.is_file():
            return
        pairs = [*self.coded.splits["train"], *self.coded.splits["validation"]]
        found: dict[str, list[float]] = {}
        for part, batch in self._batches(model, pairs, _Pairs(takes_places(model))):
            values = answer_log_likelihoods(model, batch).view(2, -1).T.tolist()
            found |= {one.record_id: value for one, value in zip(part, values, strict=True)}
        if rank() == 0:
            write_whole(file, json.dumps(found) + "\n")
        self.__dict__["reference"] = found

    @cached_property
    def reference(self) -> Mapping[str, Sequence[float]]:
        """Log-likelihoods of the better and the worse answer before the first step, by pair."""
        found: dict[str, list[float]] = json.loads((self.out / _REFERENCE).read_text())
        return found

    def loss(self, model: Any) -> float:
        """Mean loss of pairs, nats: ln 2 before the first step."""
        total = 0.0
        for part, batch in self._batches(model, self.looked_at, self.collator(model)):
            total += float(_loss_of(model, batch, self.settings.beta)) * len(part)
        return total / len(self.looked_at)

    def collator(self, model: Any) -> _Pairs:
        """How pairs are put side by side for a model."""
        return _Pairs(takes_places(model), self.reference)

    def _batches(
        self, model: Any, pairs: Sequence[Any], collator: _Pairs
    ) -> Iterator[tuple[Sequence[Any], dict[str, Any]]]:
        """Pairs and their tensors, while the model only looks."""
        import torch

        training = model.training
        only_look(model)
        size = min(self.settings.micro_batch or _AT_ONCE, _AT_ONCE)
        ordered = sorted(pairs, key=len)
        try:
            with torch.no_grad(), autocast(model.device.type, self.settings.computed_in):
                for start in range(0, len(ordered), size):
                    part = ordered[start : start + size]
                    batch = collator(part)
                    yield part, {name: v.to(model.device) for name, v in batch.items()}
        finally:
            model.train(training)


@dataclass(frozen=True)
class _Pairs:
    """Makes tensors of pairs: all better answers, then all worse ones."""

    takes_places: bool
    reference: Mapping[str, Sequence[float]] | None = None

    def __call__(self, pairs: Sequence[_CodedPair]) -> dict[str, Any]:
        import torch

        rows = [*pairs, *(Coded(pair.record_id, pair.worse) for pair in pairs)]
        made = Collator(answers_only=True)(rows)
        # The Trainer would take labels for tokens to divide by.
        del made["labels"]
        if not self.takes_places:
            made["places"] = made.pop("logits_to_keep")
        if self.reference is not None:
            values = [self.reference[pair.record_id] for pair in pairs]
            made["reference"] = torch.tensor(values, dtype=torch.float32)
        return made


def _loss_of(model: Any, batch: Mapping[str, Any], beta: float) -> Tensor:
    found = answer_log_likelihoods(model, batch).view(2, -1).T
    return preference_loss(found, batch["reference"], beta)


def _swapped(record: TaskRecord) -> TaskRecord:
    """A record with its worse answer."""
    if not isinstance(record, PreferenceRecord):
        raise TrainingError(
            f"record {record.record_id} has one answer, and two are to be compared: give pairs, or "
            "settings of FineTuning"
        )
    return record.model_copy(update={"answer": record.rejected})


_Dropped = dict[str, dict[str, list[str]]]


def _together(*parts: Mapping[str, Mapping[str, Sequence[str]]]) -> _Dropped:
    """All that was left out, each once."""
    found: _Dropped = {}
    known: set[str] = set()
    for part in parts:
        for split, reasons in part.items():
            for reason, ids in reasons.items():
                new = [one for one in ids if one not in known]
                known.update(new)
                if new:
                    found.setdefault(split, {}).setdefault(reason, []).extend(new)
    return found
