"""Any ASE calculator by import path: ``module:Class``, or ``module:function`` that returns one."""

from __future__ import annotations

import contextlib
import inspect
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import PotentialError
from elatbot_flows.files import sha256_of
from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.weights import weights_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ase.calculators.calculator import Calculator

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("ase.calculators.emt:EMT",)
_EMT_ELEMENTS = ("H", "C", "N", "O", "Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")
_DTYPE_ARGUMENTS = ("dtype", "default_dtype")


def matches(name: str) -> bool:
    """Whether `name` has the form ``module:Class``."""
    module, colon, cls = name.partition(":")
    return bool(colon) and module.replace(".", "_").isidentifier() and cls.isidentifier()


def load(name: str, device: str, dtype: str | None) -> Potential:
    """Import a class or function and make a calculator of it.

    It is called without arguments but for those named ``device``, and ``dtype`` or
    ``default_dtype``, if it takes them.
    """
    module_name, _, maker_name = name.partition(":")
    try:
        maker = getattr(import_module(module_name), maker_name)
    except (ImportError, AttributeError) as error:
        raise PotentialError(f"'{name}' is not an ASE calculator: {error}") from error
    arguments = _arguments(name, maker, device, dtype)
    calculator = _call(name, maker, arguments)
    models = _torch_models(calculator)
    found = _dtype_of(models)
    if dtype not in (None, found):
        raise PotentialError(
            f"potential {name} computes in {found}, not in {dtype}, and takes no dtype: leave it "
            f"out, or give '{module_name}:function' with a function(dtype) of your own"
        )
    return Potential(
        name=name,
        family=type(calculator).__name__,
        package=module_name.partition(".")[0],
        package_version=_version(module_name),
        elements=_elements(calculator),
        device=str(next(models[0].parameters()).device)
        if models
        else arguments.get("device", "cpu"),
        dtype=found,
        calculator=calculator,
        weights_sha256=weights_sha256(models) if models else None,
    )


def _arguments(
    name: str, maker: Callable[..., object], device: str, dtype: str | None
) -> dict[str, str]:
    """What of device and dtype the class or function takes."""
    taken: Collection[str] = ()
    with contextlib.suppress(TypeError, ValueError):  # some compiled callables do not tell
        taken = inspect.signature(maker).parameters
    arguments = {"device": device} if "device" in taken else {}
    if not arguments and device != "cpu":
        raise PotentialError(
            f"potential {name} takes no device: leave device at cpu, not {device}, or give a "
            "function(device) of your own"
        )
    if dtype is not None:
        arguments |= {argument: dtype for argument in _DTYPE_ARGUMENTS if argument in taken}
    return arguments


def _call(name: str, maker: Callable[..., object], arguments: dict[str, str]) -> Calculator:
    from ase.calculators.calculator import BaseCalculator

    try:
        calculator: Any = maker(**arguments)
    except Exception as error:
        raise PotentialError(
            f"'{name}' is not an ASE calculator that can be made without arguments ({error}); "
            "give a function that makes it"
        ) from error
    if not (isinstance(calculator, BaseCalculator) and hasattr(calculator, "calculate")):
        raise PotentialError(
            f"'{name}' is not an ASE calculator: give the class of one, or a function that makes it"
        )
    return calculator  # type: ignore[return-value]


def _torch_models(calculator: object) -> list[Any]:
    """The networks of PyTorch that a calculator holds, in the order of its attributes."""
    torch = sys.modules.get("torch")
    if torch is None:
        return []
    held = vars(calculator).values()
    flat = [one for value in held for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if isinstance(one, torch.nn.Module) and list(one.parameters())]


def _dtype_of(models: list[Any]) -> str:
    if not models:
        return "float64"
    return str(next(models[0].parameters()).dtype).removeprefix("torch.")


def _version(module_name: str) -> str:
    """Version of the package; of a module of the user's own the hash of its source."""
    try:
        return version(module_name.partition(".")[0])
    except PackageNotFoundError:
        source = getattr(sys.modules[module_name], "__file__", None)
        return f"source {sha256_of(source)[:12]}" if source else "unknown"


def _elements(calculator: object) -> tuple[str, ...]:
    """Supported elements, as the calculator tells them; all if it tells none."""
    from pymatgen.core import Element

    for attribute in ("supported_elements", "element_types", "elements"):
        told = getattr(calculator, attribute, None)
        if told is not None and len(told) and all(Element.is_valid_symbol(one) for one in told):
            return tuple(sorted(map(str, told), key=lambda symbol: Element(symbol).Z))
    if type(calculator).__name__ == "EMT":
        return _EMT_ELEMENTS
    return tuple(
        element.symbol for element in sorted(Element, key=lambda e: e.Z) if element.Z < 119
    )
