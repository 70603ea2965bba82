"""Potentials by name: one line per family, tried in order."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import chgnet, importable, mace, matgl, sevennet
from elatbot_flows.potentials.placement import DTYPES, require_device
from elatbot_flows.potentials.self_check import check_potential, is_switched_off

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

    def load(self, name: str, device: str, dtype: str | None) -> Potential:
        """Load it; the type None means its own."""


FAMILIES: tuple[Family, ...] = (importable, sevennet, chgnet, mace, matgl)
"""The families, the most particular names first."""


def load_potential(
    name: str = DEFAULT_POTENTIAL,
    device: str = "cpu",
    dtype: str | None = None,
    *,
    check: bool | None = None,
) -> Potential:
    """Load a potential, once per process, and check it by known crystals, once per checkpoint.

    Parameters
    ----------
    name
        A published name (``7net-0``, ``chgnet``, ``mace-mpa-0``,
        ``TensorNet-PES-MatPES-PBE-2025.2``), a Hugging Face id, a local directory with a MatGL
        model, a file of SevenNet (``.pth``) or MACE (``.model``), ``module:Class`` of an ASE
        calculator or ``module:function`` that returns one.
    device
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    dtype
        ``"float32"`` or ``"float64"``; None for the model's own. CHGNet has only float32.
    check
        Whether a checkpoint that was never checked on this machine must first be right about known
        crystals (see :mod:`elatbot_flows.potentials.self_check`, about one CPU second). None means
        yes, unless the environment variable ``ELATBOT_FLOWS_SELF_CHECK`` says ``off``.

    Raises
    ------
    PotentialError
        If no family knows the name, it cannot run on this device or in this type, its weights
        cannot be loaded, or it fails the check.
    """
    check_potential_name(name)
    require_device(device)
    if dtype is not None and dtype not in DTYPES:
        raise PotentialError(f"unknown dtype '{dtype}': give " + " or ".join(DTYPES))
    potential = _load_once(name, device, dtype)
    if potential.checked is False and (check or (check is None and not is_switched_off())):
        potential.checked = check_potential(potential)
    return potential


@lru_cache(maxsize=4)
def _load_once(name: str, device: str, dtype: str | None) -> Potential:
    try:
        return check_potential_name(name).load(name, device, dtype)
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
