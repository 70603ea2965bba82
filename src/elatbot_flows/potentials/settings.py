"""How a crystal is relaxed and strained, and what is let through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monty.json import MSONable

__all__ = ["Method", "ValidationSettings"]

Method = Literal["linear_response", "finite_strain"]


@dataclass(frozen=True)
class ValidationSettings(MSONable):
    """How a crystal is relaxed and strained, and what is let through.

    Parameters
    ----------
    method
        ``"linear_response"`` (second derivatives at the minimum, no strained cell is relaxed) or
        ``"finite_strain"`` (atomate2's deformations and fit).
    max_force
        Convergence threshold of forces, eV/A.
    max_stress
        Convergence threshold of the stress, GPa.
    max_steps
        Steps after which a relaxation counts as not converged.
    symprec
        Symmetry tolerance, A.
    closest, farthest
        Allowed distance of every atom to its nearest neighbour, over the sum of their radii.
    softest_mode
        Smallest curvature along displacements that counts as stable, eV/A^2.
    max_asymmetry
        Largest relative asymmetry of the matrix of second derivatives (linear response). Smooth
        potentials stay below 0.004.
    follow
        How often a soft mode at the zone centre or an unstable strain may be followed downhill to
        a crystal of lower symmetry (linear response); 0 for never.
    supercell
        Also look for soft displacements in the primitive cell repeated this often along each
        axis, that is for phonons away from the zone centre; 1 for the zone centre alone.
    """

    method: Method = "linear_response"
    max_force: float = 1e-3
    max_stress: float = 0.05
    max_steps: int = 200
    symprec: float = 1e-2
    closest: float = 0.5
    farthest: float = 2.0
    softest_mode: float = 0.02
    max_asymmetry: float = 0.02
    follow: int = 2
    supercell: int = 1
