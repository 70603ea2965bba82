"""The Trainer of transformers, set up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TrainingError
from elatbot_flows.files import write_whole
from elatbot_flows.training.finetune.careful import LOSS
from elatbot_flows.training.finetune.processes import world_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from elatbot_flows.training.finetune.meter import Meter
    from elatbot_flows.training.finetune.run import Run
    from elatbot_flows.training.finetune.settings import FineTuning

__all__ = [
    "PROGRESS",
    "looks_without_gain",
    "make_trainer",
    "micro_batch",
]

PROGRESS = "progress.json"
"""Where a training says how far it is."""
_LOG_EVERY = 10


def micro_batch(settings: FineTuning) -> tuple[int, int]:
    """Records at once on a device, and how often for a step.

    Raises
    ------
    TrainingError
        If a step cannot be divided so.
    """
    share, rest = divmod(settings.batch_size, world_size())
    size = min(settings.micro_batch or share, share)
    if rest or not size or share % size:
        raise TrainingError(
            f"a step of {settings.batch_size} records cannot be divided among {world_size()} "
            f"processes with {settings.micro_batch or 'all'} at once: change batch_size or "
            "micro_batch"
        )
    return size, share // size


def looks_without_gain(history: Sequence[dict[str, Any]]) -> int:
    """Looks at the validation records since the best one."""
    losses = [entry[LOSS] for entry in history if LOSS in entry]
    return len(losses) - 1 - losses.index(min(losses)) if losses else 0


def make_trainer(model: Any, run: Run, meter: Meter) -> Any:
    """A Trainer of transformers.

    Parameters
    ----------
    model
        To be trained.
    run
        What on, how, and where to; without validation records the last weights are kept.
    meter
        Counts what it takes.
    """
    from transformers import PrinterCallback, Trainer

    kind: Any = type("CarefulTrainer", (run.careful, Trainer), {})
    settings, splits = run.settings, run.coded.splits
    before = model.config.use_cache
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    trainer = kind(
        model=model,
        args=_arguments(run),
        train_dataset=list(splits["train"]),
        eval_dataset=list(splits["validation"]) or None,
        data_collator=run.collator(model),
        optimizers=(_optimizer(model, settings), None),
        callbacks=[_watcher(settings.patience, run.out / PROGRESS)],
    )
    trainer.remove_callback(PrinterCallback)
    model.config.use_cache = before  # it is saved with the weights
    trainer.run, trainer.meter = run, meter
    return trainer


def _arguments(run: Run) -> Any:
    from transformers import TrainingArguments

    settings, looks = run.settings, bool(run.coded.splits["validation"])
    size, rounds = micro_batch(settings)
    precision = settings.computed_in
    arguments = TrainingArguments(
        output_dir=str(run.checkpoints),
        per_device_train_batch_size=size,
        gradient_accumulation_steps=rounds,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        optim="adamw_torch",
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        eval_strategy="steps" if looks else "no",
        eval_steps=settings.eval_every,
        save_strategy="steps",
        save_steps=settings.eval_every,
        metric_for_best_model=LOSS if looks else None,
        greater_is_better=False if looks else None,
        logging_steps=min(_LOG_EVERY, settings.eval_every),
        logging_nan_inf_filter=False,
        seed=settings.seed,
        data_seed=settings.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=settings.on == "cuda",
        use_cpu=settings.on == "cpu",
        report_to=[],
        disable_tqdm=True,
    )
    # Several GPUs seen by one process would each get a whole batch: see accelerate launch.
    arguments._n_gpu = min(arguments.n_gpu, 1)  # noqa: SLF001 - there is no other way
    return arguments


def _optimizer(model: Any, settings: FineTuning) -> Any:
    """AdamW of LoRA+; None to leave it to the Trainer."""
    if settings.method != "lora+":
        return None
    from peft.optimizers import create_loraplus_optimizer
    from torch.optim import AdamW

    return create_loraplus_optimizer(
        model,
        AdamW,
        lr=settings.learning_rate,
        loraplus_lr_ratio=settings.ratio,
        loraplus_weight_decay=settings.weight_decay,
    )


def _watcher(patience: int | None, progress: Path) -> Any:
    from transformers import TrainerCallback

    class Watcher(TrainerCallback):  # type: ignore[misc]  # known when it is run
        """Stops when it is enough, and says how far it is, also at the end."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            control.should_log |= state.global_step >= state.max_steps

        def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            if patience and looks_without_gain(state.log_history) >= patience:
                control.should_training_stop = control.should_save = True

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            if state.is_world_process_zero and state.log_history:
                told = {"step": state.global_step, "of": state.max_steps}
                text = json.dumps(told | {"latest": state.log_history[-1]}, default=str)
                write_whole(progress, text + "\n")

    return Watcher()
