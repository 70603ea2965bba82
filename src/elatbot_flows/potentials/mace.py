"""MACE potentials (Batatia et al., NeurIPS 35, 11423 (2022); arXiv:2401.00096), if installed."""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.placement import choose_dtype
from elatbot_flows.potentials.weights import weights_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("mace-mpa-0",)
_PBE_U = "PBE(+U), "
_MODELS = {
    "mace-mp-0": ("medium", _PBE_U + "MPtrj"),
    "mace-mp-0-small": ("small", _PBE_U + "MPtrj"),
    "mace-mp-0-large": ("large", _PBE_U + "MPtrj"),
    "mace-mp-0b3": ("medium-0b3", _PBE_U + "MPtrj"),
    "mace-mpa-0": ("medium-mpa-0", _PBE_U + "MPtrj and sAlex"),
    "mace-omat-0": ("medium-omat-0", _PBE_U + "OMat24"),
    "mace-matpes-pbe-0": ("mace-matpes-pbe-0", "PBE, MatPES"),
    "mace-matpes-r2scan-0": ("mace-matpes-r2scan-0", "r2SCAN, MatPES"),
}
"""Published names, what ``mace_mp`` calls them, and the labels they were trained on."""


def matches(name: str) -> bool:
    """Whether `name` is a published MACE model or a model file of MACE."""
    return name.lower().startswith("mace-") or name.endswith(".model")


def load(name: str, device: str, dtype: str | None) -> Potential:
    """Load a MACE model, in double precision unless told otherwise.

    Double precision is what its authors advise for relaxations. A model with several heads is asked
    for with one of them, ``mace-mh-1:omat_pbe``.
    """
    choose_dtype(name, dtype, ("float32", "float64"))
    base, _, head = (name, "", "") if name.endswith(".model") else name.lower().partition(":")
    model_name, functional = _MODELS.get(base, (base.removeprefix("mace-"), None))
    options = {"device": device, "default_dtype": dtype or "float64"}
    if head:
        options["head"] = head
    calculator = _calculator(name, model_name, options)
    if head and head not in calculator.available_heads:
        raise PotentialError(
            f"MACE model {base} has no head '{head}': give one of "
            + ", ".join(calculator.available_heads)
        )
    from pymatgen.core import Element

    return Potential(
        name=name,
        family="MACE",
        package="mace-torch",
        package_version=_version(),
        elements=tuple(Element.from_Z(int(z)).symbol for z in sorted(calculator.z_table.zs)),
        device=str(calculator.device),
        dtype=str(calculator.default_dtype),
        calculator=calculator,
        weights_sha256=weights_sha256(calculator.models),
        training_functional=functional,
    )


def _calculator(name: str, model_name: str, options: dict[str, str]) -> Any:
    try:
        from mace.calculators import MACECalculator, mace_mp
    except ModuleNotFoundError as error:
        raise PotentialError(
            f"potential {name} needs MACE ({error.name} is missing): pip install mace-torch; where "
            "its version of e3nn and that of SevenNet disagree, in an environment of its own"
        ) from error
    is_file = name.endswith(".model")
    if is_file and not Path(name).expanduser().is_file():
        raise PotentialError(f"there is no file {name}; give one that holds a MACE model")
    try:
        with contextlib.redirect_stdout(io.StringIO()), _default_dtype_kept():
            if is_file:
                path = str(Path(name).expanduser())
                return MACECalculator(model_paths=path, **options)
            return mace_mp(model=model_name, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise PotentialError(
            f"MACE model '{name}' cannot be loaded ({error}); check the name, or download it and "
            "give its .model file"
        ) from error


@contextlib.contextmanager
def _default_dtype_kept() -> Iterator[None]:
    """Older MACE changes PyTorch's default type, which other models of this process rely on."""
    import torch

    before = torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _version() -> str:
    try:
        return version("mace-torch")
    except PackageNotFoundError:
        return "unknown"
