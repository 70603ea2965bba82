"""Where a text model runs and in which precision, told before anything is loaded."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    import torch

__all__ = ["DTYPES", "QUANTIZATIONS", "quantization_config", "require_device", "torch_dtype"]

DTYPES = ("float32", "bfloat16", "float16")
"""Floating point types that can be asked for."""
QUANTIZATIONS = ("8bit", "4bit")
"""Ways to load weights in fewer bits."""


def require_device(device: str) -> None:
    """Refuse a device that is not there.

    Parameters
    ----------
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"mps"``.

    Raises
    ------
    EngineError
        Naming what to give instead.
    """
    kind, _, index = device.partition(":")
    known = kind in ("cpu", "cuda", "mps")
    if not known or (":" in device and (kind != "cuda" or not index.isdecimal())):
        raise EngineError(f"unknown device {device!r}: give cpu, cuda, cuda:N or mps")
    if kind == "cpu":
        return
    torch = import_module("torch")
    backend = torch.cuda if kind == "cuda" else torch.backends.mps
    if not backend.is_available():
        raise EngineError(
            f"device {device} is not there: give device='cpu', or install PyTorch for this GPU and "
            "its driver"
        )
    if index and int(index) >= torch.cuda.device_count():
        raise EngineError(
            f"device {device} is not there: give cuda:0 to cuda:{torch.cuda.device_count() - 1}"
        )


def torch_dtype(dtype: str | None, device: str) -> torch.dtype | str:
    """Precision to compute in: single on a CPU unless asked, else that of the stored weights.

    Raises
    ------
    EngineError
        Naming what can be asked for.
    """
    if dtype is None:
        return import_module("torch").float32 if device == "cpu" else "auto"
    if dtype not in DTYPES:
        raise EngineError(f"unknown dtype {dtype!r}: give {', '.join(DTYPES)}, or leave it out")
    chosen: torch.dtype = getattr(import_module("torch"), dtype)
    return chosen


def quantization_config(quantization: str | None) -> Any:
    """Settings of transformers to load weights in fewer bits, None for all bits.

    Raises
    ------
    EngineError
        If bitsandbytes is not installed or cannot do it.
    """
    if quantization is None:
        return None
    if quantization not in QUANTIZATIONS:
        raise EngineError(
            f"unknown quantization {quantization!r}: give {' or '.join(QUANTIZATIONS)}, or leave "
            "it out"
        )
    if find_spec("bitsandbytes") is None:
        raise EngineError(
            "weights are quantised by bitsandbytes, which is not installed: pip install "
            "bitsandbytes, or leave quantization out"
        )
    torch, transformers = import_module("torch"), import_module("transformers")
    if quantization == "8bit":
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
