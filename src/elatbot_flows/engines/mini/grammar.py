"""Which word may come next while a material is written, so that every answer is readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.errors import GeneratorError
from elatbot_flows.text.compact import DIGITS, END, PAD, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MOST_ATOMS", "MaterialGrammar"]

MOST_ATOMS = 40
"""Most atoms in a formula unit that a generator writes."""


class MaterialGrammar:
    """State of one answer of the design task, word by word.

    The answer holds exactly `number` different elements out of `elements`, each with a count of
    one or two digits (1 is left out) and at most `most_atoms` atoms in all, then the separator,
    a crystal system and the end word.

    Parameters
    ----------
    elements
        Symbols that may be used.
    number
        How many different ones must be used.
    systems
        Crystal systems that may be used.
    most_atoms
        Most atoms in a formula unit as written, up to `MOST_ATOMS`.

    Raises
    ------
    GeneratorError
        If there are fewer elements or atoms than `number`, or no crystal system.
    """

    def __init__(
        self,
        elements: Iterable[str],
        number: int,
        systems: Sequence[str],
        most_atoms: int = MOST_ATOMS,
    ) -> None:
        self._free = sorted(set(elements))
        self._missing = number
        self._systems = tuple(systems)
        self._most_atoms = min(most_atoms, MOST_ATOMS)
        if not 1 <= number <= min(len(self._free), self._most_atoms) or not self._systems:
            raise GeneratorError(
                f"no material of {number} elements and {most_atoms} atoms can be written with "
                f"{self._free} in {self._systems}; allow more elements, atoms or crystal systems"
            )
        self._atoms = 0
        self._count = ""
        self._stage = "start"

    @property
    def done(self) -> bool:
        """Whether the end word was written."""
        return self._stage == "done"

    def words(self) -> list[str]:
        """List the words that may come next; only the filler once `done`."""
        if self._stage == "start":
            return list(self._free)
        if self._stage == "material":
            return [*self._digits(), *self._after_count()]
        if self._stage == "separator":
            return list(self._systems)
        return [END] if self._stage == "system" else [PAD]

    def push(self, word: str) -> None:
        """Take note that `word`, one of `words`, was written."""
        if word in self._free:
            self._atoms += self._closed_count()
            self._free.remove(word)
            self._missing -= 1
            self._count, self._stage = "", "material"
        elif word in DIGITS:
            self._count += word
        elif word == SEPARATOR:
            self._stage = "separator"
        else:
            self._stage = "system" if self._stage == "separator" else "done"

    def _closed_count(self) -> int:
        """Atoms of the element being written; 0 before the first."""
        return 0 if self._stage == "start" else int(self._count or "1")

    def _digits(self) -> list[str]:
        """Digits that lengthen the count and leave room for one atom of each missing element."""
        room = self._most_atoms - self._atoms - self._missing
        if self._count == "":
            # A lone 1 is never written, so a leading 1 means at least 10.
            return [d for d in DIGITS[1:] if (int(d) if d != "1" else 10) <= room]
        if len(self._count) == 1:
            return [d for d in DIGITS if int(self._count + d) <= room]
        return []

    def _after_count(self) -> list[str]:
        """List what may follow when the count ends here."""
        if self._count == "1":
            return []
        return list(self._free) if self._missing else [SEPARATOR]
