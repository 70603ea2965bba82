"""How a text model is taught."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from monty.json import MSONable

from elatbot_flows.errors import TrainingError

__all__ = ["METHODS", "PRECISIONS", "FineTuning"]

METHODS = ("lora", "lora+", "qlora", "full", "scratch")
"""What learns: an adapter, an adapter whose second half learns faster, an adapter on weights of
four bits, all weights, or all weights from random ones."""
PRECISIONS = ("fp32", "bf16", "fp16")
"""What is computed in; weights that learn are always kept in single precision."""
_SCHEDULES = ("cosine", "linear", "constant_with_warmup")


@dataclass(frozen=True)
class FineTuning(MSONable):
    """How a text model is taught; the defaults are those of the published adapters.

    Parameters
    ----------
    method
        One of `METHODS`.
    rank, alpha
        Of the adapter.
    dropout
        Of the adapter; where all weights learn, of what attention and feed-forward blocks say.
    targets
        Names of the linear layers that get one, or ``"all-linear"`` for all but the output layer.
    ratio
        How much faster the matrices B of an adapter learn with ``"lora+"`` (Hayou et al. 2024,
        arXiv:2402.12354).
    learning_rate, schedule, warmup_steps, weight_decay, max_grad_norm
        Of AdamW; the schedule is ``"cosine"``, ``"linear"`` or ``"constant_with_warmup"``.
    epochs
        Passes over the records.
    batch_size
        Records in a step, whatever they are divided into.
    micro_batch
        Records computed at once on a device; None for all of a step. Smaller takes less memory and
        changes nothing but the last digits: the loss is the mean over the tokens of all answers.
    cutoff
        Most tokens of a record; longer ones are left out and counted, never cut.
    packing
        Let short records share a row with others, which saves padding and changes no loss.
    gradient_checkpointing
        Compute twice what would take memory.
    precision
        One of `PRECISIONS`; None for ``"bf16"`` on GPUs that have it, ``"fp16"`` on others,
        ``"fp32"`` on a CPU.
    eval_every
        Steps between looks at the validation records; a checkpoint is saved with each.
    patience
        Looks without a better loss after which it is enough; None to go on to the end.
    keep
        Checkpoints that stay, the best among them; at least 2, so that one is whole at any time.
    seed
        Of all chance: order of records, new weights, dropout.
    device
        ``"cpu"`` or ``"cuda"``; None for the GPU if there is one.

    Raises
    ------
    TrainingError
        If a setting is out of range.
    """

    method: str = "lora+"
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    ratio: float = 16.0
    learning_rate: float = 5e-5
    schedule: str = "cosine"
    warmup_steps: int = 20
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    epochs: float = 5.0
    batch_size: int = 12
    micro_batch: int | None = None
    cutoff: int = 4096
    packing: bool = False
    gradient_checkpointing: bool = False
    precision: str | None = None
    eval_every: int = 100
    patience: int | None = None
    keep: int = 2
    seed: int = 42
    device: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.targets, str):  # JSON has no tuples
            object.__setattr__(self, "targets", tuple(self.targets))
        for name, known in (
            ("method", METHODS), ("schedule", _SCHEDULES), ("precision", (None, *PRECISIONS)),
            ("device", (None, "cpu", "cuda")),
        ):  # fmt: skip
            if (value := getattr(self, name)) not in known:
                raise TrainingError(
                    f"{name} is {value!r}: choose from {', '.join(str(k) for k in known if k)}"
                )
        least = {
            "rank": 1, "alpha": 0, "dropout": 0, "ratio": 1, "learning_rate": 0, "warmup_steps": 0,
            "weight_decay": 0, "max_grad_norm": 0, "epochs": 0, "batch_size": 1, "micro_batch": 1,
            "cutoff": 2, "eval_every": 1, "patience": 1, "keep": 2, "seed": 0,
        }  # fmt: skip
        for name, low in least.items():
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, str) or not low <= value < math.inf:
                raise TrainingError(f"{name} is {value!r}: it must be a number of at least {low}")
        if self.dropout >= 1 or 0 in (self.epochs, self.learning_rate):
            raise TrainingError(
                f"epochs ({self.epochs}) and learning_rate ({self.learning_rate}) have to be above "
                f"0, dropout ({self.dropout}) below 1"
            )

    @property
    def adapts(self) -> bool:
        """Whether an adapter is trained, and the weights of the model stay as they are."""
        return self.method in ("lora", "lora+", "qlora")

    @property
    def on(self) -> str:
        """Device that it runs on.

        Raises
        ------
        TrainingError
            If it is not there.
        """
        there = import_module("torch").cuda.is_available()
        if self.device == "cuda" and not there:
            raise TrainingError("device is cuda, but there is no GPU: give cpu, or leave it out")
        return self.device or ("cuda" if there else "cpu")

    @property
    def computed_in(self) -> str:
        """Precision that is computed in, one of `PRECISIONS`.

        Raises
        ------
        TrainingError
            If the device cannot.
        """
        on = self.on
        if self.precision == "fp16" and on == "cpu":
            raise TrainingError("precision is fp16, which needs a GPU: give fp32 or bf16 on a CPU")
        if self.precision is not None:
            return self.precision
        if on == "cpu":
            return "fp32"
        return "bf16" if import_module("torch").cuda.is_bf16_supported() else "fp16"

    def check_packages(self) -> None:
        """Refuse a method whose package is missing.

        Raises
        ------
        TrainingError
            Naming the package.
        """
        if self.method == "qlora" and find_spec("bitsandbytes") is None:
            raise TrainingError(
                "qlora needs bitsandbytes: pip install 'elatbot_flows[quantized]', or train by lora"
            )
