"""What ``elatbot query`` prints and writes: a table, JSON, CSV, crystals."""

from __future__ import annotations

import csv
import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from elatbot_flows.cli.terminal import harmless, terminal
from elatbot_flows.decoding import DOCUMENTS, refuse_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Shape", "show_candidates", "show_counts"]

_COLUMNS = (
    *("candidate_id", "formula", "chemsys", "spacegroup_number", "nsites", "status", "reason"),
    *("verdict", "probability", "bulk_modulus", "shear_modulus", "youngs_modulus"),
    *("poisson_ratio", "pugh_ratio", "disagreement", "energy_above_hull", "density", "unseen"),
    *("kind", "run_id", "last_updated"),
)
"""Of CSV; units as in the documents: GPa, eV/atom, g/cm^3."""
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t")
"""What makes a spreadsheet compute a cell."""
_LONGEST_NAME = 60
_HEAVY = ("structure", "polymorphs", "completion", "run", "hull", "elasticity")


@dataclass(frozen=True)
class Shape:
    """How to print.

    Parameters
    ----------
    wanted
        Properties that were asked for.
    as_json, as_csv
        Instead of a table.
    """

    wanted: tuple[str, ...] = ()
    as_json: bool = False
    as_csv: bool = False


def show_candidates(found: Sequence[dict[str, Any]], shape: Shape, cif: Path | None) -> None:
    """Print candidates, and write their crystals if there is a folder for them."""
    if cif is not None:
        _write_crystals(found, cif)
    if shape.as_json:
        typer.echo(json.dumps(found, indent=1, default=str))
    elif shape.as_csv:
        writer = csv.DictWriter(sys.stdout, _COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for document in found:
            writer.writerow({name: _cell(document.get(name)) for name in _COLUMNS})
    else:
        _show_table(found, shape.wanted)


def _show_table(found: Sequence[dict[str, Any]], wanted: tuple[str, ...]) -> None:
    from elatbot_flows.documents import CandidateDocument, HullResult
    from elatbot_flows.report import render_candidates

    candidates = []
    for document in found:
        refuse_code(document, DOCUMENTS)
        light = {k: v for k, v in document.items() if k not in _HEAVY}
        candidate = CandidateDocument(**light)
        if document.get("hull"):
            candidate = candidate.updated(hull=HullResult(**document["hull"]))
        candidates.append(candidate)
    render_candidates(candidates, terminal(), wanted)


def _cell(value: Any) -> Any:
    """A value that spreadsheets take as text where it is text, and do not compute."""
    if not isinstance(value, str):
        return value
    text = harmless(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _write_crystals(found: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write one CIF for each crystal; names come from identifiers, so repeating changes nothing."""
    from pymatgen.core import Structure
    from pymatgen.io.cif import CifWriter

    from elatbot_flows.cli.options import writable_folder

    target = writable_folder(folder, "--cif")
    for document in found:
        if document.get("structure"):
            refuse_code(document["structure"], DOCUMENTS)
            path = target / f"{_name(document['formula'])}-{_name(document['candidate_id'])}.cif"
            CifWriter(Structure.from_dict(document["structure"]), symprec=0.01).write_file(path)


def _name(text: Any) -> str:
    """A part of the name of a file, short and without signs of a path."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", str(text))[:_LONGEST_NAME]


def show_counts(counts: dict[str, Any], shape: Shape) -> None:
    """Print numbers by name."""
    if shape.as_json:
        typer.echo(json.dumps(counts, indent=1, default=str))
        return
    rows = list(_flat(counts, ()))
    if shape.as_csv:
        cells = ([_cell(name), value] for name, value in rows)
        csv.writer(sys.stdout, lineterminator="\n").writerows(cells)
        return
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        typer.echo(f"{harmless(name):<{width}}  {value:,}")


def _flat(counts: dict[str, Any], above: tuple[str, ...]) -> Any:
    for name, value in counts.items():
        path = (*above, str(name))
        if isinstance(value, dict):
            yield from _flat(value, path)
        else:
            yield " / ".join(path), value
