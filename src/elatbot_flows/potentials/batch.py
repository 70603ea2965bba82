"""Many crystals by one call of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.evaluation import energy_forces_stress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ase import Atoms
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential, Results

__all__ = ["evaluate_atoms", "evaluate_batch"]

_MAX_ATOMS = {"cpu": 48, "cuda": 2048}
"""Atoms per call. Larger calls are slower on a CPU (benchmarks/batched_evaluation.md)."""


def evaluate_batch(
    structures: Sequence[Structure], potential: Potential, *, max_atoms: int | None = None
) -> list[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    """Energy, forces and stress of each crystal.

    Families without batches (``potential.batch`` is None) evaluate one by one. Every crystal counts
    as one evaluation.

    Parameters
    ----------
    structures
        Ordered crystals of any sizes.
    potential
        The potential.
    max_atoms
        Atoms of all crystals that one call of the model may hold, at least one crystal; by default
        48 on a CPU and 2048 on a GPU.

    Returns
    -------
    list
        For each crystal the energy (eV per cell), forces ((n, 3), eV/A) and stress ((3, 3), GPa,
        positive under tension).

    Raises
    ------
    PotentialError
        If the potential does not know an element or gives numbers that are not finite.
    """
    from pymatgen.io.ase import AseAtomsAdaptor

    if potential.batch is None:
        return [energy_forces_stress(structure, potential) for structure in structures]
    potential.require({site.specie.symbol for structure in structures for site in structure})
    cells = [AseAtomsAdaptor.get_atoms(structure) for structure in structures]
    potential.evaluations += len(cells)
    return [_in_gpa(found, potential) for found in evaluate_atoms(cells, potential, max_atoms)]


def evaluate_atoms(
    cells: Sequence[Atoms], potential: Potential, max_atoms: int | None = None
) -> list[Results]:
    """What the model says of many cells, uncounted and unchecked, in ASE's units.

    Parameters
    ----------
    cells
        Of any sizes.
    potential
        One with batches.
    max_atoms
        See `evaluate_batch`.
    """
    assert potential.batch is not None  # noqa: S101 - for the type checker
    limit = max_atoms or potential.max_atoms or _MAX_ATOMS[potential.device.partition(":")[0]]
    return [found for chunk in _chunks(cells, limit) for found in potential.batch(chunk)]


def _chunks(cells: Sequence[Atoms], max_atoms: int) -> Iterator[list[Atoms]]:
    """Neighbouring cells together, as many as the limit allows."""
    chunk: list[Atoms] = []
    atoms = 0
    for cell in cells:
        if chunk and atoms + len(cell) > max_atoms:
            yield chunk
            chunk, atoms = [], 0
        chunk.append(cell)
        atoms += len(cell)
    if chunk:
        yield chunk


def _in_gpa(found: Results, potential: Potential) -> Results:
    energy, forces, stress = found
    if not (np.isfinite(energy) and np.isfinite(forces).all() and np.isfinite(stress).all()):
        raise PotentialError(f"potential {potential.name} gave numbers that are not finite")
    return energy, forces, stress * GPA_PER_EV_A3
