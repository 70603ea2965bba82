"""What a training must not leave to chance: losses that are numbers, checkpoints that are whole.

trl's SFTTrainer would add nothing to the Trainer of transformers here: records come in tokens,
packing must not change a loss, and cutting long records silently is what is to be avoided.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TrainingError
from elatbot_flows.training.finetune.checkpoints import checkpoint_at, rotate, seal
from elatbot_flows.training.finetune.processes import wait_for_all

if TYPE_CHECKING:
    from elatbot_flows.training.finetune.meter import Meter

__all__ = ["LOSS", "Careful"]

LOSS = "eval_loss"
"""What the Trainer calls the loss on the validation records."""


class Careful:
    """What is done differently than by the Trainer, which is the next class in line.

    `elatbot_flows.training.finetune.trainer.make_trainer` puts both together.
    """

    run: Any
    """The `elatbot_flows.training.finetune.run.Run`."""
    meter: Meter
    args: Any
    state: Any
    control: Any
    model: Any

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Without a cache, so that packed records do not see each other."""
        parent: Any = super()
        return parent.compute_loss(model, {**inputs, "use_cache": False}, *args, **kwargs)

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        """Stops where a loss is no number; the Trainer would go on, and log the mean before."""
        parent: Any = super()
        loss = parent.training_step(*args, **kwargs)
        if not math.isfinite(value := float(loss)):
            raise _broken(f"the loss is {value}", self.state.global_step + 1)
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Loss on the validation records, the mean over tokens; the Trainer's is over batches."""
        found = self.run.loss(self.model)
        if not math.isfinite(found):
            raise _broken(f"the loss on the validation records is {found}", self.state.global_step)
        metrics = {LOSS: found}
        parent: Any = self
        parent.log(metrics)
        self.control = parent.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        """Saves all or nothing, and takes the old away when the new is there."""
        parent: Any = super()
        self._require_numbers()
        folder = Path(self.args.output_dir)
        checkpoint = checkpoint_at(folder, self.state.global_step)
        try:
            parent._save_checkpoint(*args, **kwargs)  # noqa: SLF001 - that of the class above
            wait_for_all()  # each process writes a file of its own
            if self.args.should_save:
                seal(checkpoint, self.meter.cost())
                rotate(folder, self.state.best_global_step, self.run.settings.keep)
        except Exception as error:
            if not _means_no_room(error):
                raise
            shutil.rmtree(checkpoint, ignore_errors=True)
            raise TrainingError(
                f"{checkpoint} cannot be written ({' '.join(str(error).split())[:200]}): make "
                "room and start the same training again; it goes on from the checkpoint before"
            ) from error

    def _require_numbers(self) -> None:
        """Weights that are no numbers must not take the place of those that were."""
        for name, weights in self.model.named_parameters():
            if weights.requires_grad and not bool(weights.isfinite().all()):
                raise _broken(f"weights of {name} are no numbers", self.state.global_step)


def _broken(what: str, step: int) -> TrainingError:
    return TrainingError(
        f"{what} at step {step}: lower learning_rate or raise warmup_steps, or compute in bf16 or "
        "fp32 instead of fp16; checkpoints before it stay as they are"
    )


def _means_no_room(error: Exception) -> bool:
    """Whether files could not be written; libraries in C++ and Rust have errors of their own."""
    kind = type(error)
    return isinstance(error, OSError) or (
        kind.__name__ == "SafetensorError"
        or (kind is RuntimeError and ("inline_container" in str(error) or "write" in str(error)))
    )
