"""Crystals with known moduli, how they are divided, and everything that was said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Composition, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from elatbot_flows.training.calibration.calibrate import JudgedMaterial
from elatbot_flows.training.calibration.composition import KnownComposition
from elatbot_flows.training.data.binaries import CrystalRow, load_crystals
from elatbot_flows.training.data.bulk_modulus import formula_hash
from elatbot_flows.training.data.json_lines import read_json_lines
from elatbot_flows.uncertainty.elements import shares_of
from elatbot_flows.uncertainty.kinds import material_kind
from elatbot_flows.uncertainty.opinions import Opinion

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.engines.mini.generator import Generator

BINARIES = "binary_moduli_with_structures.jsonl.gz"
TENSORS = "elastic_tensors_0K.jsonl.gz"
TEXT = "elatbot-mini"
MOST_SITES = 12
SMALLEST_MODULUS = 0.1
"""GPa; less is no modulus of a solid."""


@dataclass(frozen=True)
class Case:
    """One crystal, its labels, and everything that was said of it."""

    row: CrystalRow
    part: str
    novel: bool
    potentials: dict[str, dict]
    text: tuple[float, float] | None

    @property
    def shares(self) -> dict[str, float]:
        """Shares of atoms by symbol."""
        return shares_of(self.row.structure.composition)

    @property
    def binary(self) -> bool:
        """Whether it has two elements."""
        return len(self.shares) == 2

    @property
    def kind(self) -> str:
        """Kind of material."""
        return material_kind(self.shares)

    @property
    def volume(self) -> float:
        """Volume per atom (A^3) as the first potential relaxed it, else of the crystal given."""
        relaxed = [line.get("volume_per_atom") for line in self.potentials.values()]
        given = self.row.structure.volume / len(self.row.structure)
        return next((volume for volume in relaxed if volume), given)

    def opinions(self) -> dict[str, Opinion]:
        """By member; that of the text model only for formulas new to it."""
        found = {name: opinion_of_line(line) for name, line in self.potentials.items()}
        if self.text is not None and self.novel:
            found[TEXT] = Opinion(bulk_modulus=self.text[0], bulk_modulus_std=self.text[1])
        return {name: opinion for name, opinion in found.items() if opinion.says_something}

    def judged(self) -> JudgedMaterial:
        """What a calibration is fitted to."""
        labels = (self.row.bulk_modulus, self.row.shear_modulus)
        return JudgedMaterial(self.row.formula, self.shares, self.volume, *labels, self.opinions())


def opinion_of_line(line: dict) -> Opinion:
    if line["bulk_modulus"] is not None:
        return Opinion(line["bulk_modulus"], line["shear_modulus"])
    tensor = line.get("elastic_tensor")
    if tensor is None:
        return Opinion()
    return Opinion(bulk_modulus=float(np.array(tensor)[:3, :3].sum() / 9), failed=True)


def part(formula: str) -> str:
    """Half of the formulas to report, a quarter each for what were two steps of the fit."""
    if formula_hash(formula, salt="binary_moduli:") % 2 == 0:
        return "report"
    return "fit" if formula_hash(formula, salt="binary_moduli 2:") % 2 else "calibrate"


def crystals(folder: Path) -> list[CrystalRow]:
    """All that the potentials are asked about: up to `MOST_SITES` atoms."""
    found = (*binaries(folder), *beyond_binaries(folder))
    return [row for row in found if len(row.structure) <= MOST_SITES]


def binaries(folder: Path) -> list[CrystalRow]:
    return list(load_crystals(folder / BINARIES).rows)


def beyond_binaries(folder: Path) -> list[CrystalRow]:
    """Primitive cells of elements and of compounds of three elements or more."""
    found = (_of_tensor(record) for record in read_json_lines(folder / TENSORS))
    return [row for row in found if row is not None]


def known_compositions(folder: Path) -> list[KnownComposition]:
    """Everything that the composition model may learn from: no formula of the reported part."""
    rows = [_of_crystal(row) for row in (*binaries(folder), *beyond_binaries(folder))]
    return [row for row in rows if part(row.formula) != "report"]


def _of_crystal(row: CrystalRow) -> KnownComposition:
    shares = shares_of(row.structure.composition)
    volume = row.structure.volume / len(row.structure)
    return KnownComposition(row.formula, shares, volume, row.bulk_modulus, row.shear_modulus)


def _of_tensor(record: dict) -> CrystalRow | None:
    """A crystal that is no binary; None if it is one, or has no moduli."""
    composition = Composition(record["formula"])
    moduli = [record["moduli_GPa"][name] for name in ("K_H", "G_H")]
    sound = all(modulus is not None and modulus > SMALLEST_MODULUS for modulus in moduli)
    if len(composition) == 2 or not sound:
        return None
    cell = Structure(
        record["lattice"], record["species"], record["xyz"], coords_are_cartesian=True
    ).get_primitive_structure()
    return CrystalRow(record["material_id"], composition.reduced_formula, cell, *moduli)


def read_results(files: list[Path]) -> list[dict]:
    """All lines of those files that exist; one whose name ends in ``.gz`` is compressed."""
    return [line for file in files if file.is_file() for line in read_json_lines(file)]


def cases_of(rows: list[CrystalRow], lines: list[dict], generator: Generator) -> list[Case]:
    """All crystals that a potential was asked about, with what all members say."""
    found: dict[str, dict[str, dict]] = {}
    for line in lines:
        found.setdefault(line["source"], {})[line["potential"]] = line
    rows = [row for row in rows if row.source in found]
    known = set(generator.info.elements)
    readable = [row for row in rows if {e.symbol for e in row.structure.composition} <= known]
    texts = generator.predict_bulk_modulus([(row.formula, system(row)) for row in readable])
    text = dict(zip([row.source for row in readable], texts, strict=True))
    return [
        Case(
            row=row,
            part=part(row.formula),
            novel=generator.is_unseen(row.formula),
            potentials=found[row.source],
            text=text.get(row.source),
        )
        for row in rows
    ]


def system(row: CrystalRow) -> str:
    symmetry = SpacegroupAnalyzer(row.structure, symprec=0.1)
    return str(symmetry.get_crystal_system()).capitalize()
