"""Candidates outside of runs: what judges and text models said in flows of people's own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.entries import described
from elatbot_flows.database.gather import completed_at, tags_of
from elatbot_flows.documents import (
    CandidateDocument,
    ElasticResult,
    Evidence,
    MethodRecord,
    TextPrediction,
)
from elatbot_flows.documents.published import Kind, PublishedCandidate, RunSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LOOSE", "loose_entries"]

LOOSE = (ElasticResult.__name__, TextPrediction.__name__)
"""Classes of job outputs, alone or in lists, that are candidates by themselves."""

_MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")
_CRYSTAL = ("structure", "crystal_system", "nsites", "spacegroup_number", "volume_per_atom")


def loose_entries(document: Mapping[str, Any]) -> tuple[list[PublishedCandidate], RunSummary]:
    """Candidates of one job, and its summary.

    Parameters
    ----------
    document
        Job document whose output has a class in `LOOSE`, or is a list of such.
    """
    output = document["output"]
    said = [_read(one) for one in (output if isinstance(output, list) else [output])]
    uuid, kind = str(document["uuid"]), _kind(said[0])
    entries = [
        described(
            _candidate(result, f"{uuid}-{place:05d}", uuid, kind),
            kind=kind,
            last_updated=completed_at(document),
            tags=tags_of([document]),
            job_uuids=[uuid],
            resting_in=uuid,
            place=place,
            judges=[result.judge.name],
        )
        for place, result in enumerate(said)
    ]
    summary = RunSummary(
        run_id=uuid,
        kind=kind,
        state="concluded",
        concluded_by=uuid,
        last_updated=completed_at(document),
        started=completed_at(document),
        tags=tags_of([document]),
        record={"judges": [said[0].judge.model_dump(mode="json")]},
        by_status=dict(Counter(entry.status for entry in entries)),
        cost={"jobs": 1, "evaluations": sum(result.evaluations for result in said)},
    )
    return entries, summary


def _kind(result: ElasticResult) -> Kind:
    return "prediction" if result.judge.kind == "text" else "validation"


def _read(output: Mapping[str, Any]) -> ElasticResult:
    """What a judge says, also where it is a text model."""
    fields = {name: value for name, value in output.items() if name[:1] != "@"}
    if output["@class"] == ElasticResult.__name__:
        return ElasticResult(**fields)
    said = TextPrediction(**fields)
    shared = set(ElasticResult.model_fields) & set(TextPrediction.model_fields)
    return ElasticResult(
        **{name: getattr(said, name) for name in shared - {"status", "settings"}},
        status="passed" if said.status == "predicted" else "failed",
        method=said.task,
        settings=said.settings | {"temperature": said.temperature},
        judge=MethodRecord(
            kind="text",
            name=said.model.name,
            family=said.model.dialect,
            package=said.model.engine,
            package_version=said.model.engine_version,
            weights_sha256=said.model.weights_sha256,
        ),
    )


def _candidate(result: ElasticResult, identifier: str, uuid: str, kind: Kind) -> CandidateDocument:
    passed = result.status == "passed"
    return CandidateDocument(
        candidate_id=identifier,
        run_id=uuid,
        rung="predict" if kind == "prediction" else "judge",
        status="passed" if passed else "failed",
        reason=result.reason,
        message=result.message,
        formula=result.formula,
        chemsys=result.chemsys,
        elements=result.elements,
        nelements=len(result.elements) or None,
        source=result.source,
        evidence=[Evidence(polymorph=0, result=result)],
        **{name: getattr(result, name) for name in _MODULI if passed},
        **{name: getattr(result, name) for name in _CRYSTAL},
    )
