"""Why a text is no crystal: a closed set of reasons, each with one sentence."""

from __future__ import annotations

from enum import StrEnum

from elatbot_flows.errors import ParseError

__all__ = ["Reason", "refusal"]


class Reason(StrEnum):
    """Why a text is no crystal."""

    EMPTY = "empty"
    UNKNOWN_FORMAT = "unknown_format"
    NO_CELL = "no_cell"
    NO_LENGTHS = "no_lengths"
    NO_SITES = "no_sites"
    BAD_SITE = "bad_site"
    UNKNOWN_ELEMENT = "unknown_element"
    CUT_OFF = "cut_off"
    AMBIGUOUS = "ambiguous"
    OTHER_TEXT = "other_text"
    OTHER_FORM = "other_form"
    TOO_LARGE = "too_large"
    DISORDERED = "disordered"
    IMPOSSIBLE_CELL = "impossible_cell"
    ATOMS_TOO_CLOSE = "atoms_too_close"
    UNKNOWN_SPACE_GROUP = "unknown_space_group"
    CONTRADICTS_FORMULA = "contradicts_formula"
    CONTRADICTS_CELL = "contradicts_cell"
    CONTRADICTS_SYMMETRY = "contradicts_symmetry"


_SENTENCES = {
    Reason.EMPTY: "there is no text",
    Reason.UNKNOWN_FORMAT: "this is in none of the forms that crystals are read from",
    Reason.NO_CELL: "three lengths and three angles of a cell are not where they should be",
    Reason.NO_LENGTHS: "there are three angles, but no three lengths before them",
    Reason.NO_SITES: "the cell has no atoms",
    Reason.BAD_SITE: "a site is not an element with three coordinates",
    Reason.UNKNOWN_ELEMENT: "a site names no chemical element",
    Reason.CUT_OFF: "the text ends before the crystal does",
    Reason.AMBIGUOUS: "the text says more than one thing",
    Reason.OTHER_TEXT: "there is text that is no part of the crystal",
    Reason.OTHER_FORM: "not written as the form has it; tolerant reading may take it",
    Reason.TOO_LARGE: "the text is longer, or the cell larger, than any that is read",
    Reason.DISORDERED: "a site is occupied in part",
    Reason.IMPOSSIBLE_CELL: "no crystal has a cell with these lengths and angles",
    Reason.ATOMS_TOO_CLOSE: "two atoms are nearer to each other than any two are",
    Reason.UNKNOWN_SPACE_GROUP: "the stated space group is none of the 230",
    Reason.CONTRADICTS_FORMULA: "the sites are not those of the stated formula",
    Reason.CONTRADICTS_CELL: "stated volume or formula units are not those of the cell",
    Reason.CONTRADICTS_SYMMETRY: "cell or sites cannot have the stated space group",
}
_SHOWN = 60


def refusal(reason: Reason, found: object = "") -> ParseError:
    """The error of a reason, with what was found as it stands in the text.

    Examples
    --------
    >>> str(refusal(Reason.UNKNOWN_ELEMENT, "hg"))
    "a site names no chemical element: 'hg'"
    """
    shown = str(found)[:_SHOWN]
    return ParseError(_SENTENCES[reason] + (f": {shown!r}" if shown else ""), reason=reason.value)
