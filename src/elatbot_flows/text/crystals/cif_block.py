"""The few rules of CIF that generated files follow: one block of items and loops, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import LONGEST_TEXT

__all__ = ["WORD", "Block", "Loop", "read_block", "tidy"]

WORD = re.compile(r"'([^']*)'|(\S+)")
"""A value, with or without quotes."""
_HEAD = "data_"


@dataclass
class Loop:
    """Keys, and rows with a value for each."""

    keys: list[str]
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Block:
    """A block of data.

    Parameters
    ----------
    name
        What follows ``data_``.
    items
        Values by key.
    loops
        In their order.
    around
        Whether there is text before or behind; an empty line ends a block.
    lines
        What it was read from, with single blanks.
    """

    name: str
    items: dict[str, str] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    around: bool = False
    lines: list[str] = field(default_factory=list)

    def loop(self, key: str) -> Loop | None:
        """The loop that has a key.

        Raises
        ------
        ParseError
            With reason ``"ambiguous"`` if there are several.
        """
        found = [loop for loop in self.loops if key in loop.keys]
        if len(found) > 1:
            raise refusal(Reason.AMBIGUOUS, key)
        return found[0] if found else None


def tidy(text: str) -> list[str]:
    """Lines with single blanks between words and none around."""
    return [" ".join(line.split()) for line in text.split("\n")]


def read_block(text: str) -> Block:
    """Read the one block of a text, up to an empty line.

    Raises
    ------
    ParseError
        With reason ``"empty"``, ``"too_large"``, ``"unknown_format"``, ``"ambiguous"``,
        ``"other_text"``, ``"bad_site"`` or ``"cut_off"``.
    """
    if not text.strip():
        raise refusal(Reason.EMPTY)
    if len(text) > LONGEST_TEXT:
        raise refusal(Reason.TOO_LARGE, f"{len(text)} characters")
    lines = tidy(text)
    heads = [place for place, line in enumerate(lines) if line.startswith(_HEAD)]
    if len(heads) != 1:
        raise refusal(Reason.AMBIGUOUS if heads else Reason.UNKNOWN_FORMAT, lines[0])
    own = lines[heads[0] :]
    end = own.index("") if "" in own else len(own)
    around = any(lines[: heads[0]]) or any(own[end:])
    block = Block(own[0].removeprefix(_HEAD), around=around, lines=own[:end])
    loop = None
    for place, line in enumerate(own[1:end], start=2):
        loop = _take(block, line, loop, last=place == end)
    return block


def _take(block: Block, line: str, loop: Loop | None, *, last: bool) -> Loop | None:
    """Add a line to a block, of which a loop is open or not; the loop that is open then."""
    words = [quoted or bare for quoted, bare in WORD.findall(line)]
    if line == "loop_":
        block.loops.append(Loop([]))
        return block.loops[-1]
    if line.startswith("_") and len(words) == 1 and loop and not loop.rows:
        loop.keys.append(line)
    elif line.startswith("_") and len(words) == len(("key", "value")):
        if words[0] in block.items:
            raise refusal(Reason.AMBIGUOUS, words[0])
        block.items[words[0]] = words[1]
        return None
    elif loop and loop.keys and len(words) == len(loop.keys):
        loop.rows.append(words)
    elif last:
        raise refusal(Reason.CUT_OFF, line)
    else:
        raise refusal(Reason.BAD_SITE if loop and loop.keys else Reason.OTHER_TEXT, line)
    return loop
