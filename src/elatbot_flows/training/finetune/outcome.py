"""What a training leaves: weights, card, curve and document, looked at once more from the disk."""

from __future__ import annotations

import hashlib
import platform
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import TrainedModel
from elatbot_flows.engines.adapters import ADAPTER_FILES
from elatbot_flows.engines.model_card import ModelCard, hash_formulas, write_card
from elatbot_flows.engines.weights_files import weights_sha256
from elatbot_flows.errors import TrainingError
from elatbot_flows.text.alloy import parse_alloy
from elatbot_flows.training.data.records import records_sha256
from elatbot_flows.training.finetune.bases import known_elements, known_formulas
from elatbot_flows.training.finetune.claims import write_trained
from elatbot_flows.training.finetune.curve import CURVE, draw_curve, learning_curve
from elatbot_flows.training.finetune.encoding import require_dialect
from elatbot_flows.training.finetune.generators import stay_generator
from elatbot_flows.training.finetune.loading import stored_model
from elatbot_flows.training.finetune.loss import tolerance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.training.finetune.checkpoints import Cost
    from elatbot_flows.training.finetune.run import Kept, Run

__all__ = ["conclude"]

_PACKAGES = ("elatbot_flows", "torch", "transformers", "peft", "accelerate", "tokenizers")
_OPTIMIZER = ("optimizer", "scheduler", "rng_state", "scaler", "training_args", "trainer_state")


def conclude(run: Run, kept: Kept, cost: Cost) -> TrainedModel:
    """Put the weights that were kept into the folder of the training, and say what they are.

    Parameters
    ----------
    run, kept
        The training and what it kept.
    cost
        What it took.

    Returns
    -------
    TrainedModel
        Written last, so that a folder with it is complete.

    Raises
    ------
    TrainingError
        If the weights that were read back do not have the loss that they had.
    """
    _bring(run, kept.checkpoint)
    settings = run.settings
    model = stored_model(run.base, settings, run.out)
    found, sizes = run.loss(model), _sizes(run, model)
    del model
    if not abs(found - kept.loss) <= tolerance(run.settings.computed_in):
        raise TrainingError(
            f"the weights of {kept.checkpoint.name} had a loss of {kept.loss:.5f} and read back "
            f"from the disk {found:.5f}: what was saved is not what was trained; please report this"
        )
    card = _card(run)
    write_card(run.out, card)
    if settings.method == "full":
        stay_generator(run.base.name, run.out, card)
    step = int(kept.checkpoint.name.rpartition("-")[2])
    curve = learning_curve(kept.history)
    draw_curve(curve, step, run.out / CURVE, run.objective)
    return write_trained(
        TrainedModel(
            folder=str(run.out),
            model=run.base.name if settings.adapts else str(run.out),
            adapter=str(run.out) if settings.adapts else None,
            base=run.base.name,
            base_sha256=run.base.sha256,
            base_revision=run.base.revision,
            weights_sha256=weights_sha256(run.out),
            dialect=card.dialect,
            tasks=list(card.tasks),
            elements=list(card.elements or ()),
            method=settings.method,
            objective=run.objective,
            settings={k: v for k, v in settings.as_dict().items() if k[0] != "@"},
            data_sha256=records_sha256(run.records),
            split_sha256=_split_sha256(run.records),
            records={split: len(used) for split, used in run.coded.splits.items()},
            dropped=run.coded.counts(),
            formulas=len(hash_formulas(f for record in _learned(run) for f in record.formulas)),
            steps=kept.steps,
            best_step=step,
            best_loss=kept.loss,
            reloaded_loss=found,
            curve=curve,
            trained_parameters=sizes[0],
            parameters=sizes[1],
            device=settings.on,
            precision=settings.computed_in,
            versions={"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
            wall_seconds=cost.wall_seconds,
            cpu_seconds=cost.cpu_seconds,
            peak_memory_mb=cost.peak_memory_mb,
        )
    )


def _sizes(run: Run, model: Any) -> tuple[int, int]:
    """How many numbers learned, and how many there are."""
    of = {name: weights.numel() for name, weights in model.named_parameters()}
    learned = [n for name, n in of.items() if not run.settings.adapts or "lora_" in name]
    return sum(learned), sum(of.values())


def _bring(run: Run, checkpoint: Path) -> None:
    """Copy weights and their configuration; nothing that only a training needs."""
    if run.settings.adapts:
        for name in ADAPTER_FILES:
            shutil.copy(checkpoint / name, run.out / name)
        return
    for file in checkpoint.iterdir():
        if file.suffix in (".safetensors", ".json") and not file.stem.startswith(
            (*_OPTIMIZER, "whole")
        ):
            shutil.copy(file, run.out / file.name)
    run.base.tokenizer.save_pretrained(run.out)


def _card(run: Run) -> ModelCard:
    """What machines read beside the weights."""
    dialect, tasks = require_dialect(run.records)
    learned = _learned(run)
    own = [formula for record in learned for formula in record.formulas]
    told = [formula for r in learned if r.label != "guess" for formula in r.formulas]
    formulas, elements = (
        set(hash_formulas(told)),
        {e for formula in own for e in _elements(formula)},
    )
    if run.settings.method != "scratch":
        formulas |= set(known_formulas(run.base.name) or ())
        elements |= set(known_elements(run.base.name) or ())
    return ModelCard(
        dialect=dialect,
        tasks=tasks,
        elements=tuple(sorted(elements)),
        split={split: len(used) for split, used in run.coded.splits.items()}
        | {"sha256": _split_sha256(run.records)},
        data_sha256=records_sha256(run.records),
        training_formulas=tuple(sorted(formulas)),
    )


def _learned(run: Run) -> list[TaskRecord]:
    """Training records that were used."""
    used = {one.record_id for one in run.coded.splits["train"]}
    return [r for r in run.records if r.split == "train" and r.record_id in used]


def _elements(formula: str) -> Sequence[str]:
    return [element.symbol for element in parse_alloy(formula).elements]


def _split_sha256(records: Sequence[TaskRecord]) -> str:
    """Hash of which record is in which split."""
    lines = sorted(f"{record.record_id}\t{record.split}\n" for record in records)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
