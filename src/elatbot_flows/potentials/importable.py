"""Any ASE calculator by import path, ``module:Class``, made without arguments."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.base import Potential

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("ase.calculators.emt:EMT",)
_EMT_ELEMENTS = ("H", "C", "N", "O", "Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")


def matches(name: str) -> bool:
    """Whether `name` has the form ``module:Class``."""
    module, colon, cls = name.partition(":")
    return bool(colon) and module.replace(".", "_").isidentifier() and cls.isidentifier()


def load(name: str, device: str) -> Potential:
    """Import the class and make a calculator of it; only the CPU is promised."""
    from ase.calculators.calculator import Calculator

    module_name, _, class_name = name.partition(":")
    if device != "cpu":
        raise PotentialError(f"potential {name} takes no device: leave device at cpu, not {device}")
    try:
        calculator = getattr(import_module(module_name), class_name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise PotentialError(
            f"'{name}' is not an ASE calculator that can be made without arguments ({error})"
        ) from error
    if not isinstance(calculator, Calculator):
        raise PotentialError(f"'{name}' is not an ASE calculator: give the class of one")
    package = module_name.split(".")[0]
    try:
        package_version = version(package)
    except PackageNotFoundError:
        package_version = "unknown"
    return Potential(
        name=name,
        family=class_name,
        package=package,
        package_version=package_version,
        elements=_elements(calculator),
        device="cpu",
        dtype="float64",
        calculator=calculator,
    )


def _elements(calculator: object) -> tuple[str, ...]:
    """Supported elements, as the calculator tells them; all if it tells none."""
    from pymatgen.core import Element

    told = getattr(calculator, "supported_elements", None)
    if told:
        return tuple(told)
    if type(calculator).__name__ == "EMT":
        return _EMT_ELEMENTS
    return tuple(
        element.symbol for element in sorted(Element, key=lambda e: e.Z) if element.Z < 119
    )
