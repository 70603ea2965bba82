"""The automaton of a grammar whose words are the tokens of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WordIndex"]


class WordIndex:
    """What may come next, for `elatbot_flows.engines.guides.Guide`.

    States get their numbers when they are met.

    Parameters
    ----------
    first
        An answer of which nothing is written yet. It has ``words()`` that may come next, and
        ``push(word)`` gives what follows; equal ones go on alike.
    ids
        Token number of every word.
    """

    def __init__(self, first: Any, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self._words = {number: word for word, number in ids.items()}
        self._states = [first]
        self._numbers = {first: 0}

    def get_initial_state(self) -> int:
        """State before the first word."""
        return 0

    def get_allowed_tokens(self, state: int) -> list[int]:
        """Numbers of the words that may come next."""
        return [self._ids[word] for word in self._states[state].words()]

    def get_next_state(self, state: int, token: int) -> int:
        """State after a word that was allowed."""
        following = self._states[state].push(self._words[token])
        if following not in self._numbers:
            self._numbers[following] = len(self._states)
            self._states.append(following)
        return self._numbers[following]
