"""The network that is taught: energies and gradients of many frames at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.symmetry import matrix_from_mandel
from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials import sevennet
from elatbot_flows.potentials.trainable import speed_up_training

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pymatgen.core import Structure
    from torch import Tensor

__all__ = ["Pupil", "Said"]

_MARGIN = 1.15
"""Neighbours are looked for this much beyond the cutoff, in which strained cells find theirs."""


@dataclass(frozen=True)
class Said:
    """What the network says of some frames.

    Parameters
    ----------
    energies
        eV, shape (frames,).
    by_strain
        Derivatives by Mandel strains, eV, shape (frames, 6).
    by_displacement
        Derivatives by displacements of all atoms of all frames, eV/A, shape (atoms, 3).
    """

    energies: Tensor
    by_strain: Tensor
    by_displacement: Tensor


class Pupil:
    """A SevenNet potential whose weights can be taught.

    Parameters
    ----------
    start
        A published SevenNet model trained on one data set, or a checkpoint file.

    Raises
    ------
    ElatbotError
        If it is no such model.
    """

    def __init__(self, start: str) -> None:
        if not sevennet.matches(start):
            raise ElatbotError(
                f"'{start}' cannot be fine-tuned: give a SevenNet model such as 7net-0 or "
                "7net-l3i5, or a checkpoint file of one (.pth)"
            )
        calculator = sevennet.open_calculator(start, "cpu")
        if calculator.modal:
            raise ElatbotError(f"'{start}' was trained on several data sets: give one of one")
        self.start = start
        self.model = calculator.model
        self.cutoff = float(calculator.cutoff)
        self.numbers = set(calculator.type_map)
        self.model.train()
        self.model.set_is_batch_data(True)
        speed_up_training(self.model)
        self._edges: dict[int, tuple[Structure, Any]] = {}

    def knows(self, structure: Structure) -> bool:
        """Whether it was trained on all elements of a crystal."""
        return {element.Z for element in structure.composition} <= self.numbers

    def parameters(self) -> list[Tensor]:
        """The weights that are taught."""
        return [one for one in self.model.parameters() if one.requires_grad]

    def evaluate(
        self, frames: Sequence[tuple[Structure, NDArray[np.float64]]], *, teach: bool
    ) -> Said:
        """Energies and gradients at coordinates of crystals (6 + 3 n,).

        Parameters
        ----------
        frames
            Crystals at rest, and strain and displacements of each.
        teach
            Whether derivatives by the weights will be asked for.
        """
        import sevenn._keys as key
        from torch_geometric.data import Batch

        stretches = [np.eye(3) + matrix_from_mandel(where[:6]) for _, where in frames]
        graphs = [
            self._graph(crystal, where[6:], stretch)
            for (crystal, where), stretch in zip(frames, stretches, strict=True)
        ]
        self.model.train(teach)
        output = self.model(Batch.from_data_list(graphs))
        volumes = [crystal.volume for crystal, _ in frames]
        return _said(
            output[key.PRED_TOTAL_ENERGY],
            output[key.PRED_FORCE],
            output[key.PRED_STRESS],
            np.array(stretches),
            np.array(volumes),
            [len(crystal) for crystal, _ in frames],
        )

    def _graph(
        self, crystal: Structure, moved: NDArray[np.float64], stretch: NDArray[np.float64]
    ) -> Any:
        from sevenn import _keys as key
        from sevenn.atom_graph_data import AtomGraphData
        from sevenn.util import dtype_correct

        fields = dict(self._fields(crystal))
        displacements = moved.reshape(-1, 3)
        to, source = fields[key.EDGE_IDX][1], fields[key.EDGE_IDX][0]
        edges = (fields[key.EDGE_VEC] + displacements[to] - displacements[source]) @ stretch.T
        near = np.linalg.norm(edges, axis=1) < self.cutoff
        fields[key.EDGE_IDX], fields[key.EDGE_VEC] = fields[key.EDGE_IDX][:, near], edges[near]
        fields[key.POS] = (fields[key.POS] + displacements) @ stretch.T
        fields[key.CELL_VOLUME] = fields[key.CELL_VOLUME] * np.linalg.det(stretch)
        return AtomGraphData(**{name: dtype_correct(value) for name, value in fields.items()})

    def _fields(self, crystal: Structure) -> dict[str, Any]:
        """The graph of the crystal at rest, made once."""
        from pymatgen.io.ase import AseAtomsAdaptor
        from sevenn import _keys as key
        from sevenn.train.dataload import unlabeled_atoms_to_graph

        if id(crystal) not in self._edges:
            atoms = AseAtomsAdaptor.get_atoms(crystal)
            fields = unlabeled_atoms_to_graph(atoms, self.cutoff * _MARGIN)
            fields.pop(key.INFO)
            self._edges[id(crystal)] = crystal, fields
        return dict(self._edges[id(crystal)][1])

    def write(self, path: Path, state: dict[str, Tensor]) -> None:
        """Write weights as a checkpoint that `load_potential` opens by its path."""
        import torch
        from sevenn import __version__
        from sevenn.util import load_checkpoint

        config = load_checkpoint(self.start).config | {"version": __version__}
        part = path.with_suffix(".part")
        torch.save({"config": config, "model_state_dict": state, "epoch": 0}, part)
        part.replace(path)


def _said(
    energies: Tensor,
    forces: Tensor,
    pressures: Tensor,
    stretches: NDArray[np.float64],
    volumes: NDArray[np.float64],
    sites: list[int],
) -> Said:
    """Gradients in the coordinates: volume times first Piola-Kirchhoff stress, and forces."""
    import torch

    like = forces.dtype
    stretch = torch.as_tensor(stretches, dtype=like)
    # Pressure-like sign and order xx yy zz xy yz zx.
    stress = -pressures[:, [0, 3, 5, 3, 1, 4, 5, 4, 2]].reshape(-1, 3, 3)
    piola = stress @ torch.as_tensor(np.linalg.inv(stretches), dtype=like).transpose(1, 2)
    size = torch.as_tensor(np.linalg.det(stretches) * volumes, dtype=like)
    piola = size[:, None, None] * 0.5 * (piola + piola.transpose(1, 2))
    root = 2.0**0.5
    shears = [root * piola[:, 1, 2], root * piola[:, 0, 2], root * piola[:, 0, 1]]
    by_strain = torch.stack([piola[:, 0, 0], piola[:, 1, 1], piola[:, 2, 2], *shears], 1)
    per_atom = stretch.repeat_interleave(torch.tensor(sites), 0)
    return Said(energies.flatten(), by_strain, -torch.einsum("ni,nij->nj", forces, per_atom))
