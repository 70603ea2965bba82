"""How competing phases are found and relaxed, and what counts as stable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from monty.json import MSONable

__all__ = ["HullSettings"]

_OF_THE_ANSWER = ("stable", "metastable", "noise", "same_energy", "prototypes", "largest_order")
"""Settings that change no energy and no choice of crystals of one formula."""


@dataclass(frozen=True)
class HullSettings(MSONable):
    """How competing phases are found and relaxed, and what counts as stable.

    Parameters
    ----------
    stable, metastable
        Largest distance to the hull that counts as stable and as metastable, eV/atom.
    noise
        Distances are only known up to this, eV/atom: what two relaxations of one crystal differ by.
    same_energy
        Phases that match the crystal asked about are that crystal if their energies differ by less
        than this, eV/atom.
    prototypes
        Whether to relax decorated prototypes of simple formulas as competing phases.
    largest_order
        Most elements in a formula of `prototypes`: 2 for binaries, 3 for ternaries too. The
        formula of the crystal asked about is always among them.
    max_guesses, max_relaxed
        Prototypes of a binary formula that are evaluated as built (half as many of others), and
        those of them that are relaxed, not counting large cells.
    max_sites, max_common_sites
        Largest primitive cell of a prototype; that of a type which is common among metals.
    reach
        A formula whose commonest prototypes lie further than this above the hull of its
        subsystems, eV/atom, is given up without trying the other prototypes.
    max_force, max_stress, max_steps
        Thresholds (eV/A, GPa) and length of relaxations. The error in the energy is quadratic in
        these and far below `noise`.
    symprec
        Symmetry tolerance, A.
    min_distance_ratio
        Smallest interatomic distance of a relaxed phase, over the sum of the atomic radii.
    """

    stable: float = 0.0
    metastable: float = 0.1
    noise: float = 0.001
    same_energy: float = 0.005
    prototypes: bool = True
    largest_order: int = 3
    max_guesses: int = 16
    max_relaxed: int = 3
    max_sites: int = 8
    max_common_sites: int = 16
    reach: float = 0.1
    max_force: float = 0.05
    max_stress: float = 0.8
    max_steps: int = 40
    symprec: float = 1e-2
    min_distance_ratio: float = 0.5

    def digest(self) -> str:
        """Hash of those settings that the energies of competing phases depend on."""
        fields = {k: v for k, v in asdict(self).items() if k not in _OF_THE_ANSWER}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]
