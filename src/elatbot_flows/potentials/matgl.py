"""MatGL potentials (Ko et al., npj Comput. Mater. 11, 253 (2025)), by name or directory."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from importlib.metadata import version
from pathlib import Path

from elatbot_flows.errors import PotentialError
from elatbot_flows.files import sha256_of
from elatbot_flows.potentials.base import Potential

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


def load(name: str, device: str) -> Potential:
    """Load a MatGL potential onto `device`, stresses in eV/A^3."""
    path = Path(name).expanduser()
    if path.is_dir():
        _check_directory(path)
    elif name.startswith((".", "/", "~")):
        raise PotentialError(f"there is no directory {path}; give one that holds a MatGL model")
    import matgl
    from matgl.ext.ase import PESCalculator

    logging.getLogger("matgl").setLevel(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("always")
            model = matgl.load_model(str(path) if path.is_dir() else name).to(device)
    except Exception as error:
        raise PotentialError(
            f"MatGL model '{name}' cannot be loaded ({str(error).splitlines()[0]}); "
            "check the name, or download it and give its directory"
        ) from error
    if any(str(warning.message).startswith(_OUTDATED) for warning in warned):
        raise PotentialError(
            f"MatGL model '{name}' was saved by an older MatGL and would silently give wrong "
            "numbers for compounds; give a model converted to, or trained with, the installed one"
        )
    calculator = PESCalculator(model, stress_unit="eV/A3")
    # It also promises magnetic moments; a relaxer that asks for them causes an evaluation in vain.
    calculator.implemented_properties = list(_COMPUTED)
    elements = tuple(model.model.element_types)
    return Potential(
        name=name,
        family=type(model.model).__name__,
        package="matgl",
        package_version=version("matgl"),
        elements=elements,
        device=str(next(model.parameters()).device),
        dtype=str(next(model.parameters()).dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=sha256_of(path / "state.pt") if path.is_dir() else None,
        training_functional=_functional(name),
    )


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
