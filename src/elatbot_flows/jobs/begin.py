"""Job: open a run by writing down what is asked of whom."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.documents import MethodRecord, RunRecord
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.rows import own_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.judges import Judge
    from elatbot_flows.proposers import Proposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["begin"]

_PACKAGES = ("elatbot_flows", "atomate2", "ase", "jobflow", "pymatgen", "torch", "transformers")
_LIKELY = 0.5


@job(output_schema=RunRecord)
def begin(
    target: DesignTarget | None,
    n: int | None,
    seed: int,
    proposer: Proposer,
    judges: Sequence[Judge],
    settings: dict[str, Any],
) -> RunRecord:
    """Ask everybody who they are, and refuse at once what cannot be done.

    Parameters
    ----------
    target
        What is wanted.
    n
        Candidates that are to pass.
    seed
        Of the run.
    proposer, judges
        Who takes part.
    settings
        Of all steps; they tell this run from others.

    Raises
    ------
    TargetError
        If no element is left that the target allows and everybody knows, or the text model knows
        nothing like the target.
    EngineError, PotentialError
        If a model or a potential cannot be loaded.
    """
    records = [judge.record() for judge in judges]
    generator, expectation = proposer.records(target)
    fields: dict[str, Any] = {
        "target": None if target is None else target.summary(),
        "requested": n,
        "seed": seed,
        "elements": _elements(target, proposer, judges),
        "generator": generator,
        "expectation": expectation,
        "judges": records,
        "settings": settings,
        "versions": {package: version(package) for package in _PACKAGES},
        "notes": _prospects(target, records, expectation),
    }
    return RunRecord(uuid=own_uuid(), run_id=_run_id(fields), **fields)


def _elements(
    target: DesignTarget | None, proposer: Proposer, judges: Sequence[Judge]
) -> list[str]:
    """Elements that the target allows and everybody knows."""
    from pymatgen.core import Element

    known = {element.symbol for element in Element}
    for partner in (proposer, *judges):
        if (own := partner.elements()) is not None:
            known &= set(own)
    left = sorted(known) if target is None else list(target.allowed(known))
    if not left:
        raise TargetError(
            "no element is left that the target allows and text model and judges know: allow "
            "other elements or choose other potentials"
        )
    return left


def _prospects(
    target: DesignTarget | None, judges: Sequence[MethodRecord], text: MethodRecord | None
) -> list[str]:
    """Say at the start what these judges cannot resolve."""
    if target is None:
        return []
    from elatbot_flows.uncertainty import best_probability

    names = [record.name for record in judges] + ([text.name] if text else [])
    intervals = {name: (i.low, i.high) for name, i in target.intervals().items()}
    best = best_probability(intervals, names)
    if best >= _LIKELY:
        return []
    words = f"these judges can state a probability of {best:.2f} at best for so narrow a target"
    return [f"{words}: no candidate can be called a hit; widen the intervals, or add a judge"]


def _run_id(fields: dict[str, Any]) -> str:
    plain = json.dumps(fields, sort_keys=True, default=_plain)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _plain(value: MethodRecord | TextModelRecord | Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else str(value)
