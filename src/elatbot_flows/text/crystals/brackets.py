"""The crystals of CrystaLLM-pi (Bone et al., 2025): the same CIF, what varies put in brackets.

Texts begin with ``<bos>`` and end with ``<eos>``. Values of items stand in ``[ ]``, rows of
elements and sites between two lines ``[`` and ``]``. Properties a model is conditioned on go in
as numbers (`conditions`), or for models of the kind "raw" as a first line ``[0.4500 1.0000]``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from elatbot_flows.text.crystals import cif, cif_facts
from elatbot_flows.text.crystals.cif_block import WORD, read_block, tidy
from elatbot_flows.text.crystals.conditions import render_raw
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.symmetry import symbol_of
from elatbot_flows.text.crystals.written import LONGEST_TEXT, SYMPREC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.text.crystals.questions import CrystalRequest
    from elatbot_flows.text.crystals.written import WrittenCrystal

__all__ = ["Level", "parse", "render", "render_prompt"]

Level = Literal[1, 2, 3, 4]
"""How much a prompt gives away: nothing, the formula, also the elements, also the space group."""

_BEGIN, _END = "<bos>", "<eos>"
_SYMBOL = "_symmetry_space_group_name_H-M"
_RAW = re.compile(r"\[[0-9. -]*\]")
_ROWS = re.compile(r"_atom_(?:type|site)_\w+")
_ITEM = re.compile(r"_\S+ ")


def render(
    structure: Structure,
    conditions: Sequence[float] | None = None,
    *,
    symmetry: bool = True,
    symprec: float = SYMPREC,
) -> str:
    """Write a crystal; see `elatbot_flows.text.crystals.cif.render`.

    Parameters
    ----------
    structure
        Any cell of an ordered crystal.
    conditions
        Normalised conditions to write in front, as models of the kind "raw" are taught.
    symmetry, symprec
        See there.
    """
    text = cif.render(structure, symmetry=symmetry, symprec=symprec)
    raw = [render_raw(conditions)] if conditions is not None else []
    return "\n".join([_BEGIN, *raw, *_spaced(_bracketed(text.splitlines())), _END])


def render_prompt(
    request: CrystalRequest,
    conditions: Sequence[float] | None = None,
    *,
    level: Level | None = None,
) -> str:
    """Beginning of a text that a model goes on with.

    Parameters
    ----------
    request
        What is wanted: formula, formula units, space group.
    conditions
        Normalised conditions, for models of the kind "raw".
    level
        How much of it to give away; by default all that is asked for.

    Raises
    ------
    ParseError
        With reason ``"contradicts_formula"`` or ``"unknown_space_group"`` if a level is asked for
        that needs a formula or a space group and there is none.
    """
    known = 1 if request.formula is None else 2 if request.space_group is None else 4
    level = level or known  # type: ignore[assignment]
    lines = [_BEGIN] + ([render_raw(conditions)] if conditions is not None else [])
    if level == 1:
        return "\n".join([*lines, "data_["])
    name, head = cif_facts.begin(request)
    lines.append(f"data_[{name}]")
    if level == 2:
        return "\n".join(lines) + "\n"
    lines += [*_spaced(_bracketed(head)), _SYMBOL]
    if level == 3:
        return "\n".join(lines)
    if request.space_group is None:
        raise refusal(Reason.UNKNOWN_SPACE_GROUP, "none is asked for")
    return "\n".join(lines) + f" [{symbol_of(request.space_group)}]\n"


def parse(text: str, *, tolerant: bool = False) -> WrittenCrystal:
    """Read a crystal; see `elatbot_flows.text.crystals.cif.parse`.

    Parameters
    ----------
    text
        Prompt and answer together.
    tolerant
        Also read texts without their first and last token, or with brackets left out.

    Raises
    ------
    ParseError
        With a `elatbot_flows.text.crystals.reasons.Reason`.
    """
    if len(text) > LONGEST_TEXT:
        raise refusal(Reason.TOO_LARGE, f"{len(text)} characters")
    before, begun, rest = text.rpartition(_BEGIN)
    own, ended, after = rest.partition(_END)
    lines = [line for line in tidy(own) if line]
    if lines and _RAW.fullmatch(lines[0]):
        lines = lines[1:]
    plain = [_unbracketed(line) for line in lines if line not in ("[", "]")]
    block = read_block("\n".join(plain))
    facts = cif_facts.facts_of(block)
    around = block.around or bool(before.strip() or after.strip())
    exact = begun and ended and _bracketed(plain) == lines
    if not exact and not tolerant:
        cut = begun and not ended
        raise refusal(Reason.CUT_OFF if cut else Reason.OTHER_FORM, lines[-1])
    crystal = cif.parse_facts(facts, around=around, lines=block.lines, tolerant=tolerant)
    return crystal if exact else replace(crystal, repairs=("brackets", *crystal.repairs))


def _bracketed(plain: list[str]) -> list[str]:
    """Lines of a CIF with brackets around what varies."""
    found: list[str] = []
    varies = False
    for place, line in enumerate(plain):
        rows = place > 0 and _ROWS.fullmatch(plain[place - 1]) and not line.startswith("_")
        if rows and not varies:
            found.append("[")
            varies = True
        elif varies and line.startswith(("_", "loop_")):
            found.append("]")
            varies = False
        found.append(_valued(line) if line.startswith(("_", "data_")) else line)
    return [*found, "]"] if varies else found


def _spaced(lines: list[str]) -> list[str]:
    """Lines with the blanks of the form: one before keys of a loop, two before words of a row."""
    found, inside = [], False
    for line in lines:
        inside = line == "loop_" or (inside and line != "]" and not _ITEM.match(line))
        if not inside or line in ("loop_", "["):
            found.append(line)
        else:
            words = [f"'{quoted}'" if quoted else bare for quoted, bare in WORD.findall(line)]
            found.append(f" {line}" if line.startswith("_") else f"  {'  '.join(words)}")
    return found


def _valued(line: str) -> str:
    if line.startswith("data_"):
        return f"data_[{line.removeprefix('data_')}]"
    key, blank, value = line.partition(" ")
    if not blank:
        return line
    quoted = value[:1] == value[-1:] == "'" and len(value) > 1
    return f"{key} '[{value[1:-1]}]'" if quoted else f"{key} [{value}]"


def _unbracketed(line: str) -> str:
    return re.sub(r"\[([^\[\]]*)\]", r"\1", line)
