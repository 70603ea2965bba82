"""SevenNet potentials (Park et al., J. Chem. Theory Comput. 20, 4857 (2024))."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.convolution import speed_up
from elatbot_flows.potentials.placement import choose_dtype, torch_dtype
from elatbot_flows.potentials.weights import weights_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms
    from ase.calculators.calculator import Calculator

    from elatbot_flows.potentials.base import Results

__all__ = ["EXAMPLES", "load", "matches", "open_calculator"]

EXAMPLES = ("7net-0", "7net-l3i5")
_FUNCTIONALS = {
    "7net-0": "PBE(+U), MPtrj",
    "7net-l3i5": "PBE(+U), MPtrj",
    "7net-omat": "PBE(+U), OMat24",
    ":mpa": "PBE(+U), MPtrj and sAlex",
    ":omat24": "PBE(+U), OMat24",
    ":matpes_pbe": "PBE, MatPES",
    ":matpes_r2scan": "r2SCAN, MatPES",
}


def matches(name: str) -> bool:
    """Whether `name` is a SevenNet model or checkpoint file."""
    return name.lower().startswith(("7net", "sevennet")) or name.endswith(".pth")


def load(name: str, device: str, dtype: str | None) -> Potential:
    """Load a published SevenNet model or a checkpoint file.

    Models trained on several data sets are asked for with one of them, ``7net-mf-ompa:mpa``.
    """
    choose_dtype(name, dtype, ("float32", "float64"))
    calculator = open_calculator(name, device)
    model = calculator.model
    sha256 = weights_sha256([model])
    if dtype is not None:
        _convert(calculator, torch_dtype(dtype))
    if calculator.device.type == "cpu":
        speed_up(model)
    from pymatgen.core import Element

    return Potential(
        name=name,
        family="SevenNet",
        package="sevenn",
        package_version=version("sevenn"),
        elements=tuple(Element.from_Z(z).symbol for z in sorted(calculator.type_map)),
        device=str(calculator.device),
        dtype=str(next(model.parameters()).dtype).removeprefix("torch."),
        calculator=calculator,
        weights_sha256=sha256,
        training_functional=next((_FUNCTIONALS[end] for end in _FUNCTIONALS if end in name), None),
        batch=lambda crystals: _evaluate(calculator, crystals),
    )


def open_calculator(name: str, device: str) -> Any:
    """SevenNet's own calculator of a published model or checkpoint file.

    Raises
    ------
    PotentialError
        If it cannot be loaded.
    """
    from sevenn.calculator import SevenNetCalculator

    base, _, data = (name, "", "") if name.endswith(".pth") else name.partition(":")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calculator = SevenNetCalculator(base, device=device, modal=data or None)
    except (OSError, ValueError, RuntimeError) as error:
        remedy = (
            f"give the data set after a colon, {name}:mpa for example"
            if "modal" in str(error)
            else "7net-0 comes with the sevenn package and needs no download"
        )
        raise PotentialError(
            f"SevenNet model '{name}' cannot be loaded on {device} ({error}); {remedy}"
        ) from error
    if data and calculator.modal is None:
        raise PotentialError(
            f"SevenNet model {base} was trained on one data set: leave out ':{data}'"
        )
    return calculator


def _convert(calculator: Any, dtype: Any) -> None:
    """Let model and graphs have another floating point type than float32.

    The package knows float32 alone: it rounds positions to it, and its one-hot vectors have it.
    """
    from sevenn.nn.node_embedding import OnehotEmbedding

    def follow(embedding: Any, _: object, data: Any) -> Any:
        for key in (embedding.key_output, embedding.key_additional_output):
            if key is not None:
                data[key] = data[key].to(dtype)
        return data

    calculator.model.to(dtype)
    for module in calculator.model.modules():
        if isinstance(module, OnehotEmbedding):
            module.register_forward_hook(follow)

    def calculate(*args: Any, **kwargs: Any) -> None:
        _base_calculate(calculator, *args, **kwargs)
        (result,) = _evaluate(calculator, [calculator.atoms])
        energy, forces, stress = result
        voigt = stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        calculator.results = {"energy": energy, "free_energy": energy}
        calculator.results |= {"forces": forces, "stress": voigt}

    calculator.calculate = calculate


def _base_calculate(calculator: Calculator, *args: Any, **kwargs: Any) -> None:
    """What ASE does at the begin of every calculation: remember the atoms."""
    from ase.calculators.calculator import Calculator

    Calculator.calculate(calculator, *args, **kwargs)


def _evaluate(calculator: Any, crystals: Sequence[Atoms]) -> list[Results]:
    """Energies (eV), forces (eV/A) and stresses (eV/A^3) of many crystals at once."""
    import sevenn._keys as key
    from torch_geometric.data import Batch

    graphs = [_graph(calculator, atoms) for atoms in crystals]
    calculator.model.set_is_batch_data(True)
    try:
        output = calculator.model(Batch.from_data_list(graphs).to(calculator.device))
    finally:
        calculator.model.set_is_batch_data(False)
    found = [
        output[name].detach().cpu().double()
        for name in (key.PRED_TOTAL_ENERGY, key.PRED_FORCE, key.PRED_STRESS)
    ]
    forces = found[1].split([len(atoms) for atoms in crystals])
    # Pressure-like sign and order xx yy zz xy yz zx, where ASE has tension and yz xz xy.
    stresses = -found[2][:, [0, 3, 5, 3, 1, 4, 5, 4, 2]].reshape(-1, 3, 3)
    return [
        (energy.item(), force.numpy(), stress.numpy())
        for energy, force, stress in zip(found[0].flatten(), forces, stresses, strict=True)
    ]


def _graph(calculator: Any, atoms: Atoms) -> Any:
    from sevenn import _keys as key
    from sevenn.atom_graph_data import AtomGraphData
    from sevenn.train.dataload import unlabeled_atoms_to_graph
    from sevenn.util import dtype_correct

    dtype = next(calculator.model.parameters()).dtype
    fields = unlabeled_atoms_to_graph(atoms, calculator.cutoff)
    fields.pop(key.INFO)
    graph = AtomGraphData(
        **{name: dtype_correct(value, float_dtype=dtype) for name, value in fields.items()}
    )
    if calculator.modal:
        graph[key.DATA_MODALITY] = calculator.modal
    return graph
