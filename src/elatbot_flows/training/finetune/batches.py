"""Records side by side: padded, or several in a row where there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.text.wire import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.training.finetune.encoding import Coded

__all__ = ["Collator", "shared_rows"]

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
    """

    packing: bool = False

    def __call__(self, coded: Sequence[Coded]) -> dict[str, Any]:
        """Tensors of shape ``(rows, tokens)``.

        They are ``input_ids``, ``labels`` and what tells where to look: ``attention_mask`` or, for
        packed records, ``position_ids``.
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
        return {"input_ids": tokens, "labels": labels, **where}


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
