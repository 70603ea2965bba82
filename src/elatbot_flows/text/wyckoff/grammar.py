"""Which word may come next while a crystal is written, so that its sites sum to its formula."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product

from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.positions import free_of_lattice_count, positions, primitive_share
from elatbot_flows.text.wyckoff.words import BAR, END, PAIRS, group_word

__all__ = ["WyckoffGrammar", "possible_units"]

_SHORTEST = 10
"""Least ratio of lengths, in hundredths."""
_ANGLES = (30, 150)
"""Degrees."""

Counts = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class WyckoffGrammar:
    """An answer of `elatbot_flows.text.wyckoff.words` as far as it is written.

    Elements come in the order of the question, and of each the letters in the order of the
    alphabet; a position without free coordinates is occupied once. Every word that is allowed can
    be followed by others up to the end.

    Parameters
    ----------
    elements, counts
        Symbols in the order of the question and atoms of each in a formula unit.
    most_sites
        In the primitive cell.
    asked
        Space groups to choose from; none for all.
    spacegroup
        The one that was written; 0 before.
    left
        Atoms of each element that still have to come, in the conventional cell.
    sites
        Slots and letters that were written.
    numbers, last
        How many free numbers were written, and the last of them.
    stage
        ``"group"``, ``"units"``, ``"element"``, ``"letter"``, ``"numbers"`` or ``"done"``: what
        comes next.
    """

    elements: tuple[str, ...]
    counts: tuple[int, ...]
    most_sites: int
    asked: tuple[int, ...] = ()
    spacegroup: int = 0
    left: tuple[int, ...] = ()
    sites: tuple[tuple[int, str], ...] = ()
    numbers: int = 0
    last: str = ""
    stage: str = "group"

    def __post_init__(self) -> None:
        if self.stage == "group" and not self._groups():
            raise ParseError(
                f"no crystal of {self.counts} atoms with at most {self.most_sites} sites can be "
                "written; allow more sites or another space group",
                reason="too_many_sites",
            )

    def words(self) -> list[str]:
        """List the words that may come next; none once all is written."""
        if self.stage == "group":
            return [group_word(number) for number in self._groups()]
        if self.stage == "units":
            return [PAIRS[units] for units in self._units(self.spacegroup)]
        if self.stage == "element":
            slot = self._slot()
            return [BAR] if slot is None else [self.elements[slot]]
        if self.stage == "letter":
            return [f"@{letter}" for letter in self._letters()]
        return self._next_numbers() if self.stage == "numbers" else []

    def push(self, word: str) -> WyckoffGrammar:
        """What follows when `word`, one of `words`, is written."""
        if self.stage == "group":
            return replace(self, stage="units", spacegroup=int(word.removeprefix("sg")))
        if self.stage == "units":
            cells = int(word) * primitive_share(self.spacegroup)
            return replace(self, stage="element", left=tuple(cells * n for n in self.counts))
        if self.stage == "element":
            return replace(self, stage="numbers" if word == BAR else "letter")
        if self.stage == "letter":
            return self._placed(word.removeprefix("@"))
        return replace(self, stage="done") if word == END else self._numbered(word)

    def _groups(self) -> list[int]:
        return [number for number in self.asked or range(1, 231) if self._units(number)]

    def _units(self, number: int) -> list[int]:
        return list(possible_units(number, self.counts, self.most_sites))

    def _slot(self) -> int | None:
        return next((slot for slot, left in enumerate(self.left) if left), None)

    def _letters(self) -> list[str]:
        slot = self._slot()
        if slot is None:
            return []
        known = positions(self.spacegroup)
        last = max((letter_key(at) for s, at in self.sites if s == slot), default=(0, ""))
        return [
            letter
            for letter, position in known.items()
            if letter_key(letter) >= last
            and (position.axes or letter not in {at for _, at in self.sites})
            and position.multiplicity <= self.left[slot]
            and self._placed(letter).can_end(slot, letter)
        ]

    def _placed(self, letter: str) -> WyckoffGrammar:
        slot = self._slot() or 0
        left = list(self.left)
        left[slot] -= positions(self.spacegroup)[letter].multiplicity
        return replace(self, stage="element", left=tuple(left), sites=(*self.sites, (slot, letter)))

    def can_end(self, slot: int, last: str) -> bool:
        """Whether what is left can be placed.

        Parameters
        ----------
        slot, last
            Element and letter that were written last; more of it come in the order of letters.
        """
        used = {letter for _, letter in self.sites}
        later, every = (_room(self.spacegroup, frozenset(used), begin) for begin in (last, "a"))
        return _fits(self.left[slot:], later, every)

    def _numbered(self, word: str) -> WyckoffGrammar:
        return replace(self, numbers=self.numbers + 1, last=word)

    def _next_numbers(self) -> list[str]:
        known = positions(self.spacegroup)
        ratios, angles = free_of_lattice_count(self.spacegroup)
        free = sum(len(known[letter].axes) for _, letter in self.sites)
        done = self.numbers
        if done == 2 * (ratios + angles) + free:
            return [END]
        if done >= 2 * (ratios + angles):
            return list(PAIRS)
        angle = done >= 2 * ratios
        low, high = _ANGLES if angle else (_SHORTEST, 10_000)
        if done % 2 == 0:
            return list(PAIRS[: high // 100 + 1])
        begun = 100 * int(self.last)
        return [pair for pair in PAIRS if low <= begun + int(pair) <= high]


def letter_key(letter: str) -> tuple[int, str]:
    """What letters are sorted by: "A" comes behind "z"."""
    return int(letter == "A"), letter


@lru_cache(maxsize=65536)
def possible_units(number: int, counts: tuple[int, ...], most_sites: int) -> tuple[int, ...]:
    """Formula units that the primitive cell of a space group can hold.

    Parameters
    ----------
    number
        Of the space group.
    counts
        Atoms of each element in a formula unit.
    most_sites
        In the primitive cell.
    """
    most = min(most_sites // sum(counts), len(PAIRS) - 1)
    share = primitive_share(number)
    room = _room(number, frozenset(), "a")
    found = range(1, most + 1)
    return tuple(n for n in found if _fits(tuple(n * share * c for c in counts), room, room))


@cache
def _room(number: int, used: frozenset[str], begin: str) -> tuple[Counts, tuple[int, ...]]:
    """Free places from a letter on: fixed ones by multiplicity, and multiplicities of others."""
    later = {
        letter: each
        for letter, each in positions(number).items()
        if letter_key(letter) >= letter_key(begin)
    }
    fixed = Counter(
        each.multiplicity for at, each in later.items() if not each.axes and at not in used
    )
    free = {each.multiplicity for each in later.values() if each.axes}
    return tuple(sorted(fixed.items())), tuple(sorted(free))


@lru_cache(maxsize=65536)
def _fits(
    left: tuple[int, ...],
    now: tuple[Counts, tuple[int, ...]],
    every: tuple[Counts, tuple[int, ...]],
) -> bool:
    """Whether atoms of several elements find places, those of the first among `now`."""
    if not left:
        return True
    fixed, free = now
    for taken in product(*(range(number + 1) for _, number in fixed)):
        rest = left[0] - sum(n * m for n, (m, _) in zip(taken, fixed, strict=True))
        if rest >= 0 and _is_sum(rest, free):
            gone = {m: n for n, (m, _) in zip(taken, fixed, strict=True)}
            still = tuple((m, n - gone.get(m, 0)) for m, n in every[0]), every[1]
            if _fits(left[1:], still, still):
                return True
    return False


@lru_cache(maxsize=65536)
def _is_sum(total: int, parts: tuple[int, ...]) -> bool:
    """Whether a number is a sum of these, each as often as wished."""
    return total == 0 or any(part <= total and _is_sum(total - part, parts) for part in parts)
