"""Teaching: pairs of frames of some crystals at a time, until validation says it is best."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.potential.frames import draw_pairs, far_frame
from elatbot_flows.training.potential.loss import far_losses, pair_losses, rest_energies
from elatbot_flows.training.potential.progress import Epoch, Progress, go_on, keep, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor

    from elatbot_flows.training.potential.pupil import Pupil
    from elatbot_flows.training.potential.settings import TeachingSettings
    from elatbot_flows.training.potential.targets import Target

__all__ = ["BEST", "teach"]

BEST = "best.pth"


def teach(
    pupil: Pupil,
    train: Sequence[Target],
    validation: Sequence[Target],
    settings: TeachingSettings,
    folder: Path,
    tell: Callable[[Epoch], None] = lambda _: None,
) -> list[Epoch]:
    """Teach a network, and leave the best epoch's weights in ``folder/best.pth``.

    A folder with an unfinished teaching is gone on with from its last whole epoch, with the same
    draws as if it had never stopped.

    Raises
    ------
    ElatbotError
        If there is nothing to learn from or check by, the folder is of other settings or crystals,
        or the loss is not finite: the best weights until then stay.
    """
    import torch

    train, validation = ([t for t in ts if pupil.knows(t.structure)] for ts in (train, validation))
    for name, targets in (("train", train), ("validation", validation)):
        if not targets:
            raise ElatbotError(f"not one frame for {name}: the network knows none of the crystals")
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    anchors = rest_energies(pupil, [*train, *validation])
    checks = _checks(validation, settings)
    optimizer = torch.optim.Adam(pupil.parameters(), lr=settings.learning_rate)
    state = Progress(pupil, optimizer, weights_of(pupil))
    purpose = {"start": pupil.start, "settings": asdict(settings), "crystals": sorted(anchors)}
    go_on(state, folder, purpose)
    if not state.curve:
        state.curve.append(Epoch(0, None, _validate(pupil, checks, anchors)))
        tell(state.curve[0])
    while not _ended(state.curve, settings):
        number = len(state.curve)
        loss = _epoch(
            state, train, anchors, settings, np.random.default_rng([settings.seed, number])
        )
        own = weights_of(pupil)
        pupil.model.load_state_dict(state.average, strict=False)
        found = Epoch(number, loss, _finite(_validate(pupil, checks, anchors)))
        if found.validation < min(epoch.validation for epoch in state.curve):
            pupil.write(folder / BEST, pupil.model.state_dict())
        pupil.model.load_state_dict(own, strict=False)
        state.curve.append(found)
        keep(state, folder, purpose)
        tell(found)
    return state.curve


def _checks(validation: Sequence[Target], settings: TeachingSettings) -> list[Any]:
    """The same pairs after every epoch."""
    rng = np.random.default_rng([settings.seed, 2**31])
    order = rng.permutation(len(validation))[: settings.validation_pairs]
    return draw_pairs([validation[n] for n in order], rng)


def _epoch(
    state: Progress,
    train: Sequence[Target],
    anchors: dict[str, float],
    settings: TeachingSettings,
    rng: np.random.Generator,
) -> float:
    """Teach `epoch_pairs` pairs; the mean loss."""
    weights = np.array([_weight(target, settings) for target in train])
    number = min(settings.epoch_pairs, len(train))
    drawn = rng.choice(len(train), number, replace=False, p=weights / weights.sum())
    total = 0.0
    for start in range(0, number, settings.batch_pairs):
        chosen = [train[n] for n in drawn[start : start + settings.batch_pairs]]
        losses = pair_losses(state.pupil, draw_pairs(chosen, rng), anchors, teach=True)
        loss = losses.mean()
        far = [far_frame(target) for target in chosen if rng.random() < settings.far_share]
        if far:
            loss = loss + far_losses(state.pupil, far, anchors, teach=True).sum() / len(chosen)
        total += _finite(float(losses.detach().sum()))
        _step(state, loss, settings, math.ceil(number / settings.batch_pairs))
    return total / number


def _step(state: Progress, loss: Tensor, settings: TeachingSettings, per_epoch: int) -> None:
    import torch

    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    size = torch.nn.utils.clip_grad_norm_(state.pupil.parameters(), settings.most_gradient)
    _finite(float(size))
    state.step += 1
    rising = min(1.0, state.step / max(1, settings.warmup_steps))
    falling = 0.5 * (1 + math.cos(math.pi * state.step / (per_epoch * settings.epochs)))
    for group in state.optimizer.param_groups:
        group["lr"] = settings.learning_rate * rising * max(falling, 0.01)
    state.optimizer.step()
    kept = min(settings.average, state.step / (state.step + 10))
    with torch.no_grad():
        for name, weight in state.pupil.model.named_parameters():
            state.average[name].lerp_(weight.detach(), 1 - kept)


def _weight(target: Target, settings: TeachingSettings) -> float:
    weight = settings.magnetic_weight if target.label.magnetic else 1.0
    return weight * (settings.prototype_weight if target.label.bulk_modulus is None else 1.0)


def _validate(pupil: Pupil, checks: list[Any], anchors: dict[str, float]) -> float:
    chunks = [checks[n : n + 8] for n in range(0, len(checks), 8)]
    losses = [pair_losses(pupil, chunk, anchors, teach=False).detach() for chunk in chunks]
    return float(np.mean(np.concatenate([loss.numpy() for loss in losses])))


def _ended(curve: list[Epoch], settings: TeachingSettings) -> bool:
    best = min(curve, key=lambda epoch: epoch.validation).number
    return len(curve) > settings.epochs or len(curve) > best + settings.patience


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ElatbotError(
            "the loss is not finite: take a lower learning_rate; the best weights so far are kept"
        )
    return value
