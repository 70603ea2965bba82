"""Answers that survive: an engine that writes down every answer and never asks twice."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.journal_files import JournalFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.text.question import Question

__all__ = ["RETRYABLE", "Journaled", "answer_keys"]

RETRYABLE = frozenset({"server_error", "timeout", "out_of_memory"})
"""Reasons of failures that may not come back another time, and so are not written down."""
_PLACES = frozenset({"url"})


class Journaled:
    """An engine with a journal; see `elatbot_flows.engines.base.Engine`.

    Every answer is in the journal before it is yielded. A call yields what the journal holds and
    asks the engine for the rest, so a run that was stopped goes on where it was.

    Parameters
    ----------
    engine
        Who is asked.
    folder
        Folder of the journal, made if absent. Any number of processes may use it at once, on file
        systems of clusters too: each writes to a file of its own.
    """

    def __init__(self, engine: Engine, folder: str | Path) -> None:
        self._engine = engine
        self._journal = JournalFolder(folder)

    @property
    def record(self) -> TextModelRecord:
        """Who answers."""
        return self._engine.record

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions, those first that were answered before.

        Raises
        ------
        EngineError
            As the engine, or if the journal cannot be read or written.
        """
        keys = answer_keys(self.record, questions, sampling)
        self._journal.refresh()
        missing = []
        for place, key in enumerate(keys):
            if key in self._journal:
                yield place, _read(self._journal[key])
            else:
                missing.append(place)
        if not missing:
            return
        asked = [questions[place] for place in missing]
        try:
            for number, answer in self._engine.complete(asked, sampling):
                place = missing[number]
                if not (isinstance(answer, Failure) and answer.reason in RETRYABLE):
                    self._journal.append(keys[place], _line(answer))
                yield place, answer
        finally:
            self._journal.close()


def answer_keys(
    record: TextModelRecord, questions: Sequence[Question], sampling: Sampling
) -> list[str]:
    """Names of answers in a journal: hashes of who is asked what and how.

    A question that comes twice has two answers. The address of a server is left out, for a server
    that is started again may get another one.
    """
    who = record.model_dump()
    who["settings"] = {k: v for k, v in record.settings.items() if k not in _PLACES}
    begin = hashlib.sha256(_json([who, asdict(sampling)]))
    seen: Counter[Question] = Counter()
    keys = []
    for question in questions:
        digest = begin.copy()
        digest.update(_json([asdict(question), seen[question]]))
        keys.append(digest.hexdigest())
        seen[question] += 1
    return keys


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _line(answer: list[Completion] | Failure) -> dict[str, Any]:
    if isinstance(answer, Failure):
        return {"failure": asdict(answer)}
    return {"completions": [asdict(completion) for completion in answer]}


def _read(line: dict[str, Any]) -> list[Completion] | Failure:
    if "failure" in line:
        return Failure(**line["failure"])
    return [Completion(**fields) for fields in line["completions"]]
