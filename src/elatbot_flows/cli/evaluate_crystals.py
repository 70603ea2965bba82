"""``elatbot evaluate --crystals``: how good generated crystals are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from elatbot_flows.cli.counting import counting
from elatbot_flows.cli.crystal_outcomes import submitted
from elatbot_flows.cli.crystal_tables import render_evaluation
from elatbot_flows.cli.options import writable_folder
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import StoreError, StructureError, TargetError

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

    from elatbot_flows.cli.crystal_outcomes import Physics
    from elatbot_flows.evaluation.crystals import CrystalEvaluation, Draws

__all__ = ["evaluate_generated"]

_RESULT = "evaluation.json"


def evaluate_generated(
    path: Path,
    *,
    reference: Path | None,
    known: Path | None,
    physics: Physics,
    charges: bool,
    coverage: bool,
    draws: Draws,
    out: Path | None,
    plots: bool,
    as_json: bool,
) -> None:
    """Read, judge if asked to, and tell; options as in `elatbot_flows.cli.evaluate`."""
    from elatbot_flows.evaluation.crystals import evaluate_crystals
    from elatbot_flows.evaluation.crystals.plain import plain

    folder = None if out is None else _fresh(out)
    if plots and folder is None:
        raise TargetError("--plots needs a folder to draw into: give --out DIR")
    told = [
        _crystals(file, option) for file, option in ((reference, "reference"), (known, "known"))
    ]
    generated, outcomes = submitted(path, physics, folder)
    with counting("look at crystals") as tell:
        found = evaluate_crystals(
            generated,
            reference=told[0],
            known=told[1],
            outcomes=outcomes,
            charges=charges,
            with_coverage=coverage,
            tell=tell,
            draws=draws,
        )
    text = json.dumps(plain(replace(found, crystals=())), indent=1, allow_nan=False)
    if folder is not None:
        _write(folder, text, found, plots=plots)
    if as_json:
        typer.echo(text)
    else:
        render_evaluation(found, terminal())
    if not found.steps["parsed"].of_all.count:
        raise typer.Exit(1)


def _fresh(out: Path) -> Path:
    folder = writable_folder(out, "--out")
    if (folder / _RESULT).exists():
        raise StoreError(f"--out: {folder} holds an evaluation already; choose another folder")
    return folder


def _crystals(path: Path | None, option: str) -> list[Structure]:
    """Ordered crystals of a set to compare with; says how many files hold none."""
    from elatbot_flows.evaluation.crystals import read_generated

    if path is None:
        return []
    read = read_generated(path)
    found = [c.structure for c in read if c.structure is not None and c.structure.is_ordered]
    if not found:
        raise StructureError(f"--{option}: there is no ordered crystal in {path}")
    if len(found) < len(read):
        left = len(read) - len(found)
        words = f"--{option}: {left} of {len(read)} are no ordered crystals and were left out"
        terminal(stderr=True, soft_wrap=True).print(words, markup=False)
    return found


def _write(folder: Path, text: str, found: CrystalEvaluation, *, plots: bool) -> None:
    """Write numbers, a line for each try, and the figure."""
    (folder / _RESULT).write_text(text + "\n", encoding="utf-8")
    lines = [json.dumps(line, allow_nan=False) + "\n" for line in found.crystals]
    (folder / "crystals.jsonl").write_text("".join(lines), encoding="utf-8")
    if plots:
        from elatbot_flows.report.crystals import evaluation_figure

        evaluation_figure(found).savefig(folder / "evaluation.png", dpi=150)
