"""Which materials are for training, validation and test.

By reduced formula, or by chemical system, one part holds all of it whatever the task; a hash
decides, so that further materials move none. The paper's rule is there to be compared with: it puts
polymorphs of one formula in several parts.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Protocol, get_args

import numpy as np

from elatbot_flows.documents.training import SplitName
from elatbot_flows.training.data.bulk_modulus import part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from elatbot_flows.documents.training import SplitRule

__all__ = ["PAPER_SEED", "Placed", "paper_split", "split_materials"]

PAPER_SEED = 42
"""Of the permutation that chose the paper's validation materials."""
_SHARE = 0.05
_TRAIN, _VALIDATION, _TEST = get_args(SplitName)


class Placed(Protocol):
    """What the rules look at."""

    material_id: str
    formula: str
    chemsys: str
    crystal_system: str | None
    on_hull: bool | None
    place: int
    origin: str


def split_materials(materials: Iterable[Placed], rule: SplitRule) -> dict[str, SplitName]:
    """Part of each material by its identifier.

    Parameters
    ----------
    materials
        All that are to be divided.
    rule
        How. The paper's shares are fixed, and only materials of the Materials Project are divided
        by it; all others are for training.
    """
    found = list(materials)
    if rule.name != "paper":
        return {each.material_id: _hashed(each, rule) for each in found}
    listed = sorted((m for m in found if m.on_hull is not None), key=_stable_first)
    parts = paper_split([m.crystal_system or "" for m in listed], seed=rule.seed)
    divided = {m.material_id: part for m, part in zip(listed, parts, strict=True)}
    return {each.material_id: divided.get(each.material_id, "train") for each in found}


def _stable_first(material: Placed) -> tuple[bool, int]:
    return not material.on_hull, material.place


def _hashed(material: Placed, rule: SplitRule) -> SplitName:
    key = material.formula if rule.name == "formula" else material.chemsys
    return part_of(key, seed=rule.seed, validation=rule.validation, test=rule.test)


def paper_split(systems: Sequence[str], seed: int = PAPER_SEED) -> list[SplitName]:
    """Divide as ElaTBot-DFT was.

    The first 5 % (rounded down) of each crystal system are for test. Of the others, 5 % (rounded
    up) are for validation: the first of a permutation by NumPy's default generator, as
    ``train_test_split(0.05, seed=42)`` of Hugging Face's datasets chooses them.

    Parameters
    ----------
    systems
        Crystal system of each material in the order of the list: on the hull first.
    seed
        Of the permutation.

    Returns
    -------
    list of str
        Part of each material.
    """
    left = {system: math.floor(_SHARE * count) for system, count in Counter(systems).items()}
    parts: list[SplitName] = [_TRAIN] * len(systems)
    for place, system in enumerate(systems):
        if left[system] > 0:
            left[system] -= 1
            parts[place] = _TEST
    rest = [place for place, part in enumerate(parts) if part != _TEST]
    chosen = np.random.default_rng(seed).permutation(len(rest))[: math.ceil(_SHARE * len(rest))]
    for place in chosen:
        parts[rest[place]] = _VALIDATION
    return parts
