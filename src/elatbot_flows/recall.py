"""What depends on its question alone is kept on disk, so that no campaign computes it twice."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.files import cache_directory, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["TRANSIENT", "recalled"]

TRANSIENT = frozenset({"calculation_error", "potential_error"})
"""Reasons of failures that another try may better, such as a lack of memory: never kept."""

_DIGITS = 6
"""Decimals of a question that count: lengths in A, fractional coordinates, thresholds."""


def recalled(
    kind: str,
    question: Any,
    compute: Callable[[], Any],
    *,
    worth: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> tuple[dict[str, Any], bool]:
    """The answer to a question, computed unless a process that shares the cache already has it.

    Two processes that ask the same at once compute it once: the second waits for the first, also
    where the first is killed. Only the main thread of a process waits: crystals side by side wait
    for each other, and two processes could wait for each other's for ever. A cache that cannot be
    written costs time, and nothing else.

    Parameters
    ----------
    kind
        What is asked, a word that is a folder of the cache.
    question
        All that the answer depends on besides the version of this package.
    compute
        How to answer: an object of values that monty can make plain.
    worth
        Whether to keep an answer; not those that another try may better.

    Returns
    -------
    dict
        The answer, in plain values.
    bool
        Whether it was known.

    Raises
    ------
    StoreError
        If a file of the cache is not one of ours.
    """
    path = _path(kind, question)
    if path is None:
        return _plain(compute()), False
    if path.is_file():
        return _read(path), True
    with _alone(path) if _may_wait() else nullcontext():
        if path.is_file():
            return _read(path), True
        answer = _plain(compute())
        if worth(answer):
            with suppress(OSError):
                write_whole(path, json.dumps(answer))
        return answer, False


def _path(kind: str, question: Any) -> Path | None:
    from elatbot_flows import __version__

    text = json.dumps([__version__, _rounded(_plain(question))], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        return cache_directory() / "recall" / kind / digest[:2] / f"{digest}.json"
    except RuntimeError:  # a user without a home
        return None


def _plain(value: Any) -> Any:
    from monty.json import jsanitize

    return jsanitize(value, strict=True)


def _rounded(value: Any) -> Any:
    """The value with floats that are equal where they differ by rounding alone."""
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_rounded(member) for member in value]
    return round(value, _DIGITS) + 0.0 if isinstance(value, float) else value


def _read(path: Path) -> dict[str, Any]:
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(answer, dict):
            raise TypeError("no object")  # noqa: TRY301 - told with all other reasons
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{path} is no kept result ({error}); delete it") from error
    return answer


def _may_wait() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from computing the same; where files cannot be locked, they may."""
    from filelock import FileLock

    lock = FileLock(path.parent.parent / "locks" / f"{path.stem[:4]}.lock")
    held = False
    with suppress(OSError, NotImplementedError):
        path.parent.parent.joinpath("locks").mkdir(parents=True, exist_ok=True)
        lock.acquire()
        held = True
    try:
        yield
    finally:
        if held:
            lock.release()
