"""Matrices that are symmetric because the model writes each pair of entries only once.

That C_ij equals C_ji is beyond a regular expression. But a matrix can be written row by row: what
stands below the diagonal is known when a row begins and is given to the model as the beginning of
its answer. Every answer is then a symmetric tensor, and 15 of 36 numbers cost no generation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import EngineError
from elatbot_flows.text import patterns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.question import Question

__all__ = ["SymmetricMatrices"]

_SIZE = 6
_SEED_STEP = 1_000_003


@dataclass
class _Draft:
    """One sample being written: which question, which sample, what stands there so far."""

    question: int
    sample: int
    text: str = ""
    completion: Completion | None = None

    def rows(self) -> list[list[str]]:
        """Numbers of the rows that are finished, as they were written."""
        found = re.findall(r"\[([^\[\]]*)\]", self.text)
        return [row.split(", ") for row in found]

    def begin_row(self) -> str:
        """What is known of the next row, after all rows before it.

        It ends where a token ends: vocabularies put the blank before a number to its sign.
        """
        rows = self.rows()
        return f"{self.text} [{', '.join(row[len(rows)] for row in rows)}," if rows else ""

    def take(self, completion: Completion, prefix: str) -> None:
        """Add a row, and the cost of it."""
        self.text = prefix + completion.text
        if self.completion is not None:
            tokens = self.completion.completion_tokens + completion.completion_tokens
            completion = replace(self.completion, completion_tokens=tokens)
        self.completion = replace(completion, text=self.text)


def _row_pattern(row: int) -> str:
    """What has to be written of a row; many vocabularies have one token for its end, ``],``."""
    numbers = ", ".join([patterns.NUMBER] * (_SIZE - row))
    begin = " " if row else r"\[\["
    return begin + numbers + (r"\]\]" if row == _SIZE - 1 else r"\],")


class SymmetricMatrices:
    """An engine whose answers under `elatbot_flows.text.patterns.MATRIX` are symmetric matrices.

    Other questions go through unchanged. The engine must decode under patterns; one that keeps
    what it computed for a prompt (prefix caching) spends little on the six rounds.

    Parameters
    ----------
    engine
        The engine that is asked, once for each row.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def record(self) -> TextModelRecord:
        """Record of the engine, with ``symmetric_matrices`` among its settings."""
        record = self._engine.record
        settings = {**record.settings, "symmetric_matrices": True}
        return record.model_copy(update={"settings": settings})

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions, see `elatbot_flows.engines.base.Engine.complete`."""
        places = [i for i, question in enumerate(questions) if question.pattern == patterns.MATRIX]
        others = [i for i, question in enumerate(questions) if question.pattern != patterns.MATRIX]
        if others:
            for i, result in self._engine.complete([questions[i] for i in others], sampling):
                yield others[i], result
        if places:
            yield from self._matrices(questions, places, sampling)

    def _matrices(
        self, questions: Sequence[Question], places: list[int], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        drafts = {(i, s): _Draft(i, s) for i in places for s in range(sampling.samples)}
        failures: dict[int, Failure] = {}
        for row in range(_SIZE):
            for sample in range(sampling.samples):
                going = [drafts[i, sample] for i in places if i not in failures]
                failures |= self._write_row(questions, going, sampling, row)
        for i in places:
            written = [drafts[i, sample] for sample in range(sampling.samples)]
            yield i, failures.get(i) or [_finished(draft, sampling) for draft in written]

    def _write_row(
        self, questions: Sequence[Question], drafts: list[_Draft], sampling: Sampling, row: int
    ) -> dict[int, Failure]:
        """Write one more row of some drafts; returns what failed."""
        pattern = _row_pattern(row)
        prefixes = [draft.begin_row() for draft in drafts]
        asked = [
            replace(questions[draft.question], pattern=pattern, prefix=prefix)
            for draft, prefix in zip(drafts, prefixes, strict=True)
        ]
        # Samples that happen to begin alike must not go on alike.
        seed = sampling.seed + _SEED_STEP * drafts[0].sample if drafts else 0
        failures = {}
        for i, result in self._engine.complete(asked, replace(sampling, samples=1, seed=seed)):
            if isinstance(result, Failure):
                failures[drafts[i].question] = result
                continue
            if not re.fullmatch(pattern, result[0].text):
                failures[drafts[i].question] = _cut_off(result[0], sampling)
                continue
            drafts[i].take(result[0], prefixes[i])
        return failures


def _finished(draft: _Draft, sampling: Sampling) -> Completion:
    if draft.completion is None:
        raise EngineError("the engine left a question without an answer")
    settings = {**draft.completion.sampling, "index": draft.sample}
    return replace(draft.completion, seed=sampling.seed, sampling=settings)


def _cut_off(completion: Completion, sampling: Sampling) -> Failure:
    return Failure(
        "pattern_not_matched",
        f"a row of the matrix ended as {completion.text[:60]!r}: allow more than "
        f"{sampling.max_tokens} tokens, or use an engine that decodes under patterns",
    )
