"""Which word may come next while a material is written, so that every answer is readable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from elatbot_flows.engines.word_index import WordIndex
from elatbot_flows.errors import GeneratorError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import DIGITS, END, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elatbot_flows.text.question import Limits

__all__ = ["MOST_ATOMS", "MaterialGrammar", "MaterialIndex"]

MOST_ATOMS = 40
"""Most atoms in a formula unit that a generator writes."""


@dataclass(frozen=True)
class MaterialGrammar:
    """An answer of the design task as far as it is written.

    The answer holds exactly so many different elements as its limits say, each with a count of one
    or two digits (1 is left out) and no more atoms in all than the limits or `MOST_ATOMS` allow,
    then the separator, a crystal system and the end word.

    Parameters
    ----------
    free
        Symbols of the elements that may still come, sorted.
    missing
        How many different ones must still come.
    room
        Atoms that may still come, those of the last element included.
    count
        Digits of the last element.
    stage
        ``"start"``, ``"material"``, ``"separator"``, ``"system"`` or ``"done"``: what was written
        last.
    """

    free: tuple[str, ...]
    missing: int
    room: int
    count: str = ""
    stage: str = "start"

    @classmethod
    def begin(cls, limits: Limits) -> MaterialGrammar:
        """Nothing is written yet.

        Raises
        ------
        GeneratorError
            If there are fewer elements or atoms than have to be used.
        """
        free, room = tuple(sorted(set(limits.elements))), min(limits.most_atoms, MOST_ATOMS)
        if not 1 <= limits.number <= min(len(free), room):
            raise GeneratorError(
                f"no material of {limits.number} elements and {limits.most_atoms} atoms can be "
                f"written with {', '.join(free) or 'no element'}; allow more elements or atoms"
            )
        return cls(free, limits.number, room)

    @property
    def done(self) -> bool:
        """Whether the end word was written."""
        return self.stage == "done"

    def words(self) -> list[str]:
        """List the words that may come next; none once `done`."""
        if self.stage == "start":
            return list(self.free)
        if self.stage == "material":
            return [*self._digits(), *self._after_count()]
        if self.stage == "separator":
            return list(CRYSTAL_SYSTEMS)
        return [END] if self.stage == "system" else []

    def push(self, word: str) -> MaterialGrammar:
        """What follows when `word`, one of `words`, is written."""
        if word in self.free:
            free = tuple(symbol for symbol in self.free if symbol != word)
            before = 0 if self.stage == "start" else int(self.count or "1")
            return MaterialGrammar(free, self.missing - 1, self.room - before, "", "material")
        if word in DIGITS:
            return replace(self, count=self.count + word)
        if word == SEPARATOR:
            return replace(self, stage="separator")
        return replace(self, stage="system" if self.stage == "separator" else "done")

    def _digits(self) -> list[str]:
        """Digits that lengthen the count and leave room for one atom of each missing element."""
        room = self.room - self.missing
        if self.count == "":
            # A lone 1 is never written, so a leading 1 means at least 10.
            return [d for d in DIGITS[1:] if (int(d) if d != "1" else 10) <= room]
        if len(self.count) == 1:
            return [d for d in DIGITS if int(self.count + d) <= room]
        return []

    def _after_count(self) -> list[str]:
        """List what may follow when the count ends here."""
        if self.count == "1":
            return []
        return list(self.free) if self.missing else [SEPARATOR]


class MaterialIndex(WordIndex):
    """The automaton of a grammar, for `elatbot_flows.engines.guides.Guide`.

    Written as an automaton of a regular expression it would not fit into memory: it has a state
    for every set of elements that are used up.

    Parameters
    ----------
    limits
        What has to be obeyed.
    ids
        Token number of every word.

    Raises
    ------
    GeneratorError
        As `MaterialGrammar.begin`.
    """

    def __init__(self, limits: Limits, ids: Mapping[str, int]) -> None:
        super().__init__(MaterialGrammar.begin(limits), ids)
