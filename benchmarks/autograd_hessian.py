"""Second derivatives by automatic differentiation against finite differences of the gradient.

For MatGL models: the energy as a function of six strains and all displacements on a fixed
neighbour graph, differentiated twice in one batched call, against the symmetry-adapted finite
differences of this package at the same relaxed crystal. Usage::

    OMP_NUM_THREADS=1 python benchmarks/autograd_hessian.py --potential DIR --table FILE
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path
from typing import TYPE_CHECKING

from elastic_cost import crystals

if TYPE_CHECKING:
    import numpy as np

NAMES = ("Al", "Si", "NiAl", "Ni3Al", "Al3Ti D0_22", "FeB B27", "Al2Cu C16")


def second_derivatives(structure, potential, model) -> np.ndarray:
    """Hessian of the energy by (Mandel strain, displacement), shape (6 + 3 n, 6 + 3 n), eV, A."""
    import torch
    from pymatgen.io.ase import AseAtomsAdaptor

    calculator = potential.calculator
    graph, lattice, _ = calculator._atoms2graph.get_graph(  # noqa: SLF001
        AseAtomsAdaptor.get_atoms(structure)
    )
    lattice = torch.as_tensor(lattice, dtype=torch.float64).reshape(3, 3)
    fractional = graph.frac_coords.double()
    offsets = graph.pbc_offset.double()
    n = len(structure)

    def energy(x: torch.Tensor) -> torch.Tensor:
        shear = x[3:6] / 2**0.5
        rows = [
            torch.stack([x[0], shear[2], shear[1]]),
            torch.stack([shear[2], x[1], shear[0]]),
            torch.stack([shear[1], shear[0], x[2]]),
        ]
        stretch = torch.eye(3, dtype=torch.float64) + torch.stack(rows)
        g = copy.copy(graph)
        cell = lattice @ stretch
        g.lattice = cell.expand(offsets.shape[0], 3, 3)
        g.pbc_offset = offsets
        g.pbc_offshift = offsets @ cell
        g.pos = (fractional @ lattice + x[6:].reshape(n, 3)) @ stretch
        return model.data_std * model.model(g=g, state_attr=None).sum() + model.data_mean

    x = torch.zeros(6 + 3 * n, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x), x, create_graph=True)
    eye = torch.eye(len(x), dtype=torch.float64)
    (hessian,) = torch.autograd.grad(slope, x, eye, is_grads_batched=True)
    return hessian.numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--potential", required=True)
    parser.add_argument("--table", type=Path, required=True)
    args = parser.parse_args()
    import matgl
    import torch

    from elatbot_flows.elasticity import moduli_from_tensor
    from elatbot_flows.elasticity.response import response
    from elatbot_flows.elasticity.symmetry import crystal_symmetry, translation_free
    from elatbot_flows.elasticity.units import GPA_PER_EV_A3
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.potentials.linear_response import measure_response
    from elatbot_flows.potentials.validation import validate_crystal

    torch.set_num_threads(1)
    potential = load_potential(args.potential)
    model = matgl.load_model(args.potential).double().eval()
    made = crystals()
    head = (
        "| crystal (atoms) | finite differences: CPU s, evaluations, K/G | autograd: CPU s, K/G |"
    )
    lines = [head + " CPU ratio |", "|---|---|---|---|"]
    for name in ("Al", *NAMES):
        structure = validate_crystal(made[name], potential).structure
        before, start = potential.evaluations, time.process_time()
        ours = measure_response(structure, potential, crystal_symmetry(structure))
        middle = time.process_time()
        count = potential.evaluations - before
        free = translation_free(6 + 3 * len(structure))
        exact = free @ second_derivatives(structure, potential, model) @ free
        theirs = response(exact, structure.volume / GPA_PER_EV_A3)
        end = time.process_time()
        one, two = moduli_from_tensor(ours.relaxed), moduli_from_tensor(theirs.relaxed)
        lines.append(
            f"| {name} ({len(structure)}) | {middle - start:.2f}, {count}, "
            f"{one.bulk_modulus:.1f}/{one.shear_modulus:.1f} | {end - middle:.2f}, "
            f"{two.bulk_modulus:.1f}/{two.shear_modulus:.1f} | "
            f"{(end - middle) / (middle - start):.1f} |"
        )
        print(lines[-1], flush=True)
    del lines[2]  # the first one paid for first calls
    command = "OMP_NUM_THREADS=1 python benchmarks/autograd_hessian.py --potential "
    text = [f"Command: `{command}{Path(args.potential).name} --table FILE`", "", *lines, ""]
    args.table.write_text("\n".join(text))


if __name__ == "__main__":
    main()
