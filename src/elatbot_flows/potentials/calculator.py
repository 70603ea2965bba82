"""Our potentials as ASE calculators, for atomate2's own Makers and anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.potentials.registry import DEFAULT_POTENTIAL, load_potential

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

__all__ = ["load_calculator"]


def load_calculator(
    name: str = DEFAULT_POTENTIAL, device: str = "cpu", dtype: str | None = None
) -> Calculator:
    """The ASE calculator of a potential; see :func:`~elatbot_flows.potentials.load_potential`.

    Examples
    --------
    In any force field Maker of atomate2::

        ForceFieldRelaxMaker(
            force_field_name={
                "@module": "elatbot_flows.potentials.calculator",
                "@callable": "load_calculator",
            },
            calculator_kwargs={"name": "7net-0"},
        )
    """
    return load_potential(name, device, dtype).calculator
