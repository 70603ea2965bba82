"""Parts of a space group that a perturbation of the crystal may keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from elatbot_flows.elasticity.symmetry import CrystalSymmetry

__all__ = ["SignedSubgroup", "signed_subgroups"]


@dataclass(frozen=True)
class SignedSubgroup:
    """Operations of a group that take a direction to itself or to its opposite.

    Parameters
    ----------
    keeps
        Indices of the operations that take it to itself.
    turns
        Indices of those that take it to its opposite; where there is one, the gradient on one side
        tells that on the other.
    """

    keeps: tuple[int, ...]
    turns: tuple[int, ...]

    @property
    def sides(self) -> int:
        """Sides of a direction that have to be evaluated: 1 or 2."""
        return 1 if self.turns else 2

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean over the operations of something that each of the group has, with their signs.

        Parameters
        ----------
        values
            Shape (operations, ...).
        """
        total = values[list(self.keeps)].sum(axis=0) - values[list(self.turns)].sum(axis=0)
        return np.asarray(total / (len(self.keeps) + len(self.turns)))


def signed_subgroups(symmetry: CrystalSymmetry) -> list[SignedSubgroup]:
    """Subgroups that two operations with signs generate, one of those that turn into one another.

    They are the groups that leave some direction alone, each operation up to its sign, as far as
    two generators go; every point group but three has not more than that.

    Parameters
    ----------
    symmetry
        The space group.
    """
    table = _table(symmetry)
    order = len(table)
    identity = int(np.flatnonzero((table == np.arange(order)).all(axis=1))[0])
    signed = _signed(table)
    opposite = identity + order
    cyclic = {_closed(frozenset([k]), signed) for k in range(2 * order)}
    cyclic = {group for group in cyclic if opposite not in group}
    first = _representatives(cyclic, table, identity)
    pairs = {_closed(one | other, signed) for one in first for other in cyclic}
    return [
        SignedSubgroup(
            tuple(sorted(k for k in group if k < order)),
            tuple(sorted(k - order for k in group if k >= order)),
        )
        for group in _representatives({p for p in pairs if opposite not in p}, table, identity)
    ]


def _table(symmetry: CrystalSymmetry) -> NDArray[np.int_]:
    """Products of all pairs of operations, told apart by what they do to a general vector."""
    vector = np.random.default_rng(0).normal(size=symmetry.dimension)
    images = symmetry.matrices @ vector
    products = np.einsum("aij,bj->abi", symmetry.matrices, images)
    distances = np.linalg.norm(products[:, :, None, :] - images[None, None], axis=-1)
    return np.asarray(distances.argmin(axis=-1))


def _signed(table: NDArray[np.int_]) -> NDArray[np.int_]:
    """The table of the group times signs: operation k with a minus has number k + order."""
    order = len(table)
    return np.block([[table, table + order], [table + order, table]])


def _closed(members: frozenset[int], table: NDArray[np.int_]) -> frozenset[int]:
    """The group that some members generate."""
    found = np.array(sorted(members))
    while True:
        more = np.unique(np.concatenate([found, table[np.ix_(found, found)].ravel()]))
        if len(more) == len(found):
            return frozenset(found.tolist())
        found = more


def _representatives(
    groups: set[frozenset[int]], table: NDArray[np.int_], identity: int
) -> list[frozenset[int]]:
    """One group of each class of conjugate ones."""
    order = len(table)
    inverses = np.argmax(table == identity, axis=1)
    conjugated = [
        np.concatenate([turned, turned + order])
        for turned in (table[table[g], inverses[g]] for g in range(order))
    ]
    left, chosen = set(groups), []
    for group in sorted(groups, key=sorted):
        if group in left:
            chosen.append(group)
            members = sorted(group)
            left -= {frozenset(turned[members].tolist()) for turned in conjugated}
    return chosen
