"""Alloys that ASE's effective medium theory knows, with moduli that are about those it gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pymatgen.core import Lattice, Structure

from elatbot_flows.training.potential.material import Lesson

if TYPE_CHECKING:
    from pathlib import Path

EMT = "ase.calculators.emt:EMT"
ALLOYS = {"AlPd": (3.17, 140, 60), "CuAu": (3.04, 150, 35), "AlAu": (3.17, 135, 60)}


def alloy_lessons() -> list[Lesson]:
    """Alloys in the B2 type with moduli, and a prototype without."""
    found = []
    for name, (edge, bulk, shear) in ALLOYS.items():
        lattice, symbols = Lattice.cubic(edge), [name[:2], name[2:]]
        crystal = Structure(lattice, symbols, [[0, 0, 0], [0.5, 0.5, 0.5]])
        found.append(Lesson(name, crystal.composition.reduced_formula, crystal, bulk, shear))
    return [*found, Lesson("cubic Cu", "Cu", Structure(Lattice.cubic(2.5), ["Cu"], [[0, 0, 0]]))]


def write_alloys(file: Path) -> str:
    """Write the alloys with moduli as JSON lines."""
    rows = [
        {
            "mp_id": lesson.source,
            "structure": lesson.structure.as_dict(),
            "bulk_modulus_vrh": lesson.bulk_modulus,
            "shear_modulus_vrh": lesson.shear_modulus,
        }
        for lesson in alloy_lessons()
        if lesson.bulk_modulus
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)
