"""One model from several trainings, and how such a mean is chosen.

The mean of the weights of models that were taught from the same start is often better than any of
them (M. Wortsman et al., ICML 2022, arXiv:2203.05482). Which mean is taken is decided by validation
rows alone::

    python -m elatbot_flows.training.mini.averaging FOLDER RECORDS --held-out FILE --weights A B
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.mini.predictor import predict_moments
from elatbot_flows.text.compact import vocabulary
from elatbot_flows.training.data.records import read_records
from elatbot_flows.training.finetune.batches import Collator
from elatbot_flows.training.finetune.encoding import code_records
from elatbot_flows.training.finetune.loss import answer_loss
from elatbot_flows.training.mini.plan import build_tokenizer
from elatbot_flows.training.mini.rows import gather, part_in, tensors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import LlamaForCausalLM

    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.training.mini.rows import MiniRow

__all__ = ["average", "validation_scores"]

_AT_ONCE = 64


def average(folders: Sequence[Path]) -> LlamaForCausalLM:
    """Model with the mean weights of some, in evaluation mode.

    Parameters
    ----------
    folders
        Models of one shape; one that is named twice counts twice.
    """
    import torch
    from transformers import LlamaForCausalLM

    models = [LlamaForCausalLM.from_pretrained(each, dtype=torch.float32) for each in folders]
    mean, parts = models[0], [model.state_dict() for model in models]
    mean.load_state_dict(
        {name: torch.stack([part[name] for part in parts]).mean(dim=0) for name in parts[0]}
    )
    mean.eval()
    return mean


def validation_scores(
    model: LlamaForCausalLM, records: Sequence[TaskRecord], rows: Sequence[MiniRow]
) -> dict[str, float]:
    """Mean absolute errors of K and G (GPa), and nats per token of the answers to each task.

    What there is no row or record of is left out.

    Parameters
    ----------
    model
        In evaluation mode.
    records
        Validation records; others are passed over.
    rows
        Validation rows.
    """
    ids = {word: number for number, word in enumerate(vocabulary())}
    found = {}
    for what in ("bulk", "shear"):
        known = [row for row in rows if getattr(row, f"{what}_modulus") is not None]
        if not known:
            continue
        pairs = [(row.formula, row.crystal_system) for row in known]
        told = np.array([mean for mean, _ in predict_moments(model, ids, pairs, what)])
        truth = np.array([getattr(row, f"{what}_modulus") for row in known])
        found[f"{what}_mae"] = float(np.abs(told - truth).mean())
    tokenizer, longest = build_tokenizer(), model.config.max_position_embeddings
    mine = [record for record in records if record.split == "validation"]
    for task in sorted({record.task for record in mine}):
        coded = code_records(tokenizer, [r for r in mine if r.task == task], longest)
        kept = coded.splits["validation"]
        found[f"{task}_loss"] = answer_loss(model, kept, Collator(), _AT_ONCE, "fp32")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: print the scores of the mean of some weights."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.mini.averaging", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("records", type=Path, help="with validation records")
    parser.add_argument("--held-out", type=Path, help="formulas never to learn, one a line")
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="folders")
    options = parser.parse_args(arguments)
    held_out = set(options.held_out.read_text().split()) if options.held_out else set()
    tensors(options.folder, held_out)
    rows = [r for r in gather(options.folder) if part_in(r.formula, held_out) == "validation"]
    found = validation_scores(average(options.weights), read_records(options.records), rows)
    print(json.dumps(found, indent=1))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
