"""Job: count what became of the materials of all chunks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.documents import PredictionSummary, Rate, TextPrediction

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["count_predictions"]

_SYMMETRIC = 0.01


@job(output_schema=PredictionSummary)
def count_predictions(
    chunks: list[list[TextPrediction]], uuids: list[str] | None = None
) -> PredictionSummary:
    """Count predictions; every rate says of how many.

    Parameters
    ----------
    chunks
        Outputs of jobs that predict lists of materials, at least one prediction in all.
    uuids
        Of these jobs.
    """
    documents = [document for chunk in chunks for document in chunk]
    answers = [answer for document in documents for answer in document.completions]
    readable = [answer for answer in answers if "reason" not in answer]
    tensors = [document for document in documents if document.elastic_tensor is not None]
    distances = [d.symmetry_distance for d in tensors if d.symmetry_distance is not None]
    return PredictionSummary(
        task=documents[0].task,
        model=documents[0].model,
        predicted=_rate(document.status == "predicted" for document in documents),
        answers_readable=Rate.make(len(readable), len(answers)),
        answers_repaired=_rate(bool(answer["repairs"]) for answer in readable),
        born_stable=_rate(document.born_stable is True for document in tensors),
        symmetric=_rate(distance <= _SYMMETRIC for distance in distances),
        reasons=dict(Counter(str(d.reason) for d in documents if d.status == "failed")),
        answer_reasons=dict(Counter(str(a["reason"]) for a in answers if "reason" in a)),
        prompt_tokens=_total(documents, "prompt_tokens"),
        completion_tokens=sum(answer["completion_tokens"] for answer in answers),
        chunks=_places(chunks, uuids or []),
    )


def _rate(kept: Iterable[bool]) -> Rate:
    each = list(kept)
    return Rate.make(sum(each), len(each))


def _total(documents: Iterable[TextPrediction], name: str) -> int:
    """Sum over documents, each question counted once however many answers it has."""
    return sum(int(document.completions[0][name]) for document in documents if document.completions)


def _places(chunks: list[list[TextPrediction]], uuids: list[str]) -> list[dict[str, Any]]:
    found, first = [], 0
    for uuid, chunk in zip(uuids, chunks, strict=bool(uuids)):
        found.append({"uuid": uuid, "first": first, "materials": len(chunk)})
        first += len(chunk)
    return found
