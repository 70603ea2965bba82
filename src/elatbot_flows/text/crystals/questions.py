"""What crystal-text-llm is asked: a crystal by any of its conditions, or a masked element.

The words are those of its prompts, which its models were trained on. Conditions that are not
stated are left out; the original always states the formula when it states anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import number
from elatbot_flows.text.formula import element_symbols, parse_formula
from elatbot_flows.text.literal import render_number

__all__ = [
    "MASK",
    "WORDS",
    "CrystalRequest",
    "fill",
    "mask",
    "parse_element",
    "parse_generation",
    "parse_infill",
    "render_generation",
    "render_infill",
]

MASK = "[MASK]"
_BEGIN = "Below is a description of a bulk material. "
_END = (
    "Generate a description of the lengths and angles of the lattice vectors and then the element "
    "type and coordinates for each atom within the lattice:\n"
)
_INFILL = (
    "Below is a partial description of a bulk material where one element has been replaced with "
    f'the string "{MASK}":\n'
)
_INFILL_END = f"\nGenerate an element that could replace {MASK} in the bulk material:\n"
WORDS = {
    "formula": "chemical formula",
    "formation_energy": "formation energy per atom",
    "band_gap": "band gap",
    "above_hull": "energy above the convex hull",
    "space_group": "spacegroup number",
}
"""What crystal-text-llm calls what may be said of a crystal."""
_SENTENCE = re.compile(rf"The ({'|'.join(WORDS.values())}) is (\S+)\. ")
_DECIMALS = 4
_LAST_GROUP = 230


@dataclass(frozen=True)
class CrystalRequest:
    """A crystal that is wanted; what is None is left open.

    Parameters
    ----------
    formula
        Chemical formula.
    formation_energy
        eV/atom.
    band_gap
        eV.
    above_hull
        Energy above the convex hull, eV/atom.
    space_group
        International number.
    units
        Formula units in the cell, which only the CIF forms can say; they take one where it is open.
    bulk_modulus, shear_modulus
        GPa, and
    crystal_system, elements
        one of `elatbot_flows.targets.CRYSTAL_SYSTEMS`, and all elements of the crystal, which only
        words of Wyckoff positions can say.
    allowed, most_elements, most_sites
        Elements to choose from, how many different ones at most, and most atoms of the primitive
        cell: nothing that is said, but what answers in Wyckoff positions are held to.

    Raises
    ------
    ParseError
        For a formula that is none, or with reason ``"unknown_space_group"``.
    """

    formula: str | None = None
    formation_energy: float | None = None
    band_gap: float | None = None
    above_hull: float | None = None
    space_group: int | None = None
    units: int | None = None
    bulk_modulus: float | None = None
    shear_modulus: float | None = None
    crystal_system: str | None = None
    elements: tuple[str, ...] | None = None
    allowed: tuple[str, ...] | None = None
    most_elements: int | None = None
    most_sites: int = 40

    def __post_init__(self) -> None:
        if self.formula is not None:
            parse_formula(self.formula)
        if self.space_group is not None and not 1 <= self.space_group <= _LAST_GROUP:
            raise refusal(Reason.UNKNOWN_SPACE_GROUP, self.space_group)

    @property
    def stated(self) -> frozenset[str]:
        """Names of what is said."""
        said = {f.name for f in fields(self)} - {"allowed", "most_elements", "most_sites"}
        return frozenset(name for name in said if getattr(self, name) is not None)


def render_generation(request: CrystalRequest) -> str:
    """Ask for a crystal.

    Examples
    --------
    >>> print(render_generation(CrystalRequest("GaTe", space_group=194))[43:109])
    The chemical formula is GaTe. The spacegroup number is 194. Genera
    """
    said = {name: getattr(request, name) for name in WORDS if name in request.stated}
    sentences = (f"The {WORDS[name]} is {_value(value)}. " for name, value in said.items())
    return _BEGIN + "".join(sentences) + _END


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else _float(value)


def _float(value: float) -> str:
    """Four decimals at most; whole numbers of energies keep their ``.0`` as the original's do."""
    rounded = round(value, _DECIMALS)
    return render_number(rounded) if isinstance(value, int) else repr(rounded)


def parse_generation(text: str) -> CrystalRequest:
    """Read what `render_generation` writes, with the sentences in any order.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"``, or as `CrystalRequest`.
    """
    middle = text.removeprefix(_BEGIN).removesuffix(_END)
    said = _SENTENCE.findall(middle)
    names = {words: name for name, words in WORDS.items()}
    whole = text.startswith(_BEGIN) and text.endswith(_END) and not _SENTENCE.sub("", middle)
    if not whole or len(dict(said)) != len(said):
        raise _no_question(text)
    values: dict[str, str | float] = {names[words]: value for words, value in said}
    for name in set(values) - {"formula"}:
        read = number(str(values[name]))
        if read is None or (name == "space_group" and not read.is_integer()):
            raise _no_question(text)
        values[name] = int(read) if name == "space_group" else read
    return CrystalRequest(**values)  # type: ignore[arg-type]


def mask(text: str, element: str) -> str:
    r"""Put the mask in place of an element, in the lines that are that element and no others.

    The original replaces the letters wherever they stand, so that C also hits Ca, Cl and Co.

    Raises
    ------
    ParseError
        With reason ``"unknown_element"`` if no line is that element.

    Examples
    --------
    >>> mask("C\n0.00 0.00 0.00\nCa\n0.50 0.50 0.50", "C").splitlines()[::2]
    ['[MASK]', 'Ca']
    """
    lines = text.split("\n")
    if element not in lines or element not in element_symbols():
        raise refusal(Reason.UNKNOWN_ELEMENT, element)
    return "\n".join(MASK if line == element else line for line in lines)


def fill(masked: str, element: str) -> str:
    """Put an element in place of the mask.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"`` if no line is the mask, or ``"unknown_element"``.
    """
    lines = masked.split("\n")
    if MASK not in lines:
        raise _no_question(masked)
    symbol = parse_element(element)
    return "\n".join(symbol if line == MASK else line for line in lines)


def render_infill(masked: str) -> str:
    """Ask for the element behind the mask."""
    return _INFILL + masked + _INFILL_END


def parse_infill(text: str) -> str:
    """The masked crystal of a question.

    Raises
    ------
    ParseError
        With reason ``"not_a_question"``.
    """
    masked = text.removeprefix(_INFILL).removesuffix(_INFILL_END)
    if render_infill(masked) != text or MASK not in masked.split("\n"):
        raise _no_question(text)
    return masked


def parse_element(text: str, *, tolerant: bool = False) -> str:
    """Element that an answer names; tolerant reading takes the first line and leaves out blanks.

    Raises
    ------
    ParseError
        With reason ``"empty"`` or ``"unknown_element"``.
    """
    lines = text.strip().splitlines() if tolerant else [text]
    word = lines[0].strip() if tolerant and lines else text
    if not word.strip():
        raise refusal(Reason.EMPTY)
    if word not in element_symbols():
        raise refusal(Reason.UNKNOWN_ELEMENT, word)
    return word


def _no_question(text: str) -> ParseError:
    return ParseError(f"{text[:60]!r} asks for no crystal in known words", reason="not_a_question")
