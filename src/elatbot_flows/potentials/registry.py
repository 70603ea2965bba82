"""Potentials by name: one line per family, tried in order."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import chgnet, importable, matgl, sevennet

if TYPE_CHECKING:
    from elatbot_flows.potentials.base import Potential

__all__ = ["DEFAULT_POTENTIAL", "check_potential_name", "load_potential", "warm_up"]

DEFAULT_POTENTIAL = "7net-0"
"""SevenNet-0 (11 July 2024), whose weights come with the ``sevenn`` package."""


class Family(Protocol):
    """A module that loads one kind of potential."""

    @property
    def EXAMPLES(self) -> tuple[str, ...]:  # noqa: N802 - it is a constant of the module
        """Names to show when a name is unknown."""

    def matches(self, name: str) -> bool:
        """Whether this family answers to `name`."""

    def load(self, name: str, device: str) -> Potential:
        """Load it."""


FAMILIES: tuple[Family, ...] = (importable, sevennet, chgnet, matgl)
"""The families, the most particular names first."""


@lru_cache(maxsize=4)
def load_potential(name: str = DEFAULT_POTENTIAL, device: str = "cpu") -> Potential:
    """Load a potential once per process.

    Parameters
    ----------
    name
        A published name (``7net-0``, ``chgnet``, ``TensorNet-PES-MatPES-PBE-2025.2``), a local
        directory with a MatGL model, or ``module:Class`` of an ASE calculator.
    device
        Device for it, for example ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    PotentialError
        If no family knows the name or its weights cannot be loaded.
    """
    family = check_potential_name(name)
    try:
        return family.load(name, device)
    except ModuleNotFoundError as error:
        raise PotentialError(
            f"potential {name} needs the package {error.name}: pip install {error.name}"
        ) from error


def warm_up(name: str, device: str) -> None:
    """Load a potential for later; what goes wrong is told when it is used."""
    with contextlib.suppress(PotentialError):
        load_potential(name, device)


def check_potential_name(name: str) -> Family:
    """The family module that answers to `name`; loads nothing.

    Raises
    ------
    PotentialError
        If there is none.
    """
    for family in FAMILIES:
        if family.matches(name):
            return family
    examples = ", ".join(example for family in FAMILIES for example in family.EXAMPLES)
    raise PotentialError(
        f"unknown potential '{name}': give one of {examples}, or the directory of a MatGL model"
    )
