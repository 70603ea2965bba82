"""What is asked for in words: a crystal by conditions, or what is masked in one.

::

    complete Al 01 Ni 01 :                                      sg221 01 Al @a Ni @b /
    complete Ti 01 O 02 sg136 :                                 sg136 02 Ti @a O @f / 00 64 30
    generate Al Ni bulk 79 shear 66 Cubic :                     Al 01 Ni 01 : sg221 01 Al @a Ni @b /
    infill ? 01 Ni 01 sg221 01 ? @a Ni @b / :                   Al
    infill Ti 01 O 02 sg136 02 Ti @a O @? / 00 64 :             @f 30

Moduli are a word each: n stands for ``600**(n / 99)`` GPa, so that every word is 6.7 % more than
the one before. Elements of ``generate`` are all of the crystal.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.positions import free_of_lattice_count, positions
from elatbot_flows.text.wyckoff.protostructure import Protostructure

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "fill",
    "mask_element",
    "mask_site",
    "modulus_word",
    "render_formula",
    "render_question",
]

_LARGEST = 600.0
"""GPa."""


def modulus_word(modulus: float) -> str:
    """The word of a modulus (GPa); smaller ones than 1 and larger ones than 600 get the last words.

    Examples
    --------
    >>> modulus_word(160.0), modulus_word(171.0)
    ('79', '80')
    """
    place = round((len(words.PAIRS) - 1) * log(max(modulus, 1.0)) / log(_LARGEST))
    return words.PAIRS[min(place, len(words.PAIRS) - 1)]


def render_formula(elements: Sequence[str], counts: Sequence[int]) -> str:
    """Elements and their numbers of atoms.

    Raises
    ------
    ParseError
        With reason ``"too_many_atoms"`` if a number has more than two digits.
    """
    both = zip(elements, counts, strict=True)
    return " ".join(f"{symbol} {words.pair(count)}" for symbol, count in both)


def render_question(
    elements: Sequence[str] = (),
    counts: Sequence[int] | None = None,
    space_group: int | None = None,
    crystal_system: str | None = None,
    *,
    bulk_modulus: float | None = None,
    shear_modulus: float | None = None,
) -> str:
    """Ask for a crystal.

    Parameters
    ----------
    elements, counts
        In the order of `elatbot_flows.text.wyckoff.protostructure.slots_of`, atoms of a formula
        unit; without counts the formula is left open, and without elements these, too.
    space_group, crystal_system, bulk_modulus, shear_modulus
        None to leave them open; moduli in GPa.

    Raises
    ------
    ParseError
        As `render_formula`.

    Examples
    --------
    >>> render_question(("Al", "Ni"), (1, 1), 221)
    'complete Al 01 Ni 01 sg221 :'
    >>> render_question(bulk_modulus=160.0, crystal_system="Cubic")
    'generate bulk 79 Cubic :'
    """
    complete, generate, _ = words.TASKS
    said = [generate, *elements] if counts is None else [complete, render_formula(elements, counts)]
    for word, modulus in ((words.BULK, bulk_modulus), (words.SHEAR, shear_modulus)):
        said += [] if modulus is None else [word, modulus_word(modulus)]
    said += [] if crystal_system is None else [crystal_system]
    said += [] if space_group is None else [words.group_word(space_group)]
    return " ".join([*said, words.COLON])


def mask_element(crystal: Protostructure, element: str) -> str:
    """Ask which element sits on all sites of one.

    What comes first when elements are as many is told by the others alone, so that the order gives
    nothing away.

    Raises
    ------
    ParseError
        With reason ``"unknown_element"`` if the crystal has none of it, or as `words.render`.
    """
    if element not in crystal.elements:
        raise ParseError(f"there is no {element} in the crystal", reason="unknown_element")
    hidden = _hidden(crystal, element)
    told = [words.ANY_ELEMENT if word == _STAND_IN else word for word in _whole(hidden).split()]
    return " ".join(told)


_STAND_IN = "He"
"""Comes before all other elements, and is in no crystal."""


def _hidden(crystal: Protostructure, element: str) -> Protostructure:
    """The same crystal with another element in place of one."""
    from elatbot_flows.text.wyckoff.description import protostructure_of

    if element == _STAND_IN:
        raise ParseError("helium cannot be masked", reason="unknown_element")
    counts = crystal.kind.counts
    if counts.count(counts[crystal.elements.index(element)]) == 1:
        named = tuple(_STAND_IN if symbol == element else symbol for symbol in crystal.elements)
        return Protostructure(crystal.kind, named, crystal.lattice, crystal.coordinates)
    structure = crystal.structure()
    structure.replace_species({element: _STAND_IN})
    return protostructure_of(structure)


def mask_site(crystal: Protostructure, place: int) -> str:
    """Ask where the site is that is the `place`-th of the crystal.

    Raises
    ------
    ParseError
        As `words.render`.
    """
    told = _whole(crystal).split()
    bar, number = told.index(words.BAR), crystal.kind.spacegroup
    at, length = _numbers_of(crystal.kind.sites, number, place)
    told[bar - 2 * (len(crystal.kind.sites) - place) + 1] = words.ANY_LETTER
    del told[bar + 1 + at : bar + 1 + at + length]
    return " ".join(told)


def _whole(crystal: Protostructure) -> str:
    infill = words.TASKS[2]
    formula = render_formula(crystal.elements, crystal.kind.formula_counts)
    return f"{infill} {formula} {words.render(crystal)} {words.COLON}"


def _numbers_of(sites: Sequence[tuple[int, str]], number: int, place: int) -> tuple[int, int]:
    """Where the numbers of a site begin behind the bar, and how many they are."""
    known, lattice = positions(number), 2 * sum(free_of_lattice_count(number))
    before = sum(len(known[letter].axes) for _, letter in sites[:place])
    return lattice + before, len(known[sites[place][1]].axes)


def fill(question: str, answer: str) -> str:
    """The crystal in words that an answer makes of a masked one.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"`` or ``"not_an_answer"``.
    """
    crystal = masked_crystal(question)
    if words.ANY_ELEMENT in crystal:
        symbol = answer.strip()
        return " ".join(symbol if word == words.ANY_ELEMENT else word for word in crystal)
    letter, *numbers = answer.split() or [""]
    bar, number = crystal.index(words.BAR), int(crystal[0].removeprefix("sg"))
    place = crystal.index(words.ANY_LETTER)
    crystal[place] = letter
    sites = [(0, word.removeprefix("@")) for word in crystal[3:bar:2]]
    if any(at not in positions(number) for _, at in sites):
        raise ParseError(f"{answer!r} is no site of {crystal[0]}", reason="not_an_answer")
    begin, length = _numbers_of(sites, number, (place - 3) // 2)
    if len(numbers) != length:
        raise ParseError(f"{answer!r} has not {length} numbers", reason="not_an_answer")
    crystal[bar + 1 + begin : bar + 1 + begin] = numbers
    return " ".join(crystal)


def masked_crystal(question: str) -> list[str]:
    """Words of the masked crystal of a question.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"``.
    """
    told = question.removeprefix(words.BEGIN).split()
    begin = next((at for at, word in enumerate(told) if word.startswith("sg")), 0)
    masked = {words.ANY_ELEMENT, words.ANY_LETTER} & set(told[begin:])
    whole = told[:1] == [words.TASKS[2]] and told[-1:] == [words.COLON] and words.BAR in told
    if not whole or not begin or len(masked) != 1:
        raise ParseError(f"{question[:80]!r} masks nothing", reason="not_a_question")
    return told[begin:-1]
