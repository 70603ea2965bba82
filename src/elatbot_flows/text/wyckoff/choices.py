"""Which word may come next in an answer to any question in Wyckoff positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.errors import ParseError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.grammar import WyckoffGrammar, possible_units
from elatbot_flows.text.wyckoff.positions import groups_of, positions, primitive_share
from elatbot_flows.text.wyckoff.questions import masked_crystal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.text.question import CrystalLimits

__all__ = ["FormulaGrammar", "Grammar", "InfillGrammar", "begin"]


class Grammar(Protocol):
    """An answer as far as it is written; equal ones go on alike."""

    def words(self) -> list[str]:
        """List the words that may come next; none once all is written."""

    def push(self, word: str) -> Grammar:
        """What follows when `word`, one of `words`, is written."""


def begin(limits: CrystalLimits) -> Grammar:
    """An answer of which nothing is written yet.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"``, or ``"too_many_sites"`` if nothing can answer it.
    """
    told = limits.asked.split()
    complete, generate, infill = words.TASKS
    if told[:1] == [infill]:
        return InfillGrammar.of(limits)
    groups, known = _groups(told), [word for word in told if word in element_symbols()]
    if told[:1] == [complete] and known:
        counts = tuple(int(told[told.index(symbol) + 1]) for symbol in known)
        return WyckoffGrammar(tuple(known), counts, limits.most_sites, groups)
    if told[:1] != [generate]:
        raise ParseError(f"{limits.asked[:80]!r} asks for no crystal", reason="not_a_question")
    free = tuple(known) or limits.elements or element_symbols()
    most = len(known) or limits.most_elements or limits.most_sites
    first = FormulaGrammar(
        tuple(free), min(most, len(free)), bool(known), limits.most_sites, groups
    )
    if not first.words():
        raise ParseError(
            f"no crystal of at most {limits.most_sites} sites can be written for "
            f"{limits.asked[:80]!r}; allow more sites, other elements or another space group",
            reason="too_many_sites",
        )
    return first


def _groups(told: Sequence[str]) -> tuple[int, ...]:
    """Space groups that a question leaves; none for all."""
    stated = [int(word[2:]) for word in told if word[:2] == "sg"]
    systems = [word for word in told if word in CRYSTAL_SYSTEMS]
    left = tuple(groups_of(systems[0])) if systems else ()
    if not stated:
        return left
    if left and stated[0] not in left:
        raise ParseError(f"{told} contradicts itself", reason="not_a_question")
    return tuple(stated)


@dataclass(frozen=True)
class FormulaGrammar:
    """A formula as far as it is written, which a crystal follows.

    Each element comes once, with how often it is in the formula unit, which cannot be divided.

    Parameters
    ----------
    free
        Elements that may still come.
    most
        How many of them.
    all_needed
        Whether all have to.
    most_sites, groups
        Of the primitive cell, and space groups to choose from (none for all).
    elements, counts
        What was written; the last element has no count yet where these are fewer.
    """

    free: tuple[str, ...]
    most: int
    all_needed: bool
    most_sites: int
    groups: tuple[int, ...] = ()
    elements: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()

    def words(self) -> list[str]:
        """List the words that may come next."""
        if len(self.counts) < len(self.elements):
            last = min(self.most_sites - sum(self.counts), len(words.PAIRS) - 1)
            return [words.PAIRS[n] for n in range(1, last + 1) if self._can_end((*self.counts, n))]
        ended = [words.COLON] if self._ends() else []
        return [*(self.free if self._goes_on() else ()), *ended]

    def push(self, word: str) -> FormulaGrammar | WyckoffGrammar:
        """What follows when `word`, one of `words`, is written."""
        if word == words.COLON:
            return WyckoffGrammar(self.elements, self.counts, self.most_sites, self.groups)
        if len(self.counts) < len(self.elements):
            return replace(self, counts=(*self.counts, int(word)))
        free = tuple(symbol for symbol in self.free if symbol != word)
        return replace(self, free=free, most=self.most - 1, elements=(*self.elements, word))

    def _ends(self) -> bool:
        needed = self.all_needed and bool(self.free)
        return not needed and _holds(tuple(sorted(self.counts)), self.most_sites, self.groups)

    def _goes_on(self) -> bool:
        most = range(1, self.most_sites - sum(self.counts) + 1)
        left = self.most - 1
        return left >= 0 and any(
            _can_end(_sorted(self.counts, n), left, self.all_needed, self.most_sites, self.groups)
            for n in most
        )

    def _can_end(self, counts: tuple[int, ...]) -> bool:
        ordered = tuple(sorted(counts))
        return _can_end(ordered, self.most, self.all_needed, self.most_sites, self.groups)


def _sorted(counts: tuple[int, ...], more: int) -> tuple[int, ...]:
    return tuple(sorted((*counts, more)))


@lru_cache(maxsize=65536)
def _holds(counts: tuple[int, ...], most_sites: int, groups: tuple[int, ...]) -> bool:
    """Whether a crystal can have such a formula."""
    if not counts or gcd(*counts) > 1 or sum(counts) > most_sites:
        return False
    return any(possible_units(number, counts, most_sites) for number in groups or (1,))


@lru_cache(maxsize=65536)
def _can_end(
    counts: tuple[int, ...], more: int, all_needed: bool, most_sites: int, groups: tuple[int, ...]
) -> bool:
    """Whether at most so many more elements, or just so many, make it the formula of a crystal."""
    if (not more or not all_needed) and _holds(counts, most_sites, groups):
        return True
    room = most_sites - sum(counts)
    return more > 0 and any(
        _can_end(_sorted(counts, n), more - 1, all_needed, most_sites, groups)
        for n in range(1, room + 1)
    )


@dataclass(frozen=True)
class InfillGrammar:
    """The element or the site that is masked, as far as it is written.

    Parameters
    ----------
    first
        Elements or letters to choose from.
    numbers
        Free numbers that still have to come; None before the first word.
    free
        How many numbers each of `first` has.
    """

    first: tuple[str, ...]
    free: tuple[int, ...]
    numbers: int | None = None

    @classmethod
    def of(cls, limits: CrystalLimits) -> InfillGrammar:
        """Nothing is written yet.

        Raises
        ------
        ParseError
            As `begin`.
        """
        crystal = masked_crystal(limits.asked)
        if words.ANY_ELEMENT in crystal:
            every = limits.elements or element_symbols()
            found = [symbol for symbol in every if symbol not in crystal]
            return cls(tuple(found), (0,) * len(found))
        known = positions(int(crystal[0].removeprefix("sg")))
        fit = _fitting(limits.asked.split(), crystal)
        if not fit:
            raise ParseError(f"no site fits {limits.asked[:80]!r}", reason="not_a_question")
        return cls(tuple(f"@{at}" for at in fit), tuple(len(known[at].axes) for at in fit))

    def words(self) -> list[str]:
        """List the words that may come next."""
        if self.numbers is None:
            return list(self.first)
        return list(words.PAIRS) if self.numbers > 0 else [words.END] * (self.numbers == 0)

    def push(self, word: str) -> InfillGrammar:
        """What follows when `word`, one of `words`, is written."""
        if self.numbers is None:
            return replace(self, numbers=self.free[self.first.index(word)])
        return replace(self, numbers=self.numbers - 1)


def _fitting(told: list[str], crystal: list[str]) -> list[str]:
    """Letters of positions that have as many points as atoms are missing."""
    number, bar = int(crystal[0].removeprefix("sg")), crystal.index(words.BAR)
    known, sites = positions(number), list(zip(crystal[2:bar:2], crystal[3:bar:2], strict=True))
    element = next(symbol for symbol, at in sites if at == words.ANY_LETTER)
    there = [(symbol, at.removeprefix("@")) for symbol, at in sites if at != words.ANY_LETTER]
    whole = int(told[told.index(element) + 1]) * int(crystal[1]) * primitive_share(number)
    missing = whole - sum(known[at].multiplicity for symbol, at in there if symbol == element)
    used = {at for _, at in there}
    return [
        letter
        for letter, each in known.items()
        if each.multiplicity == missing and (each.axes or letter not in used)
    ]
