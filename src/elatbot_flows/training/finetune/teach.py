"""Teach a text model: records and a base in, a folder that engines take up out."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from elatbot_flows.errors import TrainingError
from elatbot_flows.text.dialects import find_dialect
from elatbot_flows.training.data.records import records_sha256
from elatbot_flows.training.finetune.bases import context_length, find_base
from elatbot_flows.training.finetune.checkpoints import (
    checkpoint_at,
    cost_of,
    last_whole,
    state_of,
    sweep,
)
from elatbot_flows.training.finetune.claims import claimed, read_trained
from elatbot_flows.training.finetune.encoding import TOO_LONG, require_dialect
from elatbot_flows.training.finetune.loading import new_model, stored_model
from elatbot_flows.training.finetune.loss import check_packing
from elatbot_flows.training.finetune.meter import Meter
from elatbot_flows.training.finetune.outcome import conclude
from elatbot_flows.training.finetune.pairs import PairRun
from elatbot_flows.training.finetune.preference import PreferenceTuning
from elatbot_flows.training.finetune.processes import rank, wait_for_all
from elatbot_flows.training.finetune.run import Kept, Run
from elatbot_flows.training.finetune.settings import FineTuning
from elatbot_flows.training.finetune.trainer import (
    looks_without_gain,
    make_trainer,
    micro_batch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import TaskRecord, TrainedModel
    from elatbot_flows.training.finetune.bases import Base
    from elatbot_flows.training.finetune.encoding import CodedRecords

__all__ = ["fine_tune"]


def fine_tune(
    records: Sequence[TaskRecord], base: str, out: Path, settings: FineTuning | None = None
) -> TrainedModel:
    """Teach a text model, or go on where an interrupted training stopped.

    The same command again goes on from the last whole checkpoint, with the same order of records,
    and does nothing but return its document where all is done. Weights that were best on the
    validation records are kept; without such records, the last.

    Parameters
    ----------
    records
        Of one dialect. Those of the split ``"train"`` are learned, ``"validation"`` chooses.
    base
        Folder with a model and its tokenizer, or name on the Hugging Face hub; for ``"scratch"``
        a folder with configuration and tokenizer.
    out
        Folder for weights, card, document, curve and checkpoints. It has to be empty or hold the
        same training.
    settings
        How; None for the defaults. `PreferenceTuning` teaches which of two answers is better, from
        records that have both (`elatbot_flows.documents.PreferenceRecord`).

    Returns
    -------
    TrainedModel
        Also written to ``trained_model.json``.

    Raises
    ------
    TrainingError
        If there is nothing to train on, settings cannot be followed, the folder holds something
        else, a loss is no number or a disk is full. Checkpoints stay as they are.
    EngineError
        If the base cannot be loaded, or weights do not come back from the disk as they were.
    """
    settings, out = settings or FineTuning(), Path(out).resolve()
    settings.check_packages()
    precision = settings.computed_in
    dialect, _ = require_dialect(records)
    found = find_base(base, settings, find_dialect(dialect).template)
    micro_batch(settings)
    claim = {
        "base": found.sha256 or found.revision or found.name,
        "records": records_sha256(records),
        "dialect": dialect,
        "settings": {k: v for k, v in settings.as_dict().items() if k[0] != "@" and k != "device"},
        "precision": precision,
    }
    first = rank() == 0
    with claimed(out, claim) if first else contextlib.nullcontext():
        done = read_trained(out)
        if done is None:
            done = _train(records, found, out, settings)
    return done


def _train(
    records: Sequence[TaskRecord], base: Base, out: Path, settings: FineTuning
) -> TrainedModel:
    kind: Any = PairRun if isinstance(settings, PreferenceTuning) else Run
    run: Run = kind(records, _coded(kind, records, base, settings), base, out, settings)
    if rank() == 0:
        sweep(run.checkpoints)
    last = last_whole(run.checkpoints)
    meter = Meter(settings.on, cost_of(last))
    try:
        kept = _steps(run, last, meter)
        if rank() == 0:
            conclude(run, kept, meter.cost())
        wait_for_all()
    except OSError as error:
        if error.errno is None:
            raise
        raise TrainingError(
            f"{out} cannot be written ({error.strerror}): make room and start the same training "
            "again; it goes on from the last checkpoint"
        ) from error
    trained = read_trained(out)
    if trained is None:
        raise TrainingError(f"the first process did not finish in {out}: see its words")
    return trained


def _coded(
    kind: type[Run], records: Sequence[TaskRecord], base: Base, settings: FineTuning
) -> CodedRecords:
    """Records in tokens; refuses splits of which nothing is left."""
    context = context_length(base)
    longest = min(settings.cutoff, context or settings.cutoff)
    coded = kind.code(base.tokenizer, records, longest)
    for split in ("train", "validation"):
        dropped = coded.counts().get(split, {})
        if dropped and not coded.splits[split]:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
            remedy = (
                f": records may have {longest} tokens, by cutoff or the context of the model"
                if TOO_LONG in dropped
                else ""
            )
            raise TrainingError(f"no record of the split {split!r} can be used ({reasons}){remedy}")
    return coded


def _steps(run: Run, last: Path | None, meter: Meter) -> Kept:
    """Do all steps that are left; says which weights are kept."""
    settings, train = run.settings, run.coded.splits["train"]
    if last is not None and _is_over(last, settings):
        model = stored_model(run.base, settings, last)
    else:
        model = new_model(run.base, settings)
        run.prepare(model)
        if settings.packing:
            check_packing(model, train[: settings.batch_size], settings.computed_in)
        trainer = make_trainer(model, run, meter)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        del trainer
    last = cast("Path", last_whole(run.checkpoints))
    state = state_of(last)
    if run.coded.splits["validation"]:
        last, loss = checkpoint_at(run.checkpoints, state["best_global_step"]), state["best_metric"]
    else:
        loss = run.loss(model)
    del model
    gc.collect()
    return Kept(last, loss, state["global_step"], state["log_history"])


def _is_over(last: Path, settings: FineTuning) -> bool:
    """Whether a training was interrupted after its last step.

    The Trainer would do one more step where the epochs are not whole.
    """
    state = state_of(last)
    waited = looks_without_gain(state["log_history"])
    enough = settings.patience is not None and waited >= settings.patience
    return enough or state["global_step"] >= state["max_steps"]
