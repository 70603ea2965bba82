"""MatGL potentials (Ko et al., npj Comput. Mater. 11, 253 (2025)), by name or directory."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.placement import choose_dtype, torch_dtype
from elatbot_flows.potentials.weights import weights_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

    from elatbot_flows.potentials.base import Results

__all__ = ["EXAMPLES", "load", "matches"]

EXAMPLES = ("TensorNet-PES-MatPES-PBE-2025.2",)
_FILES = ("model.pt", "state.pt", "model.json")
_ARCHITECTURES = ("tensornet", "m3gnet", "chgnet-", "qet", "so3net", "grace")
_COMPUTED = ("energy", "free_energy", "forces", "stress")
_OUTDATED = "Incompatible model version"
"""How MatGL's warning begins: the weights mean something else in the installed version."""


def matches(name: str) -> bool:
    """Whether `name` is a directory, a Hugging Face id or a published MatGL name."""
    if Path(name).is_dir() or name.startswith((".", "/", "~")):
        return True
    return "/" in name or name.lower().startswith(_ARCHITECTURES)


def load(name: str, device: str, dtype: str | None) -> Potential:
    """Load a MatGL potential onto `device`, stresses in eV/A^3."""
    choose_dtype(name, dtype, ("float32", "float64"))
    path = Path(name).expanduser()
    if path.is_dir():
        _check_directory(path)
    elif name.startswith((".", "/", "~")):
        raise PotentialError(f"there is no directory {path}; give one that holds a MatGL model")
    model, warned = _model(str(path) if path.is_dir() else name)
    if any(message.startswith(_OUTDATED) for message in warned):
        raise PotentialError(
            f"MatGL model '{name}' was saved by an older MatGL and would silently give wrong "
            "numbers for compounds; give a model converted to, or trained with, the installed one"
        )
    sha256 = weights_sha256([model])
    model.to(device)
    if dtype is not None:
        model.to(torch_dtype(dtype))
    calculator = _calculator(model)
    return Potential(
        name=name,
        family=type(model.model).__name__,
        package="matgl",
        package_version=version("matgl"),
        elements=tuple(model.model.element_types),
        device=str(model.data_mean.device),
        dtype=str(model.data_mean.dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=sha256,
        training_functional=_functional(name),
        batch=None if model.calc_charge else lambda crystals: _evaluate(calculator, crystals),
    )


def _model(source: str) -> tuple[Any, list[str]]:
    """The model of a name or directory, and what MatGL warned of while loading it."""
    import matgl

    logging.getLogger("matgl").setLevel(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("always")
            _refuse_other_code(source)
            model = matgl.load_model(source)
    except Exception as error:
        raise PotentialError(
            f"MatGL model '{source}' cannot be loaded ({_cause(error)}); "
            "check name and network, or download it and give its directory"
        ) from error
    return model, [str(warning.message) for warning in warned]


def _refuse_other_code(source: str) -> None:
    """Refuse a model that names classes which are not MatGL's: it would call them."""
    import torch
    from matgl.utils.io import _get_file_paths

    from elatbot_flows.decoding import refuse_code

    files = _get_file_paths(Path(source), str_path=source)
    refuse_code(json.loads(Path(files["model.json"]).read_text(encoding="utf-8")), ("matgl",))
    parts = torch.load(files["model.pt"], map_location="cpu", weights_only=True)
    refuse_code(parts, ("matgl",))


def _cause(error: BaseException) -> str:
    """First line of what an error was caused by in the end; MatGL's own words hide it."""
    while error.__cause__ is not None:
        error = error.__cause__
    return next(iter(str(error).splitlines()), type(error).__name__)


def _calculator(model: Any) -> Any:
    """MatGL's calculator, with cells and positions in the precision of the model."""
    from matgl.ext.ase import PESCalculator

    calculator: Any = PESCalculator(model, stress_unit="eV/A3")
    # It also promises magnetic moments; a relaxer that asks for them causes an evaluation in vain.
    calculator.implemented_properties = list(_COMPUTED)
    calculator._atoms2graph = _ExactConverter(  # noqa: SLF001 - it has no public name
        calculator._atoms2graph,  # noqa: SLF001
        model.data_mean.dtype,
    )
    return calculator


@dataclass(frozen=True)
class _ExactConverter:
    """MatGL's conversion to graphs, without its rounding to float32 if the model is of float64."""

    converter: Any
    dtype: Any

    def get_graph(self, atoms: Atoms) -> tuple[Any, Any, Any]:
        return _exact(self.converter.get_graph(atoms), atoms, self.dtype)


def _exact(converted: tuple[Any, Any, Any], atoms: Atoms, dtype: Any) -> tuple[Any, Any, Any]:
    import torch

    graph, lattice, state = converted
    if dtype != torch.float64:
        return converted
    exact = torch.as_tensor(atoms.get_scaled_positions(wrap=False), dtype=dtype)
    rounded = graph.frac_coords.to(dtype).cpu()
    graph.frac_coords = exact + torch.round(rounded - exact)  # MatGL may have wrapped them
    return graph, torch.as_tensor(atoms.cell.array, dtype=dtype).reshape(lattice.shape), state


def _evaluate(calculator: Any, crystals: Sequence[Atoms]) -> list[Results]:
    """Energies (eV), forces (eV/A) and stresses (eV/A^3) of many crystals at once."""
    import torch
    from torch_geometric.data import Batch

    convert = calculator._atoms2graph.get_graph  # noqa: SLF001 - it has no public name
    graphs, lattices, states = zip(*(convert(atoms) for atoms in crystals), strict=True)
    state = torch.stack([torch.as_tensor(state) for state in states])
    lattice = torch.cat([lattice.reshape(1, 3, 3) for lattice in lattices])
    found = calculator.potential(Batch.from_data_list(list(graphs)), lattice, state)
    energies, forces, stresses = (part.detach().cpu().double() for part in found[:3])
    return [
        (energy.item(), force.numpy(), stress.numpy() * calculator.conversion_factor)
        for energy, force, stress in zip(
            energies.reshape(-1),
            forces.split([len(atoms) for atoms in crystals]),
            stresses.reshape(-1, 3, 3),
            strict=True,
        )
    ]


def _check_directory(path: Path) -> None:
    missing = [file for file in _FILES if not (path / file).is_file()]
    if missing:
        raise PotentialError(
            f"{path} is not a MatGL model: {', '.join(missing)} missing; a model directory holds "
            + ", ".join(_FILES)
        )


def _functional(name: str) -> str | None:
    """What the published names say of their training labels."""
    for word in ("MatPES-PBE", "MatPES-r2SCAN", "MatQ"):
        if word in name:
            return word.replace("-", ", ", 1) if word != "MatQ" else word
    return None
