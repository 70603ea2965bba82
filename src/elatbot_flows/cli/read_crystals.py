"""``elatbot read-crystals``: what the crystals that language models wrote are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.options import writable_folder
from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from elatbot_flows.crystals.written_texts import ReadText

__all__ = ["read_crystals"]


def read_crystals(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder, table (.csv), JSON lines (.jsonl, .jsonl.gz), or a file of one text.",
            metavar="FILE|DIR",
        ),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Repair nothing.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for texts.jsonl, and for CIFs in crystals/.", metavar="DIR"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for a text.")] = False,
) -> None:
    """Read crystals as crystal-text-llm, LLaMat, CrystaLLM or CrystaLLM-pi write them.

    Every text is a crystal, with repairs and with stated against found space group, or has a
    reason why it is none. Formats: docs/crystal_texts.md.
    """
    from elatbot_flows.crystals.written_texts import read_crystal_texts

    found = read_crystal_texts(path, tolerant=not strict)
    lines = [json.dumps(_plain(each)) for each in found]
    if out is not None:
        folder = writable_folder(out / "crystals", "--out")
        for number, each in enumerate(found, start=1):
            if each.crystal is not None:
                formula = each.crystal.structure.composition.reduced_formula
                each.crystal.structure.to(filename=str(folder / f"{number:05d}_{formula}.cif"))
        (out / "texts.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    if as_json:
        typer.echo("\n".join(lines))
    else:
        _show(found)
    if not any(each.crystal for each in found):
        raise typer.Exit(1)


def _plain(each: ReadText) -> dict[str, Any]:
    """What is told of a text."""
    record: dict[str, Any] = {"source": each.source, "form": each.form}
    if each.crystal is None:
        return record | {"reason": each.reason, "message": each.message}
    structure = each.crystal.structure
    return record | {
        "formula": structure.composition.reduced_formula,
        "sites": len(structure),
        "space_group": each.crystal.space_group(),
        "stated_space_group": each.crystal.stated.space_group,
        "repairs": list(each.crystal.repairs),
    }


def _show(found: list[ReadText]) -> None:
    """A table of forms, repairs and reasons."""
    from rich.table import Table

    table = Table("form", "what", "texts")
    counts = Counter((each.form or "", _word(each)) for each in found)
    for (form, word), number in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(form, word, str(number))
    console = terminal()
    console.print(table)
    crystals = [each.crystal for each in found if each.crystal]
    console.print(f"{len(crystals)} of {len(found)} texts are crystals")
    stated = [each for each in crystals if each.stated.space_group is not None]
    if stated:
        agreeing = sum(each.as_stated()["space_group"] for each in stated)
        console.print(f"{agreeing} of {len(stated)} have the space group they state, within 0.1 A")


def _word(each: ReadText) -> str:
    if each.crystal is None:
        return str(each.reason)
    repairs = each.crystal.repairs
    return f"crystal, repaired: {', '.join(repairs)}" if repairs else "crystal"
