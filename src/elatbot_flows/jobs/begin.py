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
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.proposers.expectation import expectation_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import Refit, TextModelRecord
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.jobs.build import BuildMaker
    from elatbot_flows.jobs.judge import JudgeMaker
    from elatbot_flows.jobs.place import PlaceMaker
    from elatbot_flows.jobs.referee import RefereeMaker
    from elatbot_flows.judges import Judge
    from elatbot_flows.targets import DesignTarget

__all__ = ["begin"]

_PACKAGES = ("elatbot_flows", "atomate2", "ase", "jobflow", "pymatgen", "torch", "transformers")


@job(output_schema=RunRecord)
def begin(
    target: DesignTarget | None,
    n: int | None,
    seed: int,
    model: TextModel | None,
    expectation: str | None,
    build: BuildMaker | None,
    judging: JudgeMaker,
    placing: PlaceMaker | None,
    settings: dict[str, Any],
    known: Sequence[str] | None = None,
    referee: RefereeMaker | None = None,
    refit: Refit | None = None,
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
    model, expectation
        The text models that propose, and that say what they expect.
    build, judging, placing
        The steps, for who judges and for their settings; None for a step that is left out.
    settings
        All others; together they tell this run from others.
    known
        Formulas that are not to be proposed again: with others it is another run.
    referee
        Who judges the best candidates last, and overrules the others.
    refit
        By what estimates are shifted and widened after their calibration.

    Raises
    ------
    TargetError
        If no element is left that the target allows and everybody knows, or the text model knows
        nothing like the target.
    EngineError, PotentialError, DFTError
        If a model or a potential cannot be loaded, or the code of a referee is not there.
    """
    if model is not None and target is not None:
        model.check_target(target)
    judges = judging.judges
    records = [judge.record() for judge in judges]
    last = [] if referee is None else [referee.judge.record()]
    steps: dict[str, Any] = {"build": build, "judge": judging, "hull": placing}
    if referee is not None:
        steps["dft"] = referee
    text, elements = expectation_record(expectation), _elements(target, model, judges)
    if known:
        settings = settings | {"known_sha256": hashlib.sha256(" ".join(known).encode()).hexdigest()}
    fields: dict[str, Any] = {
        "target": None if target is None else target.summary(),
        "requested": n,
        "seed": seed,
        "elements": elements,
        "generator": None if model is None else _generator(model),
        "expectation": text,
        "judges": [*records, *last],
        "settings": settings | {k: m and plain_settings(m) for k, m in steps.items()},
        "versions": {package: version(package) for package in _PACKAGES},
        "notes": [*_prospects(target, records, text, refit), *_left_out(target, model)],
    }
    if referee is not None:
        fields["notes"] += _beyond(referee.judge, elements)
    if refit is not None:
        fields["refit"] = refit
    return RunRecord(uuid=own_uuid(), run_id=_run_id(fields), **fields)


def _generator(model: TextModel) -> TextModelRecord:
    """Who proposes, and in which words it is asked."""
    return model.engine().record.model_copy(update={"dialect": model.dialect})


def _elements(
    target: DesignTarget | None, model: TextModel | None, judges: Sequence[Judge]
) -> list[str]:
    """Elements that the target allows and everybody knows."""
    from pymatgen.core import Element

    left = {element.symbol for element in Element}
    known = [None if model is None else model.elements, *(judge.elements() for judge in judges)]
    for own in known:
        left &= left if own is None else set(own)
    if target is not None:
        left = set(target.allowed(left))
    if not left:
        raise TargetError(
            "no element is left that the target allows and text model and judges know: allow "
            "other elements or choose other potentials"
        )
    return sorted(left)


def _prospects(
    target: DesignTarget | None,
    judges: Sequence[MethodRecord],
    text: MethodRecord | None,
    refit: Refit | None,
) -> list[str]:
    """Say at the start what these judges cannot resolve."""
    if target is None:
        return []
    from elatbot_flows.uncertainty.calibration import load_calibration
    from elatbot_flows.uncertainty.resolution import too_narrow

    names = [record.name for record in judges] + ([text.name] if text else [])
    words = too_narrow(load_calibration().refitted(refit), target.intervals(), names)
    return [words] if words else []


def _left_out(target: DesignTarget | None, model: TextModel | None) -> list[str]:
    """Say which elements the text model is not let propose, and what it cannot be told."""
    left_out = target.left_out(model.elements or ()) if target and model else ()
    untold = [model.crystal_writer().told()] if model and model.writes_crystals else []
    if not left_out:
        return untold
    words = f"Elements without a stable isotope were left out: {', '.join(left_out)}"
    return [f"{words}; --include lets them in", *untold]


def _beyond(referee: Judge, elements: Sequence[str]) -> list[str]:
    """Say which candidates the referee passes over."""
    known = referee.elements()
    if known is None or not (unknown := sorted(set(elements).difference(known))):
        return []
    words = f"{referee.record().name} is not asked about crystals with {', '.join(unknown)}"
    return [f"{words}; --exclude leaves such candidates out"]


def _run_id(fields: dict[str, Any]) -> str:
    plain = json.dumps(fields, sort_keys=True, default=_plain)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else str(value)
