"""The trainings of the published adapters, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.training.finetune.settings import FineTuning

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A published training: how, and for which tasks of which dialect.

    Parameters
    ----------
    settings
        How.
    dialect, tasks
        What the records have to be.
    """

    settings: FineTuning
    dialect: str
    tasks: tuple[str, ...]


_DFT = (
    Task.TENSOR_FROM_STRUCTURE,
    Task.TENSOR_FROM_WORDS,
    Task.TENSOR_FROM_COMPOSITION,
    Task.TENSOR_FROM_FULL_TEXT,
)
PRESETS: Mapping[str, Preset] = {
    **{
        f"elatbot-dft-{number}": Preset(FineTuning(), "elatbot", (task,))
        for number, task in enumerate(_DFT, 1)
    },
    "elatbot": Preset(
        FineTuning(), "elatbot", (Task.TENSOR, Task.BULK_MODULUS, Task.INFILL, Task.GENERATION)
    ),
}
"""Published trainings by name. They differ in what they were taught, not in how. The originals
kept their last weights; here the best on the validation records are kept."""
