"""Results of runs as plain JSON values, and in files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument

__all__ = ["candidate_json", "result_json", "say_left_out", "write_json"]


def say_left_out(unreadable: list[dict[str, Any]], console: Console) -> None:
    """Name the materials that could not be read, and why."""
    for one in unreadable:
        text = f"left out {one['source']}: {one['message']}"
        console.print(text, markup=False, soft_wrap=True)


def result_json(result: DesignResult) -> dict[str, Any]:
    """Run, counts, notes and all candidates, best first."""
    document = result.document
    return {
        "run": _plain(document.run.model_dump()),
        "counts": _plain(document.counts.model_dump()),
        "notes": list(document.notes),
        "candidates": [candidate_json(candidate) for candidate in result.candidates],
    }


def candidate_json(candidate: CandidateDocument) -> dict[str, Any]:
    """A candidate without the record of its run, which is the same for all."""
    fields: dict[str, Any] = _plain(candidate.model_dump(exclude={"run"}))
    return fields


def write_json(value: Any, path: Path) -> None:
    """Write standard JSON."""
    path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """JSON values; an edge of an interval that is infinite becomes null."""
    from monty.json import jsanitize

    return _finite(jsanitize(value, strict=True))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
