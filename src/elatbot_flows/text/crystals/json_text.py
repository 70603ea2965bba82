"""LLaMat's crystals as JSON: lengths, angles, and the sites in the lines of `lines`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import lines
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import LONGEST_TEXT, WrittenCrystal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

__all__ = ["parse", "render"]

_KEYS = ("lengths", "angles", "coordinates")


def render(structure: Structure, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> str:
    r"""Write a crystal; see `elatbot_flows.text.crystals.lines.describe`.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> render(Structure(Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]]))
    '{"lengths": [2.9, 2.9, 2.9], "angles": [90, 90, 90], "coordinates": "Fe\\n0.00 0.00 0.00"}'
    """
    return _write(lines.describe(structure, shift))


def _write(facts: lines.Lines) -> str:
    record = {
        "lengths": [round(each, 1) for each in facts.lengths],
        "angles": [round(each) for each in facts.angles],
        "coordinates": lines.render_sites(facts),
    }
    return json.dumps(record)


def parse(text: str, *, tolerant: bool = False) -> WrittenCrystal:
    """Read a crystal.

    Parameters
    ----------
    text
        An answer.
    tolerant
        Also read an object with text around it, other decimals or another order, and say so.

    Raises
    ------
    ParseError
        With a `elatbot_flows.text.crystals.reasons.Reason`.
    """
    record, around = _object(text)
    if set(record) != set(_KEYS):
        raise refusal(Reason.NO_CELL, ", ".join(map(str, record)))
    lengths, angles = (_three(record[name]) for name in _KEYS[:2])
    if not isinstance(record["coordinates"], str):
        raise refusal(Reason.BAD_SITE, record["coordinates"])
    rows = [line.strip() for line in record["coordinates"].split("\n") if line.strip()]
    facts = lines.Lines(lengths, angles, *lines.read_sites(rows))
    other = json.dumps(record) != _write(facts)
    repairs = ("surrounding_text",) * around + ("other_form",) * other
    if repairs and not tolerant:
        raise refusal(Reason.OTHER_TEXT if around else Reason.OTHER_FORM, text.strip())
    return WrittenCrystal(lines.to_crystal(facts), repairs=repairs)


def _object(text: str) -> tuple[dict[str, Any], bool]:
    """The one object in a text, and whether there is more."""
    if not text.strip():
        raise refusal(Reason.EMPTY)
    if len(text) > LONGEST_TEXT:
        raise refusal(Reason.TOO_LARGE, f"{len(text)} characters")
    begin = text.find("{")
    if begin < 0:
        raise refusal(Reason.NO_CELL, text.strip())
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
    try:
        record, end = decoder.raw_decode(text, begin)
    except ParseError:
        raise
    except (ValueError, RecursionError) as error:
        whole = "}" in text[begin:]
        raise refusal(Reason.OTHER_FORM if whole else Reason.CUT_OFF, text[-60:]) from error
    if "{" in text[end:]:
        raise refusal(Reason.AMBIGUOUS, text[end:].strip())
    return record, bool(text[:begin].strip() or text[end:].strip())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise refusal(Reason.AMBIGUOUS, [key for key, _ in pairs])
    return record


def _refuse(word: str) -> float:
    raise ValueError(word)


def _three(values: Any) -> tuple[float, ...]:
    """Three positive numbers."""
    kind = isinstance(values, list) and all(type(each) in (int, float) for each in values)
    if not kind or len(values) != len("abc") or not all(0 < each < 1e6 for each in values):
        raise refusal(Reason.NO_CELL, values)
    return tuple(map(float, values))
