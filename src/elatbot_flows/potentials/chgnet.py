"""CHGNet (Deng et al., Nature Machine Intelligence 5, 1031 (2023)), from its own package."""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import version
from pathlib import Path

from elatbot_flows.files import sha256_of
from elatbot_flows.potentials.base import Potential

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("chgnet",)


def matches(name: str) -> bool:
    """Whether `name` asks for the model that comes with the ``chgnet`` package."""
    return name.lower() == "chgnet"


def load(name: str, device: str) -> Potential:
    """Load the pretrained CHGNet that comes with its package."""
    import chgnet
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet
    from pymatgen.core import Element

    with contextlib.redirect_stdout(io.StringIO()):
        model = CHGNet.load(verbose=False, use_device=device)
        calculator = CHGNetCalculator(model, use_device=device, on_isolated_atoms="error")
    weights = sorted(Path(chgnet.__file__).parent.glob(f"pretrained/{model.version}/*.tar"))
    return Potential(
        name=name,
        family="CHGNet",
        package="chgnet",
        package_version=version("chgnet"),
        elements=tuple(Element.from_Z(z).symbol for z in range(1, 95) if z not in (84, 85)),
        device=str(calculator.device),
        dtype=str(next(model.parameters()).dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=sha256_of(weights[0]) if weights else None,
        training_functional="PBE(+U), MPtrj",
    )
