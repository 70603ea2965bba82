"""Decoding under a regular expression: which tokens may come next.

The automata are those of outlines-core (Willard & Louf 2023, arXiv:2307.09702). A guide is built
once per pattern and vocabulary; then asking for the next tokens costs a look-up.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

__all__ = ["Guide", "Guides", "guides_available"]

_BLANK = "\u2581"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_DONE = "\x03\x1c\x03"
"""Put after patterns: where a match could end or go on, outlines-core forbids tokens that go on in
the middle of something. With a word for the end no match is the beginning of another."""


def guides_available() -> bool:
    """Whether outlines-core is installed."""
    from importlib.util import find_spec

    return find_spec("outlines_core") is not None


class Guide:
    """The tokens that a pattern allows after each other.

    Parameters
    ----------
    index
        Automaton of outlines-core, or `elatbot_flows.engines.mini.grammar.MaterialIndex`.
    begin
        Its state where answers go on.
    end
        A number that the automaton has for the end of an answer, and the token that stands for it;
        None if they are the same.
    """

    def __init__(self, index: Any, begin: int, end: tuple[int, int] | None = None) -> None:
        self._index = index
        self._end = end
        self._allowed: dict[int, NDArray[np.int64]] = {}
        self.begin = begin

    def allowed(self, state: int) -> NDArray[np.int64]:
        """Numbers of the tokens that may come next; the token of the end after a full match."""
        if state not in self._allowed:
            tokens = set(self._index.get_allowed_tokens(state))
            if self._end and self._end[0] in tokens:
                tokens = tokens - {self._end[0]} | {self._end[1]}
            self._allowed[state] = np.array(sorted(tokens), dtype=np.int64)
        return self._allowed[state]

    def advance(self, state: int, token: int) -> int:
        """State after a token that was allowed and is not the end."""
        return int(self._index.get_next_state(state, token))


class Guides:
    """Guides for one tokenizer.

    Parameters
    ----------
    tokenizer
        Of a kind that says how its tokens are put together: bytes (GPT-2, Llama 3), pieces with a
        mark for blanks (Llama 2), or whole words.

    Raises
    ------
    EngineError
        If `guides_available` is false or the tokenizer is of another kind.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        if not guides_available():
            raise EngineError(
                "answers are held to a pattern by outlines-core: pip install "
                "outlines_core, or set guided=False to let the model answer freely"
            )
        from outlines_core import Vocabulary

        self._tokenizer = tokenizer
        self._kind = _kind(tokenizer)
        words: dict[bytes, list[int]] = {_DONE.encode(): [len(tokenizer)]}
        self._end = (len(tokenizer), int(tokenizer.eos_token_id))
        for token, number in tokenizer.get_vocab().items():
            spelled = _spell(token, self._kind)
            if number not in tokenizer.all_special_ids and _DONE[0].encode() not in spelled:
                words.setdefault(spelled, []).append(number)
        words.pop(b"", None)
        self._vocabulary = Vocabulary(len(tokenizer) + 1, words)
        self.guide = lru_cache(maxsize=256)(self._guide)

    def _guide(self, pattern: str, prefix: tuple[int, ...] = ()) -> Guide:
        """Guide of a pattern for what follows the tokens of `prefix`.

        Raises
        ------
        EngineError
            If the pattern cannot be followed with these tokens.
        """
        from outlines_core import Index

        try:
            index = Index(self._whole(pattern, prefix), self._vocabulary)
        except ValueError as error:
            raise EngineError(
                f"no tokens of this model spell {pattern[:60]!r} ({str(error)[-200:]}): leave the "
                "pattern out, or choose a model with a byte-level vocabulary"
            ) from error
        state = index.get_initial_state()
        for token in prefix:
            state = index.get_next_state(state, token)
        if state is None:
            raise EngineError(f"the beginning of the answer cannot be followed by {pattern[:60]!r}")
        return Guide(index, state, self._end)

    def _whole(self, pattern: str, prefix: Sequence[int]) -> str:
        """Pattern of all tokens of an answer as `_spell` writes them."""
        begin = re.escape(str(self._tokenizer.decode(list(prefix)))) if prefix else ""
        whole = f"{begin}(?:{pattern})"
        # Pieces may put a blank before an answer, which decoding takes away.
        spelled = {"words": f"{whole} ", "pieces": f" ?{whole}", "bytes": whole}[self._kind]
        return spelled + _DONE


def _kind(tokenizer: PreTrainedTokenizerBase) -> str:
    core = getattr(tokenizer, "backend_tokenizer", None)
    decoder = str(getattr(core, "decoder", None))
    if core is not None and "ByteLevel" in decoder:
        return "bytes"
    if core is not None and (_BLANK in decoder or "Metaspace" in decoder):
        return "pieces"
    if core is not None and core.decoder is None and "WordLevel" in type(core.model).__name__:
        return "words"
    raise EngineError(
        "patterns need a tokenizer of bytes, of pieces with blanks marked, or of whole words: set "
        "guided=False to let this model answer freely"
    )


def _spell(token: str, kind: str) -> bytes:
    """Bytes of a token. Words end with a blank, so that none is the beginning of another."""
    if kind == "words":
        return f"{token} ".encode()
    if kind == "bytes":
        letters = _letters()
        known = all(letter in letters for letter in token)
        return bytes(letters[letter] for letter in token) if known else token.encode()
    match = _BYTE.fullmatch(token)
    return bytes([int(match[1], 16)]) if match else token.replace(_BLANK, " ").encode()


@lru_cache(maxsize=1)
def _letters() -> dict[str, int]:
    """Letters that byte-level vocabularies write bytes with."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return {letter: byte for byte, letter in bytes_to_unicode().items()}
