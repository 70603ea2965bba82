"""CHGNet (Deng et al., Nature Machine Intelligence 5, 1031 (2023)), from its own package."""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.placement import choose_dtype
from elatbot_flows.potentials.weights import weights_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

    from elatbot_flows.potentials.base import Results

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("chgnet",)
_MODELS = {
    "chgnet": ("0.3.0", "PBE(+U), MPtrj"),
    "chgnet-0.3.0": ("0.3.0", "PBE(+U), MPtrj"),
    "chgnet-r2scan": ("r2scan", "r2SCAN, Materials Project (transfer from MPtrj)"),
}
"""The models that come with the package: its own name for each, and the training labels."""


def matches(name: str) -> bool:
    """Whether `name` asks for a model that comes with the ``chgnet`` package."""
    return name.lower() in _MODELS


def load(name: str, device: str, dtype: str | None) -> Potential:
    """Load a pretrained CHGNet that comes with its package; it computes in float32 alone."""
    choose_dtype(name, dtype, ("float32",))
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet
    from pymatgen.core import Element

    model_name, functional = _MODELS[name.lower()]
    with contextlib.redirect_stdout(io.StringIO()):
        model = CHGNet.load(model_name=model_name, verbose=False, use_device=device)
        calculator = CHGNetCalculator(model, use_device=device, on_isolated_atoms="error")
    return Potential(
        name=name,
        family="CHGNet",
        package="chgnet",
        package_version=version("chgnet"),
        elements=tuple(Element.from_Z(z).symbol for z in range(1, 95) if z not in (84, 85)),
        device=str(calculator.device),
        dtype=str(next(model.parameters()).dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=weights_sha256([model]),
        training_functional=functional,
        batch=lambda crystals: _evaluate(model, crystals),
    )


def _evaluate(model: Any, crystals: Sequence[Atoms]) -> list[Results]:
    """Energies (eV), forces (eV/A) and stresses (eV/A^3) of many crystals at once."""
    import numpy as np
    from ase import units
    from pymatgen.io.ase import AseAtomsAdaptor

    graphs = [model.graph_converter(AseAtomsAdaptor.get_structure(atoms)) for atoms in crystals]
    found = model.predict_graph(graphs, task="efs", batch_size=len(graphs))
    found = [found] if len(graphs) == 1 else found
    return [
        (
            float(one["e"]) * (len(atoms) if model.is_intensive else 1),
            np.asarray(one["f"], dtype=float),
            np.asarray(one["s"], dtype=float) * units.GPa,
        )
        for one, atoms in zip(found, crystals, strict=True)
    ]
