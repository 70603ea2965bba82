"""How far a network is from its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.units import GPA_PER_EV_A3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from elatbot_flows.training.potential.frames import Frame, Pair
    from elatbot_flows.training.potential.pupil import Pupil
    from elatbot_flows.training.potential.targets import Target

__all__ = ["Anchors", "far_losses", "pair_losses", "rest_energies"]

Anchors = dict[str, float]
"""Energy of each crystal at rest by the network before it was taught, eV, by source."""

# What counts as an error of size one, and the weight of each kind.
_STIFFNESS = (8.0, 0.08)
"""GPa, and share of the stiffness of the crystal."""
_SPRING = 3.0
"""Force that is not opposite on both sides over the length of the strain, eV/A."""
_REST_STRESS, _REST_FORCE, _REST_ENERGY = 1.5, 0.05, 0.02
"""GPa, eV/A, eV/atom."""
_FAR_STRESS, _FAR_FORCE, _FAR_ENERGY = 3.0, 0.15, 0.03
_WEIGHTS = {"stiffness": 1.0, "spring": 0.3, "stress": 0.3, "force": 0.2, "energy": 0.5}
_FAR_WEIGHT = 0.3


def rest_energies(pupil: Pupil, targets: Sequence[Target], size: int = 8) -> Anchors:
    """What the network says at rest before it is taught, so that its hulls stay as they were."""
    found: Anchors = {}
    for start in range(0, len(targets), size):
        chunk = targets[start : start + size]
        frames = [(each.structure, np.zeros(6 + 3 * len(each.structure))) for each in chunk]
        energies = pupil.evaluate(frames, teach=False).energies.detach().double().tolist()
        found |= dict(zip((each.label.source for each in chunk), energies, strict=True))
    return found


def pair_losses(pupil: Pupil, pairs: Sequence[Pair], anchors: Anchors, *, teach: bool) -> Tensor:
    """Loss of every pair.

    Half the difference of both sides is second derivatives, half the sum is what is left at rest.
    """
    import torch

    frames = [(pair.ahead.target.structure, pair.ahead.coordinates) for pair in pairs]
    said = pupil.evaluate([*frames, *((s, -x) for s, x in frames)], teach=teach)
    number, sites = len(pairs), [len(structure) for structure, _ in frames]
    volumes = _column([structure.volume / GPA_PER_EV_A3 for structure, _ in frames], said.energies)
    lengths = _column([pair.length for pair in pairs], said.energies)
    stiff = [_stiffness(pair.ahead.target) for pair in pairs]
    stiffness = _column([_STIFFNESS[0] + _STIFFNESS[1] * each for each in stiff], said.energies)
    ahead, behind = said.by_strain[:number], said.by_strain[number:]
    push, pull = said.by_displacement[: sum(sites)], said.by_displacement[sum(sites) :]
    wanted = torch.as_tensor(np.array([pair.ahead.gradient[:6] for pair in pairs]))
    strain = 0.5 * (ahead - behind) - wanted.to(ahead)
    wanted = torch.as_tensor(np.concatenate([p.ahead.gradient[6:] for p in pairs]).reshape(-1, 3))
    force = 0.5 * (push - pull) - wanted.to(push)
    per_atom = torch.repeat_interleave(lengths, torch.tensor(sites), 0)
    rest = [anchors[pair.ahead.target.label.source] + pair.ahead.energy for pair in pairs]
    energy = 0.5 * (said.energies[:number] + said.energies[number:]).double()
    energy = (energy - torch.tensor(rest)) / torch.tensor(sites)
    parts = {
        "stiffness": _huber(strain / volumes / lengths / stiffness).mean(1),
        "spring": _by_crystal(_huber(force / per_atom / _SPRING).mean(1), sites),
        "stress": _huber(0.5 * (ahead + behind) / volumes / _REST_STRESS).mean(1),
        "force": _by_crystal(_huber(0.5 * (push + pull) / _REST_FORCE).mean(1), sites),
        "energy": _huber(energy / _REST_ENERGY).to(ahead),
    }
    return torch.stack([_WEIGHTS[name] * part for name, part in parts.items()]).sum(0)


def far_losses(pupil: Pupil, frames: Sequence[Frame], anchors: Anchors, *, teach: bool) -> Tensor:
    """Loss of every frame far from rest."""
    import torch

    cells = [(frame.target.structure, frame.coordinates) for frame in frames]
    said = pupil.evaluate(cells, teach=teach)
    sites = [len(structure) for structure, _ in cells]
    volumes = _column([structure.volume / GPA_PER_EV_A3 for structure, _ in cells], said.energies)
    strain = said.by_strain - torch.as_tensor(np.array([f.gradient[:6] for f in frames])).to(
        said.by_strain
    )
    wanted = torch.as_tensor(np.concatenate([f.gradient[6:] for f in frames]).reshape(-1, 3))
    force = said.by_displacement - wanted.to(said.by_displacement)
    rest = [anchors[frame.target.label.source] + frame.energy for frame in frames]
    energy = (said.energies.double() - torch.tensor(rest)) / torch.tensor(sites)
    parts = [
        _huber(strain / volumes / _FAR_STRESS).mean(1),
        _by_crystal(_huber(force / _FAR_FORCE).mean(1), sites),
        _huber(energy / _FAR_ENERGY).to(strain),
    ]
    return _FAR_WEIGHT * torch.stack(parts).sum(0)


def _stiffness(target: Target) -> float:
    """Mean of the six stiffnesses of a crystal, GPa."""
    size = float(np.abs(np.linalg.eigvalsh(target.stiffness)).mean())
    return size / target.structure.volume * GPA_PER_EV_A3


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return like.new_tensor(values)[:, None]


def _huber(values: Tensor) -> Tensor:
    from torch.nn.functional import huber_loss

    return huber_loss(values, values.new_zeros(values.shape), reduction="none")


def _by_crystal(values: Tensor, sites: list[int]) -> Tensor:
    """Means over the atoms of each crystal."""
    import torch

    return torch.stack([part.mean() for part in values.split(sites)])
