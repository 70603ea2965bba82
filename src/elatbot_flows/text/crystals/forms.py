"""The forms by name, and which one a text is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import brackets, cif, json_text, lines
from elatbot_flows.text.crystals.reasons import Reason, refusal

if TYPE_CHECKING:
    from elatbot_flows.text.crystals.written import WrittenCrystal

__all__ = ["FORMS", "form_of", "parse_crystal"]


class Parse(Protocol):
    """How a form is read."""

    def __call__(self, text: str, *, tolerant: bool = False) -> WrittenCrystal:
        """A crystal of a text."""


FORMS: dict[str, Parse] = {
    "crystal-text-llm": lines.parse,
    "llamat-json": json_text.parse,
    "crystallm": cif.parse,
    "crystallm-pi": brackets.parse,
}
"""Readers by name of the form."""


def form_of(text: str) -> str:
    """Which form a text is in, by what no other form has.

    Raises
    ------
    ParseError
        With reason ``"empty"``.

    Examples
    --------
    >>> form_of("data_[Na2Cl2]"), form_of("2.9 2.9 2.9")
    ('crystallm-pi', 'crystal-text-llm')
    """
    if not text.strip():
        raise refusal(Reason.EMPTY)
    if re.search(r"^\s*(?:<bos>|data_\[)", text, re.MULTILINE):
        return "crystallm-pi"
    if re.search(r"^\s*data_", text, re.MULTILINE):
        return "crystallm"
    return "llamat-json" if '"lengths"' in text or text.strip()[0] == "{" else "crystal-text-llm"


def parse_crystal(text: str, form: str | None = None, *, tolerant: bool = False) -> WrittenCrystal:
    """Read a crystal in any of the forms.

    Parameters
    ----------
    text
        A text.
    form
        One of `FORMS`; found by `form_of` if None.
    tolerant
        Repair what leaves no doubt, and say so.

    Raises
    ------
    ParseError
        With a `elatbot_flows.text.crystals.reasons.Reason`.
    """
    name = form or form_of(text)
    if name not in FORMS:
        raise ParseError(
            f"there is no form {name!r}: choose from {', '.join(FORMS)}",
            reason=Reason.UNKNOWN_FORMAT.value,
        )
    return FORMS[name](text, tolerant=tolerant)
