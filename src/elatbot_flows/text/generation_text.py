"""ElaTBot's question for a material with a given Voigt bulk modulus, and its answer.

Models were trained on exact values alone, written with a decimal point (``198.0 GPa``). Ranges are
a wish that no training text contains; expect answers near the number rather than in the range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.formula import element_symbols, reduced_formula
from elatbot_flows.text.literal import parse_number, render_number

__all__ = ["ModulusRequest", "parse", "parse_answer", "render", "render_answer", "spell_system"]

_LARGEST = 1e5
_HEAD = "Generate a material chemical formula and its crystal system with a Voigt bulk modulus of "
_TAIL = (
    "K. Use scientific reasoning step-by-step and directly output the answer without additional "
    "comments, descriptions, or explanations."
)
_NUMBER = r"[0-9.]{1,20}"
_BODY = re.compile(
    rf"(?:(?P<exact>{_NUMBER})|less than (?P<below>{_NUMBER})|more than (?P<above>{_NUMBER})|"
    rf"between (?P<low>{_NUMBER}) and (?P<high>{_NUMBER})) GPa at a temperature of "
    rf"(?P<temperature>{_NUMBER})"
)
_FRACTIONS = re.compile(r"(?:[A-Z][a-z]?(?:[0-9]{1,3}(?:\.[0-9]{1,6})?)?){1,20}")
_SPELLING = {
    "Orthorhombic": "orthorhomabic",
    "Trigonal": "trigonal 1",
    "Tetragonal": "tetragonal 1",
}
_SYSTEMS = {system.lower(): system for system in CRYSTAL_SYSTEMS} | {
    spelled: system for system, spelled in _SPELLING.items()
}


@dataclass(frozen=True)
class ModulusRequest:
    """What is asked for.

    Parameters
    ----------
    minimum, maximum
        Voigt bulk modulus, GPa, rounded to 0.01 in the text; equal for an exact value, None for an
        open end.
    temperature
        In K.

    Raises
    ------
    TargetError
        If no bound is given, the bounds are reversed, or a number is negative or above 1e5.
    """

    minimum: float | None
    maximum: float | None
    temperature: float = 0.0

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        numbers = [*bounds, self.temperature]
        if not bounds or bounds != sorted(bounds) or not all(0 <= x < _LARGEST for x in numbers):
            raise TargetError(
                f"cannot ask for a bulk modulus between {self.minimum} and {self.maximum} GPa at "
                f"{self.temperature} K: give one bound at least, the smaller first, from 0 to 1e5"
            )


def render(request: ModulusRequest) -> str:
    """Write the question."""
    low, high = (
        None if bound is None else str(round(float(bound), 2))
        for bound in (request.minimum, request.maximum)
    )
    if low == high:
        wish = low
    elif low is None:
        wish = f"less than {high}"
    elif high is None:
        wish = f"more than {low}"
    else:
        wish = f"between {low} and {high}"
    temperature = render_number(request.temperature)
    return f"{_HEAD}{wish} GPa at a temperature of {temperature}{_TAIL}"


def parse(text: str) -> ModulusRequest:
    """Read what `render` writes, and the published questions with whole numbers.

    Raises
    ------
    ParseError
        With reason ``"not_a_generation_prompt"`` or ``"not_a_number"``.
    """
    body = text.removeprefix(_HEAD).removesuffix(_TAIL)
    match = _BODY.fullmatch(body)
    if len(text) != len(_HEAD) + len(body) + len(_TAIL) or not match:
        raise _not_generation(text)
    low, high = (
        next((parse_number(match[name]) for name in names if match[name]), None)
        for names in (("exact", "above", "low"), ("exact", "below", "high"))
    )
    try:
        return ModulusRequest(low, high, parse_number(match["temperature"]))
    except TargetError as error:
        raise _not_generation(text) from error


def _not_generation(text: str) -> ParseError:
    return ParseError(
        f"{text[:60]!r} is not a question for a material with a given bulk modulus",
        reason="not_a_generation_prompt",
    )


def render_answer(proposal: Proposal, temperature: float = 0.0) -> str:
    """Write the answer: ``"FeB, Orthorhombic"``.

    Parameters
    ----------
    proposal
        Formula and crystal system.
    temperature
        In K; above zero the crystal system is spelled as the training texts spell it there: in
        lower case, ``orthorhomabic``, ``trigonal 1``, ``tetragonal 1``.
    """
    return f"{proposal.formula}, {spell_system(proposal.crystal_system, temperature)}"


def spell_system(system: str, temperature: float) -> str:
    """Crystal system as answers at a temperature (K) spell it, see `render_answer`."""
    return _SPELLING.get(system, system.lower()) if temperature > 0 else system


def parse_answer(text: str) -> Proposal:
    """Read an answer, its crystal system in any of the spellings of the training texts.

    Raises
    ------
    ParseError
        With reason ``"not_a_material"``, ``"unknown_system"``, ``"not_a_formula"`` or
        ``"unknown_element"``.
    """
    formula, comma, system = text.strip().partition(",")
    if not comma:
        raise ParseError(
            f"{text[:60]!r} is not a material: expected an answer such as 'FeB, Orthorhombic'",
            reason="not_a_material",
        )
    name = _SYSTEMS.get(system.strip().lower())
    if name is None:
        raise ParseError(
            f"{system.strip()[:40]!r} is no crystal system: expected one of "
            f"{', '.join(CRYSTAL_SYSTEMS)}",
            reason="unknown_system",
        )
    return Proposal(_reduced(formula.strip()), name)


def _reduced(word: str) -> str:
    """Reduced formula; alloys with fractional counts, such as ``Ga1.58Cu98.42``, included."""
    if "." not in word:
        return reduced_formula(word)
    symbols = re.findall(r"[A-Z][a-z]?", word)
    if not _FRACTIONS.fullmatch(word):
        raise ParseError(f"{word[:60]!r} is not a formula", reason="not_a_formula")
    if not set(symbols) <= set(element_symbols()):
        raise ParseError(f"{word[:60]!r} holds an unknown element", reason="unknown_element")
    if not all(float(amount) > 0 for amount in re.findall(r"[0-9.]+", word)):
        raise ParseError(f"{word[:60]!r} has an element without atoms", reason="not_a_formula")
    from pymatgen.core.composition import Composition

    return str(Composition(word).reduced_formula)
