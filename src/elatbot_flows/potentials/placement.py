"""Where a potential runs and in which precision, told before anything is loaded."""

from __future__ import annotations

from importlib import import_module

from elatbot_flows.errors import PotentialError

__all__ = ["DTYPES", "choose_dtype", "require_device", "torch_dtype"]

DTYPES = ("float32", "float64")
"""Floating point types that can be asked for."""


def require_device(device: str) -> None:
    """Refuse a device that is not there.

    Parameters
    ----------
    device
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``. Others, such as ``"mps"``, have no double precision
        or were never tried.

    Raises
    ------
    PotentialError
        Naming what to give instead.
    """
    if device == "cpu":
        return
    kind, _, index = device.partition(":")
    if kind != "cuda" or (":" in device and not index.isdecimal()):
        raise PotentialError(f"unknown device '{device}': give cpu, cuda or cuda:N")
    cuda = import_module("torch").cuda
    count = cuda.device_count() if cuda.is_available() else 0
    if count == 0:
        raise PotentialError(
            f"device {device} is not there: PyTorch finds no CUDA GPU; leave device at cpu, "
            "or install the driver and PyTorch's CUDA build"
        )
    if index and int(index) >= count:
        raise PotentialError(f"device {device} is not there: give cuda:0 to cuda:{count - 1}")


def choose_dtype(name: str, dtype: str | None, supported: tuple[str, ...]) -> str | None:
    """The wanted floating point type if a potential can do it, None if none is wanted.

    Raises
    ------
    PotentialError
        Naming the types that it can.
    """
    if dtype is not None and dtype not in supported:
        raise PotentialError(
            f"potential {name} cannot compute in {dtype}: leave dtype out, or give "
            + " or ".join(supported)
        )
    return dtype


def torch_dtype(name: str) -> object:
    """The type of PyTorch with this name, for example ``torch.float64``."""
    return getattr(import_module("torch"), name)
