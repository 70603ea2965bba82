"""SevenNet potentials (Park et al., J. Chem. Theory Comput. 20, 4857 (2024))."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from pathlib import Path

from elatbot_flows.errors import PotentialError
from elatbot_flows.files import sha256_of
from elatbot_flows.potentials.base import Potential

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("7net-0",)


def matches(name: str) -> bool:
    """Whether `name` is a SevenNet model or checkpoint file."""
    return name.lower().startswith(("7net", "sevennet")) or name.endswith(".pth")


def load(name: str, device: str) -> Potential:
    """Load a published SevenNet model or a checkpoint file."""
    from pymatgen.core import Element
    from sevenn.calculator import SevenNetCalculator
    from sevenn.util import pretrained_name_to_path

    try:
        path = name if name.endswith(".pth") else pretrained_name_to_path(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calculator = SevenNetCalculator(path, device=device)
    except (OSError, ValueError, RuntimeError) as error:
        raise PotentialError(
            f"SevenNet model '{name}' cannot be loaded on {device} ({error}); "
            "7net-0 comes with the sevenn package and needs no download"
        ) from error
    atomic_numbers = sorted(calculator.type_map)
    return Potential(
        name=name,
        family="SevenNet",
        package="sevenn",
        package_version=version("sevenn"),
        elements=tuple(Element.from_Z(z).symbol for z in atomic_numbers),
        device=str(calculator.device),
        dtype=str(next(calculator.model.parameters()).dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=sha256_of(Path(path)),
        training_functional="PBE(+U), MPtrj" if name.startswith("7net-0") else None,
    )
