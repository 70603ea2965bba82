"""Damaged texts of crystals, and an independent look at what was read from them.

A module of `crystal_texts.py`. A crystal is false if the text does not say it: if an element, a
length or a site of it does not stand in the text, if sites of the text are missing in it, if its
formula is not the one that is stated, or if atoms overlap. Texts are looked at here by regular
expressions and numpy alone.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Composition

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.forms import form_of, parse_crystal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.written import WrittenCrystal

_PIECES = [
    "\n",
    "\n\n",
    " ",
    ".",
    "-",
    "[",
    "]",
    "'",
    "{",
    "}",
    "the",
    "hg",
    "Fe",
    "loop_",
    "data_",
]
_PIECES += ["<eos>", "nan", "1e9", "0.50 0.50 0.50", "Al\n0.10 0.10 0.10", "\u0661", "\x00", "?"]
_LENGTH = re.compile(r"_cell_length_[abc] +\[?([0-9.]+)")
_SUM = re.compile(r"_chemical_formula_sum +'?\[?([A-Za-z0-9 ]+)")
_WIDTHS = {False: 0.03, True: 0.35}
_CELLS = {False: 1e-3, True: 0.03}
_CRYSTALS = 100
_KINDS = ["cut", "drop", "insert", "digit", "double", "swap", "lose", "element", "letters"]


def damaged(text: str, dice: random.Random) -> str:
    """A text with one to three faults, as generation or careless copying makes them."""
    for _ in range(dice.randint(1, 3)):
        rows = text.split("\n")
        place = dice.randrange(len(text) + 1)
        first, second = dice.randrange(len(rows)), dice.randrange(len(rows))
        kind = dice.choice(_KINDS)
        if kind == "cut":
            text = text[:place]
        elif kind == "drop":
            text = text[:place] + text[place + dice.randint(1, 5) :]
        elif kind == "insert":
            text = text[:place] + dice.choice(_PIECES) + text[place:]
        elif kind == "digit":
            places = [m.start() for m in re.finditer(r"\d", text)] or [0]
            at = dice.choice(places)
            text = text[:at] + str(dice.randint(0, 9)) + text[at + 1 :]
        elif kind == "double":
            text = "\n".join(rows[: first + 1] + rows[first:])
        elif kind == "swap":
            rows[first], rows[second] = rows[second], rows[first]
            text = "\n".join(rows)
        elif kind == "lose":
            text = "\n".join(rows[:first] + rows[first + 1 :])
        elif kind == "element":
            text = re.sub(r"\b[A-Z][a-z]?\b", dice.choice(["C", "Ca", "Xx", "T"]), text, count=1)
        else:
            text = "".join(dice.choice(text or " ") for _ in range(50))
    return text


def is_false(text: str, read: WrittenCrystal, *, tolerant: bool) -> str | None:
    """Why a crystal is not what its text says; None if it is."""
    crystal = read.structure
    if len(crystal.get_neighbor_list(0.5)[3]):
        return "atoms overlap"
    if form_of(text).startswith("crystallm"):
        return _false_cif(text, crystal, tolerant=tolerant)
    if '"coordinates"' in text:
        record, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        text = " ".join(map(str, record["lengths"])) + "\n0 0 0\n" + record["coordinates"]
    rows = [row.split() for row in text.split("\n") if row.strip()]
    symbols = [i for i, row in enumerate(rows) if row == [crystal[0].specie.symbol]]
    sites = rows[symbols[0] :]
    named = [row[0] for row in sites[::2]][: len(crystal)]
    numbers = [row for row in rows if len(row) == 3 and re.fullmatch(r"[-0-9. ]+", " ".join(row))]
    lengths = np.array(numbers[-len(crystal) - 2], dtype=float)
    if named != [site.specie.symbol for site in crystal]:
        return "other elements"
    if not np.allclose(lengths, crystal.lattice.abc, atol=1e-6):
        return "another cell"
    points = np.array([row[:3] for row in sites[1 : 2 * len(crystal) : 2]], dtype=float)
    away = points - crystal.frac_coords
    return None if np.allclose(away, np.round(away), atol=1e-6) else "other coordinates"


def _false_cif(text: str, crystal: Structure, *, tolerant: bool) -> str | None:
    if form_of(text) == "crystallm-pi":
        text = re.sub(r"[\[\]]", "", text.rpartition("<bos>")[2].partition("<eos>")[0])
    (loop,) = [
        each
        for each in re.split(r"^\s*loop_\s*$", text, flags=re.MULTILINE)
        if "_atom_site_type_symbol" in each
    ]
    keys = re.findall(r"^\s*(_\S+)\s*$", loop, re.MULTILINE)
    words = [row.split() for row in loop.split("\n")]
    sites = [dict(zip(keys, row, strict=True)) for row in words if len(row) == len(keys)]
    sites = [{key.removeprefix("_atom_site_"): site[key] for key in site} for site in sites]
    total = _SUM.findall(text)
    if total and Composition(total[0].replace(" ", "")) != crystal.composition:
        return "another formula"
    many = [int(site.get("symmetry_multiplicity", 0)) for site in sites]
    if all(many) and len(sites) != len(crystal) != sum(many):
        return "other multiplicities"
    lengths = [float(word) for word in _LENGTH.findall(text)]
    if not np.allclose(sorted(lengths), sorted(crystal.lattice.abc), rtol=_CELLS[tolerant]):
        return "another cell"
    for site in sites:
        own = [i for i, atom in enumerate(crystal) if atom.specie.symbol == site["type_symbol"]]
        if not own:
            return "other elements"
        point = [[float(site[f"fract_{axis}"]) for axis in "xyz"]]
        apart = crystal.lattice.get_all_distances(point, crystal.frac_coords[own])
        if apart.min() > _WIDTHS[tolerant]:
            return "other coordinates"
    return None


def fuzzed(
    structures: list[Structure], count: int, writers: dict[str, Callable[[Structure], str]]
) -> list[str]:
    """Tables of what became of damaged texts, half of them read strictly."""
    dice = random.Random(1)  # noqa: S311
    small = [crystal for crystal in structures if len(crystal) <= 20]
    texts = {
        name: [write(each) for each in dice.sample(small, min(_CRYSTALS, len(small)))]
        for name, write in writers.items()
    }
    found: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for number in range(count):
        if number % 10_000 == 0:
            print(number, {str(key): dict(each) for key, each in found.items()}, file=sys.stderr)
        tolerant = bool(number % 2)
        text = damaged(dice.choice(texts[dice.choice(list(texts))]), dice)
        try:
            read = parse_crystal(text, tolerant=tolerant)
        except ParseError as error:
            found[tolerant][f"`{error.reason}`"] += 1
            continue
        except Exception as error:  # noqa: BLE001 - crashes are what is counted
            found[tolerant]["**crash**"] += 1
            print("crash", repr(error), repr(text), file=sys.stderr)
            continue
        try:
            wrong = is_false(text, read, tolerant=tolerant)
        except (ValueError, LookupError) as error:
            wrong = f"not to be looked at here: {error!r}"
        found[tolerant]["crystal, as the text says" if wrong is None else "**false crystal**"] += 1
        if wrong is not None:
            print("false", wrong, read.repairs, repr(text), file=sys.stderr)
    rows = ["| became | strict | tolerant |", "|---|---|---|"]
    outcomes = ["**crash**", "**false crystal**", "crystal, as the text says"]
    others = {name for each in found.values() for name in each} - set(outcomes)
    outcomes += sorted(others, key=lambda name: -found[False][name] - found[True][name])
    rows += [f"| {name} | {found[False][name]} | {found[True][name]} |" for name in outcomes]
    return rows
