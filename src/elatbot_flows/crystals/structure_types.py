"""Which structure types a formula probably has, by the types of compounds of similar elements.

Every compound that was learned from votes for its type with a weight that falls with the distance
of its elements from those asked for, slot by slot, in a space that was fitted so that compounds
are near where they share a type (neighbourhood components: J. Goldberger et al., NIPS 17 (2004)).
`elatbot_flows.training.wyckoff.kernel` fits it.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import StructureError
from elatbot_flows.files import sha256_of
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.protostructure import WyckoffType, slots_of
from elatbot_flows.uncertainty.elements import element_table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Composition

    from elatbot_flows.text.wyckoff.protostructure import Protostructure

    Array = NDArray[np.float64]

__all__ = ["FOLDER", "Likely", "Metric", "StructureTypes", "load_structure_types"]

FOLDER = Path(__file__).parents[1] / "weights" / "structure_types"
"""What ships with the package."""
TYPES, METRIC, RECORD = "types.txt.gz", "metric.npz", "record.json"
"""Files of such a folder."""


@dataclass(frozen=True)
class Metric:
    """Where elements lie.

    Parameters
    ----------
    vectors
        Shape ``(103, d)``, by atomic number.
    differences
        Shape ``(d, d)``: what becomes of the difference of the first element and another.
    floor
        Logarithm of the weight of compounds infinitely far away.
    """

    vectors: Array
    differences: Array
    floor: float

    def places(self, elements: NDArray[np.int64]) -> Array:
        """Points of compounds, shape ``(n, (2 * slots - 1) * d)``.

        Parameters
        ----------
        elements
            Atomic numbers less 1 by slot, shape ``(n, slots)``.
        """
        found = self.vectors[elements]
        others = (found[:, :1] - found[:, 1:]) @ self.differences
        return np.concatenate([found, others], axis=1).reshape(len(elements), -1)

    def weights(self, near: Array, far: Array) -> Array:
        """Logarithms of the weights of compounds at `far` for one at `near`."""
        distances = ((far - near) ** 2).sum(axis=1)
        return np.asarray(np.logaddexp(-distances, self.floor))


@dataclass(frozen=True)
class Likely:
    """A type that a formula may have.

    Parameters
    ----------
    kind
        Space group and occupied positions.
    units
        Formula units in the primitive cell.
    probability
        By what was learned; those of all types of a formula type sum to 1.
    like
        Elements of the compound of this type whose elements are most alike.
    text
        The variant of the type that this compound has, in words, with other elements and the free
        parameters that are usual for it.
    size
        Volume over the predicted one, as is usual for it.
    """

    kind: WyckoffType
    units: int
    probability: float
    like: tuple[str, ...]
    text: str
    size: float

    @property
    def label(self) -> str:
        """Space group, letters of the positions and elements of the compound, for people."""
        letters = "".join(letter for _, letter in self.kind.sites)
        return f"space group {self.kind.spacegroup}, {letters} as in {'-'.join(self.like)}"

    def crystal(self, elements: tuple[str, ...]) -> Protostructure:
        """The type with these elements."""
        found = words.parse(self.text)
        return type(found)(found.kind, elements, found.lattice, found.coordinates)


@dataclass(frozen=True)
class _Learned:
    """Types of one formula type, and the compounds that vote for their variants."""

    kinds: tuple[tuple[WyckoffType, int], ...]
    texts: tuple[str, ...]
    sizes: tuple[float, ...]
    kind_of: NDArray[np.int64]
    variant_of: NDArray[np.int64]
    names: tuple[tuple[str, ...], ...]
    places: Array


class StructureTypes:
    """Structure types that were learned, ranked for formulas.

    Parameters
    ----------
    metric
        Where elements lie.
    lines
        One variant of a type each, in three parts between bars: atoms of a formula unit; volume
        over the predicted one, and the crystal in words; elements of each compound that votes
        for it.
    """

    def __init__(self, metric: Metric, lines: list[str]) -> None:
        self.metric = metric
        self._lines: dict[tuple[int, ...], list[str]] = {}
        for line in lines:
            counts, rest = line.split("|", 1)
            self._lines.setdefault(tuple(map(int, counts.split())), []).append(rest)
        self._learned = cache(self._read)

    def _read(self, counts: tuple[int, ...]) -> _Learned:
        numbers = {symbol: place for place, symbol in enumerate(element_table()[0])}
        kinds: dict[tuple[WyckoffType, int], int] = {}
        texts, sizes = [], []
        kind_of: list[int] = []
        variant_of: list[int] = []
        names: list[tuple[str, ...]] = []
        for variant, line in enumerate(self._lines.get(counts, ())):
            usual, voters = line.split("|")
            size, text = usual.split(" ", 1)
            kind, units, _ = words.parse_type(text)
            voting = [tuple(name.split("-")) for name in voters.split()]
            kind_of += [kinds.setdefault((kind, units), len(kinds))] * len(voting)
            variant_of += [variant] * len(voting)
            names += voting
            texts.append(text)
            sizes.append(float(size))
        elements = np.array([[numbers[symbol] for symbol in name] for name in names])
        places = self.metric.places(elements.reshape(len(names), len(counts)))
        whom = (tuple(kinds), tuple(texts), tuple(sizes))
        return _Learned(*whom, np.array(kind_of), np.array(variant_of), tuple(names), places)

    def lines(self, counts: tuple[int, ...]) -> tuple[str, ...]:
        """What was learned of a formula type, such as ``(1, 3)``."""
        return tuple(self._lines.get(counts, ()))

    def compounds(self, composition: Composition) -> int:
        """How many compounds of the same formula type were learned from."""
        if not self.lines(_counts(composition)):
            return 0
        return len(self._learned(_counts(composition)).names)

    def likely(self, composition: Composition) -> list[Likely]:
        """Types that compounds of this formula type have, the most probable first.

        Parameters
        ----------
        composition
            Of a formula; its elements have to be among the first 103.

        Raises
        ------
        StructureError
            With reason ``"unknown_element_size"`` for a heavier element.
        """
        elements = slots_of(composition)
        if not self.compounds(composition):
            return []
        learned = self._learned(_counts(composition))
        known = {symbol: place for place, symbol in enumerate(element_table()[0])}
        if strange := [symbol for symbol in elements if symbol not in known]:
            raise StructureError(f"nothing is known of {strange[0]}", "unknown_element_size")
        here = self.metric.places(np.array([[known[symbol] for symbol in elements]]))
        logs = self.metric.weights(here, learned.places)
        return _ranked(learned, logs)


def _counts(composition: Composition) -> tuple[int, ...]:
    amounts = [round(composition[symbol]) for symbol in slots_of(composition)]
    return tuple(amount // gcd(*amounts) for amount in amounts)


def _ranked(learned: _Learned, logs: Array) -> list[Likely]:
    weights = np.exp(logs - logs.max())
    shares = np.bincount(learned.kind_of, weights, len(learned.kinds)) / weights.sum()
    found = []
    for number in np.argsort(-shares, kind="stable").tolist():
        own = np.flatnonzero(learned.kind_of == number)
        nearest = own[np.argmax(logs[own])]
        variant = learned.variant_of[nearest]
        kind, units = learned.kinds[number]
        text, size = learned.texts[variant], learned.sizes[variant]
        share, like = float(shares[number]), learned.names[nearest]
        found.append(Likely(kind, units, share, like, text, size))
    return found


@lru_cache(maxsize=2)
def load_structure_types(folder: Path = FOLDER) -> StructureTypes:
    """Read what was learned.

    Raises
    ------
    StructureError
        If a file is not the one that the record of the folder names.
    """
    record: dict[str, Any] = json.loads((folder / RECORD).read_text())
    for name, digest in record["sha256"].items():
        if sha256_of(folder / name) != digest:
            raise StructureError(
                f"{folder / name} is damaged; install the package again", "damaged"
            )
    arrays = np.load(folder / METRIC, allow_pickle=False)
    metric = Metric(arrays["vectors"], arrays["differences"], float(arrays["floor"]))
    text = gzip.decompress((folder / TYPES).read_bytes()).decode()
    return StructureTypes(metric, text.splitlines())
