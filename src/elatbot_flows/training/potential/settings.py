"""How a potential is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass

from monty.json import MSONable

__all__ = ["TeachingSettings"]


@dataclass(frozen=True)
class TeachingSettings(MSONable):
    """How a potential is fine-tuned.

    Parameters
    ----------
    epochs
        Of `epoch_pairs` pairs each.
    epoch_pairs
        Pairs of frames in an epoch, each of a crystal drawn by its weight; all if there are fewer.
    batch_pairs
        Pairs in a step.
    learning_rate
        The highest; it rises for `warmup_steps` and falls with a cosine.
    warmup_steps
        Steps until the highest rate.
    average
        Share of the averaged weights that a step keeps; the averages are what is used.
    most_gradient
        Gradients of a longer norm are shortened to it.
    far_share
        Frames far from rest for each pair.
    magnetic_weight, prototype_weight
        How often crystals with elements that order magnetically, and prototypes without labels,
        are drawn compared with others.
    validation_pairs
        Pairs of crystals that are not learned from, which say after each epoch how good it was.
    patience
        Epochs without a better one after which teaching ends.
    seed
        Of all draws.
    threads
        Of torch.
    """

    epochs: int = 20
    epoch_pairs: int = 300
    batch_pairs: int = 4
    learning_rate: float = 2.5e-4
    warmup_steps: int = 40
    average: float = 0.99
    most_gradient: float = 1.0
    far_share: float = 0.125
    magnetic_weight: float = 2.0
    prototype_weight: float = 0.5
    validation_pairs: int = 64
    patience: int = 10
    seed: int = 0
    threads: int = 1
