"""Records side by side: padded, or several in a row where there is room."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

from elatbot_flows.text.wire import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from elatbot_flows.training.finetune.encoding import Coded

__all__ = ["Collator", "shared_rows", "takes_places"]

_FILL = 0
"""Stands where nobody looks: it is masked and its label ignored, so that a tokenizer needs no
token for padding, and none is added that the model never saw."""


@dataclass(frozen=True)
class Collator:
    """Makes tensors of records.

    Parameters
    ----------
    packing
        Let short records share a row, as long as no row gets longer than the longest record.
        Each begins at place 0 anew, by which transformers tells them apart; that holds only
        without a cache, so none is used.
    answers_only
        Have scores computed only where some record has its answer, which saves the time and memory
        of most of them; see `takes_places`.
    """

    packing: bool = False
    answers_only: bool = False

    def __call__(self, coded: Sequence[Coded]) -> dict[str, Any]:
        """Tensors of shape ``(rows, tokens)``.

        They are ``input_ids``, ``labels`` and what tells where to look: ``attention_mask`` or, for
        packed records, ``position_ids``. With `answers_only` also ``logits_to_keep``, the
        places of scores, and ``shift_labels``, what follows on them.
        """
        import torch

        rows = shared_rows([len(one) for one in coded]) if self.packing else _alone(len(coded))
        width = max(sum(len(coded[place]) for place in row) for row in rows)
        shape = (len(rows), width)
        tokens = torch.full(shape, _FILL, dtype=torch.long)
        labels = torch.full(shape, IGNORED, dtype=torch.long)
        mask = torch.zeros(shape, dtype=torch.long)
        # What fills a row counts on as a record of its own.
        places = torch.zeros(shape, dtype=torch.long)
        for number, row in enumerate(rows):
            begin = 0
            for place in row:
                one = coded[place].encoded
                end = begin + len(one.input_ids)
                tokens[number, begin:end] = torch.tensor(one.input_ids)
                labels[number, begin:end] = torch.tensor(one.labels)
                mask[number, begin:end] = 1
                places[number, begin:end] = torch.arange(end - begin)
                begin = end
            places[number, begin:] = torch.arange(width - begin)
        where = {"position_ids": places} if self.packing else {"attention_mask": mask}
        made = {"input_ids": tokens, "labels": labels, **where}
        return made | _answers(labels) if self.answers_only else made


def takes_places(model: Any) -> bool:
    """Whether a model computes scores only at places that it is told; most of transformers do."""
    whole = getattr(model, "get_base_model", lambda: model)()
    return "logits_to_keep" in signature(whole.forward).parameters


def _answers(labels: Tensor) -> dict[str, Tensor]:
    """Places before tokens that some record learns, and the labels of what follows on them."""
    import torch

    following = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)
    places = (following != IGNORED).any(dim=0).nonzero()[:, 0]
    return {"logits_to_keep": places, "shift_labels": following[:, places].contiguous()}


def shared_rows(lengths: Sequence[int]) -> list[list[int]]:
    """Put lengths into few rows, none longer than the longest: first fit, the longest first.

    Examples
    --------
    >>> shared_rows([2, 5, 3])
    [[1], [2, 0]]
    """
    room = max(lengths)
    rows: list[list[int]] = []
    free: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        fitting = (n for n, left in enumerate(free) if left >= lengths[place])
        number = next(fitting, None)
        if number is None:
            rows.append([])
            free.append(room)
            number = len(rows) - 1
        rows[number].append(place)
        free[number] -= lengths[place]
    return rows


def _alone(count: int) -> list[list[int]]:
    return [[place] for place in range(count)]
