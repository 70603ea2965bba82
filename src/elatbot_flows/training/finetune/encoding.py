"""From training records to the tokens that a model is taught with, each record accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError, TrainingError
from elatbot_flows.text.dialects import find_dialect, formats_of
from elatbot_flows.text.elatbot_prompts import Prompt
from elatbot_flows.text.question import Question, Template, messages, write
from elatbot_flows.text.wire import IGNORED, Encoded, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from elatbot_flows.documents import TaskRecord

__all__ = ["TOO_LONG", "Coded", "CodedRecords", "code_records", "encode_record", "require_dialect"]

TOO_LONG = "too_long"
"""Reason of records that are longer than what may be learned from."""


@dataclass(frozen=True)
class Coded:
    """A record in tokens.

    Parameters
    ----------
    record_id
        Of the record.
    encoded
        Tokens and labels.
    """

    record_id: str
    encoded: Encoded

    def __len__(self) -> int:
        return len(self.encoded.input_ids)


@dataclass(frozen=True)
class CodedRecords:
    """Records in tokens by split, and those that were left out.

    Parameters
    ----------
    splits
        Records by split, in their order.
    dropped
        Identifiers of those left out, by split and reason: `TOO_LONG`, or a reason of `ParseError`.
    """

    splits: Mapping[str, Sequence[Coded]]
    dropped: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many were left out, by split and reason."""
        return {
            split: {reason: len(ids) for reason, ids in reasons.items()}
            for split, reasons in self.dropped.items()
        }


def require_dialect(records: Sequence[TaskRecord]) -> tuple[str, tuple[str, ...]]:
    """The dialect of all records, and their tasks, the commonest of the training rows first.

    Raises
    ------
    TrainingError
        If there are no records to train on, they have several dialects or an unknown task.
    """
    trained = [record for record in records if record.split == "train"]
    if not trained:
        raise TrainingError(
            f"there is nothing to train on: of {len(records)} records none is in the split 'train'"
        )
    names = sorted({record.dialect for record in records})
    if len(names) > 1:
        raise TrainingError(
            f"the records are worded in {len(names)} dialects ({', '.join(names)}): a model has "
            "one, so train one for each"
        )
    known = formats_of(names[0])
    if strange := sorted({record.task for record in records} - set(known)):
        raise TrainingError(
            f"{names[0]} has no task {strange[0]!r}: it knows {', '.join(sorted(known))}"
        )
    counted = Counter(record.task for record in trained)
    return names[0], tuple(sorted(counted, key=lambda task: (-counted[task], task)))


def encode_record(tokenizer: Any, record: TaskRecord, template: Template) -> Encoded:
    """Tokens of a record exactly as its question will be asked.

    Parameters
    ----------
    tokenizer
        Of the model.
    record
        Question and answer.
    template
        Of its dialect.

    Raises
    ------
    ParseError
        As `elatbot_flows.text.wire.encode`, and with reason ``"empty_question"``.
    """
    if template is Template.ELATBOT:
        return encode(tokenizer, Prompt(record.instruction, record.input), record.answer)
    if tokenizer.eos_token_id is None:
        raise ParseError(
            "the tokenizer has no token for the end of an answer: set its eos_token",
            reason="no_end_token",
        )
    asked = Question(record.instruction, record.input)
    if template is Template.CHAT:
        text = tokenizer.apply_chat_template(
            messages(asked), add_generation_prompt=True, tokenize=False
        )
    else:
        text = template.begin(tokenizer) + write(asked, template)
    question = tuple(tokenizer.encode(text, add_special_tokens=False))
    if not question:
        raise ParseError("the question has no text", reason="empty_question")
    answer = (*tokenizer.encode(record.answer, add_special_tokens=False), tokenizer.eos_token_id)
    return Encoded(question + answer, (IGNORED,) * len(question) + answer)


def code_records(tokenizer: Any, records: Iterable[TaskRecord], longest: int) -> CodedRecords:
    """Turn records into tokens; what cannot be learned from is left out with a reason.

    Parameters
    ----------
    tokenizer
        Of the model.
    records
        Of one dialect.
    longest
        Most tokens of question and answer with its end.

    Raises
    ------
    TrainingError
        If the tokenizer cannot end an answer.
    """
    splits: dict[str, list[Coded]] = {"train": [], "validation": [], "test": []}
    dropped: dict[str, dict[str, list[str]]] = {}
    for record in records:
        try:
            found = encode_record(tokenizer, record, find_dialect(record.dialect).template)
        except ParseError as error:
            if error.reason == "no_end_token":
                raise TrainingError(str(error)) from error
            reason: str | None = error.reason
        else:
            reason = TOO_LONG if len(found.input_ids) > longest else None
        if reason is None:
            splits[record.split].append(Coded(record.record_id, found))
        else:
            dropped.setdefault(record.split, {}).setdefault(reason, []).append(record.record_id)
    return CodedRecords(splits, dropped)
