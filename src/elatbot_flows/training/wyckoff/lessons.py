"""Crystals to learn types from: known crystals of a folder and the prototypes of the library."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.crystals.aflow import aflow_prototypes
from elatbot_flows.crystals.intermetallics import INTERMETALLICS
from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.training.data.binaries import load_crystals
from elatbot_flows.training.data.bulk_modulus import part_of
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymatgen.core import Structure

    from elatbot_flows.documents.training import SplitName
    from elatbot_flows.text.wyckoff.protostructure import Protostructure

__all__ = ["MOST_SITES", "SEED", "TEST", "VALIDATION", "Lesson", "lessons"]

MOST_SITES = 40
"""Largest primitive cell that is learned from."""
SEED, VALIDATION, TEST = 0, 0.06, 0.10
"""Of the division by reduced formula, `elatbot_flows.training.data.bulk_modulus.part_of`."""


@dataclass(frozen=True)
class Lesson:
    """A crystal in Wyckoff positions.

    Parameters
    ----------
    source
        ``"binaries"``, ``"tensors"`` or ``"prototypes"``.
    name
        Its identifier there.
    formula
        Reduced formula.
    part
        What it is used for; prototypes of formulas for validation or test are left out.
    crystal
        The crystal, free numbers in hundredths.
    volume
        A^3 per atom.
    """

    source: str
    name: str
    formula: str
    part: SplitName
    crystal: Protostructure
    volume: float


def lessons(folder: Path) -> tuple[list[Lesson], dict[str, int]]:
    """All crystals of a folder and of the library, and how many were left out, by reason.

    Parameters
    ----------
    folder
        With ``binary_moduli_with_structures.jsonl.gz`` and ``elastic_tensors_0K.jsonl.gz``.
    """
    found, dropped = [], Counter[str]()
    for source, name, structure in _crystals(folder):
        try:
            crystal = protostructure_of(structure)
        except ParseError as error:
            dropped[error.reason] += 1
            continue
        formula = structure.composition.reduced_formula
        part = part_of(formula, seed=SEED, validation=VALIDATION, test=TEST)
        if crystal.kind.primitive_sites > MOST_SITES:
            dropped["large_cell"] += 1
        elif source == "prototypes" and part != "train":
            dropped["prototype_of_held_out_formula"] += 1
        else:
            found.append(
                Lesson(source, name, formula, part, crystal, structure.volume / len(structure))
            )
    return found, dict(dropped)


def _crystals(folder: Path) -> Iterator[tuple[str, str, Structure]]:
    from pymatgen.core import Lattice, Structure

    binaries = folder / "binary_moduli_with_structures.jsonl.gz"
    for row in load_crystals(binaries).rows:
        yield "binaries", row.source, row.structure
    for raw in read_json_lines(folder / "elastic_tensors_0K.jsonl.gz"):
        lattice, species = Lattice(raw["lattice"]), raw["species"]
        crystal = Structure(lattice, species, raw["xyz"], coords_are_cartesian=True)
        yield "tensors", str(raw["material_id"]), crystal
    for label, structure in aflow_prototypes():
        yield "prototypes", label, structure
    for kind in INTERMETALLICS:
        yield "prototypes", kind.name, kind.primitive()
