"""How far a teaching is, and going on with one that was stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from elatbot_flows.training.potential.pupil import Pupil

__all__ = ["Epoch", "Progress", "go_on", "keep", "weights_of"]

_LAST = "last.pt"


@dataclass(frozen=True)
class Epoch:
    """How good an epoch was.

    Parameters
    ----------
    number
        From 1 on; 0 is the network before it was taught.
    training, validation
        Mean losses; validation by the averaged weights.
    """

    number: int
    training: float | None
    validation: float


@dataclass
class Progress:
    """What goes on from epoch to epoch.

    Parameters
    ----------
    pupil, optimizer
        The network and what changes it.
    average
        Averaged weights by name.
    curve
        Epochs so far.
    step
        Steps so far.
    """

    pupil: Pupil
    optimizer: Any
    average: dict[str, Tensor]
    curve: list[Epoch] = field(default_factory=list)
    step: int = 0


def weights_of(pupil: Pupil) -> dict[str, Tensor]:
    """A copy of the weights that are taught, by name."""
    return {name: one.detach().clone() for name, one in pupil.model.named_parameters()}


def keep(state: Progress, folder: Path, purpose: dict[str, Any]) -> None:
    """Write all that is needed to go on, whole or not at all."""
    import torch

    part = folder / f"{_LAST}.part"
    kept = {
        "purpose": purpose,
        "weights": weights_of(state.pupil),
        "average": state.average,
        "optimizer": state.optimizer.state_dict(),
        "curve": [asdict(epoch) for epoch in state.curve],
        "step": state.step,
    }
    torch.save(kept, part)
    part.replace(folder / _LAST)


def go_on(state: Progress, folder: Path, purpose: dict[str, Any]) -> None:
    """Take over the last whole epoch of a folder, if it has one.

    Raises
    ------
    ElatbotError
        If it is of another start, other settings or other crystals.
    """
    import torch

    if not (folder / _LAST).is_file():
        return
    kept = torch.load(folder / _LAST, weights_only=True)
    if kept["purpose"] != purpose:
        raise ElatbotError(f"{folder} is of another teaching: give another folder")
    state.pupil.model.load_state_dict(kept["weights"], strict=False)
    state.optimizer.load_state_dict(kept["optimizer"])
    state.average, state.step = kept["average"], kept["step"]
    state.curve = [Epoch(**epoch) for epoch in kept["curve"]]
