"""Learn which structure types formulas have: a metric of elements, and who votes for which.

::

    python -m elatbot_flows.training.wyckoff.kernel FOLDER --out DIR
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.crystals.geometry import predict_volume
from elatbot_flows.crystals.structure_types import METRIC, RECORD, TYPES, Metric
from elatbot_flows.errors import ElatbotError
from elatbot_flows.files import sha256_of
from elatbot_flows.text.wyckoff import words
from elatbot_flows.training.wyckoff.lessons import SEED, TEST, VALIDATION, lessons
from elatbot_flows.uncertainty.elements import ELEMENT_COLUMNS, element_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch
    from numpy.typing import NDArray

    from elatbot_flows.text.wyckoff.protostructure import Protostructure
    from elatbot_flows.training.wyckoff.lessons import Lesson

    Array = NDArray[np.float64]

__all__ = ["KernelSettings", "fit_metric", "lines_of", "release"]

_WEIGHTS = {
    "mendeleev_no": 2.0, "X": 1.5, "atomic_radius": 1.5, "molar_volume": 1.5, "group": 1.0,
    "row": 1.0, "metal": 1.0, "average_ionic_radius": 0.5,
}  # fmt: skip
"""What of an element counts at first; of everything else `_REST`. By general knowledge (Pettifor's
order, sizes, electronegativity), before any fit."""
_REST = 0.15
_STAND_INS = ("H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne")
"""Elements of types, which have none."""
_ALIKE = 0.06
"""Free parameters that differ by less, logarithms of ratios or fractions of the cell, are alike."""
_MIXED = 1e-3
"""Part of each probability that is the same for all types while the metric is fitted."""


@dataclass(frozen=True)
class KernelSettings:
    """How the metric is fitted.

    Parameters
    ----------
    width
        Distance, in the first metric, at which a compound has 1/e of the largest weight.
    floor
        First logarithm of the weight of compounds infinitely far away.
    differences
        First factor of the difference of the first element and another.
    steps, learning_rate
        Of Adam, each over all compounds.
    decay
        Penalty of the squared change of all numbers.
    """

    width: float = 1.5
    floor: float = -6.9
    differences: float = 0.3
    steps: int = 60
    learning_rate: float = 0.02
    decay: float = 1e-2


def fit_metric(found: Sequence[Lesson], settings: KernelSettings | None = None) -> Metric:
    """Fit where elements lie, so that compounds of a formula type are near if they share a type.

    The probability of each compound's type, as the others of its formula type tell it, is made as
    large as it can be; compounds of the same formula tell each other nothing.

    Parameters
    ----------
    found
        Compounds to learn from.
    settings
        None for the defaults.
    """
    import torch

    settings = settings or KernelSettings()
    _, table = element_table()
    known = torch.tensor((table - table.mean(axis=0)) / table.std(axis=0))
    first = torch.diag(
        torch.tensor([_WEIGHTS.get(name, _REST) / settings.width for name in ELEMENT_COLUMNS])
    ).double()
    change, own = torch.zeros_like(first), torch.zeros_like(known)
    # Distances are quadratic in the differences: from zero no step would ever lead away.
    differences = settings.differences * torch.eye(len(first), dtype=first.dtype)
    floor = torch.tensor(settings.floor).double()
    learned = [change, own, differences]
    for each in (*learned, floor):
        each.requires_grad_()
    groups = _groups(found)
    optimiser = torch.optim.Adam([*learned, floor], lr=settings.learning_rate)
    for _ in range(settings.steps):
        vectors = known @ (first + change) + own
        loss = _surprise(groups, vectors, differences, floor)
        loss = loss + settings.decay * sum((each**2).sum() for each in learned)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        vectors = known @ (first + change) + own
        return Metric(vectors.numpy(), differences.numpy(), float(floor))


def _groups(found: Iterable[Lesson]) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Elements, type and formula of the compounds of each formula type, as numbers."""
    import torch

    symbols = {symbol: place for place, symbol in enumerate(element_table()[0])}
    by_type = defaultdict(list)
    for lesson in found:
        atoms = [symbols[symbol] for symbol in lesson.crystal.elements]
        by_type[lesson.crystal.kind.formula_counts].append(
            (atoms, lesson.crystal.kind, lesson.formula)
        )
    groups = []
    for rows in by_type.values():
        elements, kinds, formulas = zip(*rows, strict=True)
        groups.append((torch.tensor(elements), _numbered(kinds), _numbered(formulas)))
    return groups


def _numbered(values: Iterable[object]) -> torch.Tensor:
    """Equal numbers for equal values."""
    import torch

    places: dict[object, int] = {}
    return torch.tensor([places.setdefault(value, len(places)) for value in values])


def _surprise(
    groups: Iterable[tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
    vectors: torch.Tensor,
    differences: torch.Tensor,
    floor: torch.Tensor,
) -> Any:
    """Mean of the negative logarithms of the probabilities of the compounds' types."""
    import torch

    total, number = vectors.new_zeros(()), 0
    for elements, kinds, formulas in groups:
        hidden = formulas[:, None] == formulas[None]
        asked = ~hidden.all(dim=1)
        if not asked.any():
            continue
        found = vectors[elements]
        places = torch.cat([found, (found[:, :1] - found[:, 1:]) @ differences], dim=1).flatten(1)
        squares = (places**2).sum(dim=1)
        distances = (squares[:, None] + squares[None] - 2 * places @ places.T).clamp(min=0)
        logs = torch.logaddexp(-distances, floor).masked_fill(hidden, -1e9)
        same = kinds[:, None] == kinds[None]
        right = torch.logsumexp(logs.masked_fill(~same, -1e9), dim=1) - torch.logsumexp(logs, dim=1)
        chances = (1 - _MIXED) * right.exp() + _MIXED / (int(kinds.max()) + 1)
        total = total - chances[asked].log().sum()
        number += int(asked.sum())
    return total / number


def lines_of(found: Iterable[Lesson]) -> list[str]:
    """Variants of types as `elatbot_flows.crystals.structure_types.StructureTypes` reads them.

    Compounds of a type whose free parameters are alike are one variant. Its parameters are those of
    the compound that is nearest to all others; its size is the geometric mean. Nothing else of a
    single compound is kept but which elements it has.
    """
    groups = defaultdict(list)
    for lesson in found:
        size = _size(lesson)
        if size is not None:
            groups[lesson.crystal.kind].append((lesson.crystal, size))
    return sorted(
        _line([members[place] for place in variant])
        for members in groups.values()
        for variant in _variants([crystal for crystal, _ in members])
    )


def _line(members: Sequence[tuple[Protostructure, float]]) -> str:
    crystals, sizes = zip(*members, strict=True)
    kind = crystals[0].kind
    medoid = crystals[int(_apart(crystals).sum(axis=1).argmin())]
    usual = words.render(replace(medoid, elements=_STAND_INS[: len(kind.counts)]))
    counts = " ".join(map(str, kind.formula_counts))
    voters = sorted({"-".join(crystal.elements) for crystal in crystals})
    size = float(np.exp(np.log(sizes).mean()))
    return f"{counts}|{size:.2f} {usual}|{' '.join(voters)}"


def _variants(crystals: Sequence[Protostructure]) -> list[list[int]]:
    """Places of crystals that are like the first of their variant."""
    apart, left = _apart(crystals), list(range(len(crystals)))
    found = []
    while left:
        first = max(left, key=lambda place: int((apart[place, left] < _ALIKE).sum()))
        near = [place for place in left if apart[first, place] < _ALIKE]
        found.append(near)
        left = [place for place in left if place not in near]
    return found


def _apart(crystals: Sequence[Protostructure]) -> Array:
    """Largest difference of free parameters: logarithms in the cell, fractions of it."""
    cells = np.log([crystal.lattice for crystal in crystals]).reshape(len(crystals), -1)
    free = np.array([sum(crystal.coordinates, ()) for crystal in crystals])
    free = free.reshape(len(crystals), -1)
    away = free[:, None] - free[None]
    both = np.concatenate([cells[:, None] - cells[None], away - np.round(away)], axis=2)
    return np.asarray(np.abs(both).max(axis=2, initial=0.0))


def _size(lesson: Lesson) -> float | None:
    """Volume over the predicted one; None where hundredths do not do for the crystal."""
    try:
        structure = lesson.crystal.structure()
        words.render(lesson.crystal)
    except ElatbotError:
        return None
    return float(lesson.volume * len(structure) / predict_volume(structure))


def release(found: Sequence[Lesson], out: Path, settings: KernelSettings | None = None) -> None:
    """Write metric, types and record of a training.

    Parameters
    ----------
    found
        All lessons; those for training and validation, by which the settings were chosen, are
        learned from.
    out
        Folder.
    settings
        None for the defaults.
    """
    settings = settings or KernelSettings()
    mine = [lesson for lesson in found if lesson.part != "test"]
    metric, lines = fit_metric(mine, settings), lines_of(mine)
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out / METRIC,
        vectors=metric.vectors.astype(np.float32),
        differences=metric.differences.astype(np.float32),
        floor=np.float32(metric.floor),
    )
    text = "".join(f"{line}\n" for line in lines).encode()
    (out / TYPES).write_bytes(gzip.compress(text, mtime=0))
    record = {
        "compounds": sum(len(line.split("|")[2].split()) for line in lines),
        "variants": len(lines),
        "types": len({line.partition(" sg")[2].partition(" /")[0] for line in lines}),
        "split": {"by": "reduced formula", "seed": SEED, "validation": VALIDATION, "test": TEST},
        "settings": asdict(settings),
        "lessons_sha256": hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest(),
        "sha256": {name: sha256_of(out / name) for name in (TYPES, METRIC)},
    }
    (out / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: fit and write."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.wyckoff.kernel", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)
    found, _ = lessons(options.folder)
    release(found, options.out)


if __name__ == "__main__":
    main()
