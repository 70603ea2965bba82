"""What a job is given: its references replaced by what they lead to, in plain form.

jobflow decodes whole outputs, copies them several times in search of further references, and looks
each one up anew. Most outputs hold none, and an input is compared with others in its plain form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bson
from jobflow.core.reference import OutputReference
from monty.json import MontyDecoder, jsanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Job, JobStore

__all__ = ["inputs_of", "supply"]

_CLASS = OutputReference.__name__
_ELSEWHERE = (_CLASS.encode(), b"blob_uuid")
"""In outputs that hold references, or whose large parts lie in other stores."""


def inputs_of(job: Job, store: JobStore) -> list[Any]:
    """Arguments of a job in plain form: those with a place, and those with a name.

    Parameters
    ----------
    job
        The job.
    store
        Where outputs are.

    Raises
    ------
    ValueError
        If there is no such output, and the job cannot do without.
    """
    given = [list(job.function_args), job.function_kwargs]
    plain = jsanitize(given, strict=True, enum_values=True, allow_bson=True)
    filled: list[Any] = _Inputs(store, job.config.on_missing_references).filled(plain)
    return filled


def supply(job: Job, inputs: Sequence[Any]) -> None:
    """Give a job the inputs of `inputs_of`; it looks for no references any more."""
    arguments, named = MontyDecoder().process_decoded(list(inputs))
    job.function_args, job.function_kwargs = tuple(arguments), named
    job.config = replace(job.config, resolve_references=False)


class _Inputs:
    """Outputs that references lead to, each read once."""

    def __init__(self, store: JobStore, on_missing: Any) -> None:
        self._store = store
        self._on_missing = on_missing
        self._known: dict[str, Any] = {}

    def filled(self, value: Any) -> Any:
        """A plain value with outputs in the place of references."""
        if isinstance(value, dict):
            if value.get("@class") == _CLASS:
                return self._led_to(value)
            return {name: self.filled(member) for name, member in value.items()}
        return [self.filled(member) for member in value] if isinstance(value, list) else value

    def _led_to(self, reference: dict[str, Any]) -> Any:
        try:
            value = self._output(reference["uuid"])
            for _, name in reference["attributes"]:
                value = value[name]
        except (LookupError, TypeError):  # not there or elsewhere, or a property of an object
            there: OutputReference = MontyDecoder().process_decoded(reference)
            found = there.resolve(self._store, on_missing=self._on_missing)
            return jsanitize(found, strict=True, enum_values=True, allow_bson=True)
        return value

    def _output(self, uuid: str) -> Any:
        """Output of a job that is all in one place.

        Raises
        ------
        LookupError
            If it holds references, parts of it lie in other stores, or there is none.
        """
        if uuid not in self._known:
            found = self._store.query_one({"uuid": uuid}, ["output"], {"index": -1})
            if found is None or _is_scattered(found["output"]):
                raise LookupError(uuid)
            self._known[uuid] = found["output"]
        return self._known[uuid]


def _is_scattered(output: Any) -> bool:
    text = bson.encode({"output": output})
    return any(mark in text for mark in _ELSEWHERE)
