"""ElaTBot's answer to a question for an elastic tensor: six lists of six numbers in GPa.

Model text is never evaluated. `parse` accepts a symmetric matrix and nothing else;
`parse_tolerant` repairs what leaves no doubt and says what it repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import ParseError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["TensorAnswer", "parse", "parse_tolerant", "render"]

_WORD = re.compile(
    r"[\[\],]|[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.])", re.ASCII
)
_OTHER_UNIT = re.compile(
    r"^\s*(?:[*/+x\u00d7^-]|e[0-9])|"
    r"\b(?:(?:[kMT]?bars?|[kMT]?Pa|eV|psi|dynes?|dyn|hundreds?|thousands?)\b|10\s*\^)",
    re.IGNORECASE,
)
_FACTOR_BEFORE = re.compile(r"(?:[-*/+^\u00d7\u00b7\u2212]|(?<![^\W\d_])x|[0-9]\.?)\s*\(?\s*$")
_SECOND = re.compile(r"\[(?=\s*\[\s*[-+.0-9])", re.ASCII)
_BLANK = re.compile(r"\s*", re.ASCII)
_NEXT_TURN = "Human:"  # models that do not stop go on with a question of their own
_COARSEST = 1.0
_LARGEST = 1e100  # squares and sums of it are still finite
_SIZE = 6
_FULL = _SIZE * _SIZE


@dataclass(frozen=True, eq=False)
class TensorAnswer:
    """A tensor and how it was obtained from the text.

    Parameters
    ----------
    tensor
        In Voigt notation, GPa, shape (6, 6), symmetric.
    repairs
        What was repaired, in words of `parse_tolerant`; empty for a faultless answer.
    """

    tensor: NDArray[np.float64]
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Matrix:
    """Numbers as written, how many outer brackets are missing, and where the matrix ends."""

    words: list[str]
    missing_bracket: bool
    end: int


def render(tensor: ArrayLike) -> str:
    """Write a tensor as a list of lists of floats, as Python prints it.

    Parameters
    ----------
    tensor
        GPa, shape (6, 6), finite.

    Raises
    ------
    ParseError
        With reason ``"wrong_shape"`` or ``"not_finite"``.
    """
    array = np.asarray(tensor, dtype=float)
    if array.shape != (_SIZE, _SIZE):
        raise ParseError(f"a tensor is 6x6, not {array.shape}", reason="wrong_shape")
    if not np.isfinite(array).all():
        raise ParseError("a tensor needs finite numbers", reason="not_finite")
    # Adding zero turns -0.0 into 0.0.
    return str((array + 0.0).tolist())


def parse(text: str) -> NDArray[np.float64]:
    """Read what `render` writes, blanks between numbers and brackets ignored.

    Returns
    -------
    numpy.ndarray
        GPa, shape (6, 6), symmetric.

    Raises
    ------
    ParseError
        With reason ``"not_a_matrix"``, ``"unexpected_text"``, ``"wrong_shape"``, ``"not_finite"``,
        ``"unfinished"``, ``"trailing_text"`` or ``"asymmetric"``.
    """
    start = _skip(text, 0)
    matrix = _read(text, start)
    if matrix.missing_bracket:
        raise ParseError("the matrix ends before its last bracket", reason="unfinished")
    rest = text[matrix.end :].strip()
    if rest:
        raise ParseError(f"{rest[:60]!r} follows the matrix", reason="trailing_text")
    tensor = _numbers(matrix.words)
    if not np.array_equal(tensor, tensor.T):
        raise _asymmetric(tensor)
    return tensor


def parse_tolerant(text: str) -> TensorAnswer:
    """Read a tensor from an answer with faults that leave no doubt what was meant.

    The repairs are ``"leading_text"`` and ``"trailing_text"`` (left out), ``"missing_bracket"``
    (the last one, after a finished sixth row) and ``"asymmetric"`` (two entries that differ by no
    more than a unit of their last printed decimal, at most 1 GPa: their mean is taken).

    Raises
    ------
    ParseError
        As `parse`, and with reason ``"ambiguous"`` for two different matrices or ``"other_unit"``
        for words about a unit or factor other than GPa. Both are looked for up to ``Human:``, where
        a model goes on with a question of its own.
    """
    start = text.find("[")
    if start < 0:
        raise ParseError(f"{text[:60]!r} holds no matrix", reason="not_a_matrix")
    before = text[:start].strip()
    repairs = ["leading_text"] if before else []
    matrix = _read(text, start)
    rest = text[matrix.end :].strip()
    own = rest.partition(_NEXT_TURN)[0]
    _refuse_unit(before, own)
    if matrix.missing_bracket:
        repairs.append("missing_bracket")
    if rest:
        repairs.append("trailing_text")
        _refuse_second(own, matrix.words)
    tensor = _numbers(matrix.words)
    if not np.array_equal(tensor, tensor.T):
        if (np.abs(tensor - tensor.T) > _last_units(matrix.words) * (1 + 1e-6)).any():
            raise _asymmetric(tensor)
        tensor = 0.5 * tensor + 0.5 * tensor.T
        repairs.append("asymmetric")
    return TensorAnswer(tensor, tuple(repairs))


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _read(text: str, position: int) -> _Matrix:
    """Read ``[[n, n, ...], ...]`` from a position on; the last bracket alone may be missing."""
    position = _expect(text, position, "[")
    words: list[str] = []
    for row in range(1, _SIZE + 1):
        position = _expect(text, position, "[")
        numbers, position = _read_row(text, position, row)
        words += numbers
        if row < _SIZE:
            position = _expect(text, position, ",", f"row {row} is followed by no row")
    after = _skip(text, position)
    word = text[after : after + 1]
    if word == ",":
        raise ParseError("the matrix has more than six rows", reason="wrong_shape")
    return _Matrix(words, word != "]", after + 1 if word == "]" else position)


def _read_row(text: str, position: int, row: int) -> tuple[list[str], int]:
    """Numbers of one row after its bracket, and the position after its closing bracket."""
    numbers: list[str] = []
    while True:
        word, position = _next(text, position)
        if word in "[],":
            raise ParseError(f"row {row} has {word!r} where a number belongs", "wrong_shape")
        numbers.append(word)
        word, position = _next(text, position)
        if word == "]":
            break
        if word != ",":
            raise ParseError(f"row {row} has {word[:20]!r} after a number", "unexpected_text")
    if len(numbers) != _SIZE:
        raise ParseError(f"row {row} has {len(numbers)} numbers, not 6", reason="wrong_shape")
    return numbers, position


def _next(text: str, position: int) -> tuple[str, int]:
    """The next bracket, comma or number, and the position after it."""
    position = _skip(text, position)
    if position == len(text):
        raise ParseError("the text ends inside the matrix", reason="unfinished")
    match = _WORD.match(text, position)
    if match is None:
        found = text[position : position + 20]
        reason = (
            "not_finite"
            if re.match(r"[+-]?(?:nan|inf)", found, re.IGNORECASE)
            else "unexpected_text"
        )
        raise ParseError(f"{found!r} is neither a finite number nor a bracket", reason=reason)
    return match[0], match.end()


def _expect(text: str, position: int, wanted: str, why: str = "") -> int:
    position = _skip(text, position)
    if position == len(text):
        reason = "unfinished" if text.strip() else "not_a_matrix"
        raise ParseError(why or f"the text ends where {wanted!r} belongs", reason=reason)
    found = text[position]
    if found != wanted:
        wrong_shape = found in "[],"
        raise ParseError(
            why or f"found {text[position : position + 20]!r} where {wanted!r} belongs",
            reason="wrong_shape" if wrong_shape else "not_a_matrix",
        )
    return position + 1


def _numbers(words: list[str]) -> NDArray[np.float64]:
    values = [float(word) for word in words]
    if not all(abs(value) < _LARGEST for value in values):
        raise ParseError("a number of the matrix is too large", reason="not_finite")
    return np.array(values).reshape(_SIZE, _SIZE) + 0.0


def _last_units(words: list[str]) -> NDArray[np.float64]:
    """Unit of the last decimal of each pair of entries, GPa: the coarser of the two."""
    units = [0.0 if "e" in word.lower() else _unit(word) for word in words]
    matrix = np.array(units).reshape(_SIZE, _SIZE)
    return np.asarray(np.maximum(matrix, matrix.T))


def _unit(word: str) -> float:
    decimals = len(word.partition(".")[2])
    return float(10.0**-decimals) if decimals else _COARSEST


def _refuse_second(rest: str, words: list[str]) -> None:
    """A second, different matrix leaves in doubt which one is the answer."""
    for match in _SECOND.finditer(rest):
        try:
            second = _read(rest, match.start())
        except ParseError:
            continue
        if [float(word) for word in second.words] != [float(word) for word in words]:
            raise ParseError("the text holds two different matrices", reason="ambiguous")


def _refuse_unit(before: str, rest: str) -> None:
    found = _OTHER_UNIT.search(rest) or _OTHER_UNIT.search(before)
    found = found or _FACTOR_BEFORE.search(before[-40:])
    if found:
        raise ParseError(
            f"{found[0]!r} next to the matrix suggests another unit than GPa", reason="other_unit"
        )


def _asymmetric(tensor: NDArray[np.float64]) -> ParseError:
    difference = np.abs(tensor - tensor.T)
    i, j = sorted(int(k) for k in np.unravel_index(difference.argmax(), difference.shape))
    return ParseError(
        f"C{i + 1}{j + 1} = {tensor[i, j]:g} GPa but C{j + 1}{i + 1} = {tensor[j, i]:g} GPa: "
        "an elastic tensor is symmetric",
        reason="asymmetric",
    )
