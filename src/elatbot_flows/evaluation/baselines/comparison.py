"""Baselines next to the models that are scored, none of which has seen the answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.evaluation.baselines.regressors import KINDS, fit_baseline
from elatbot_flows.evaluation.baselines.rows import (
    FORMULA_FIELDS,
    Material,
    read_material,
    read_rows,
)
from elatbot_flows.evaluation.baselines.temperature import SAME_TEMPERATURE, TemperatureBaseline
from elatbot_flows.evaluation.tensors import ModelPredictions, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elatbot_flows.evaluation.tensors import Predictions

__all__ = ["ALL_KINDS", "PREFIX", "TEMPERATURE", "BaselineReport", "add_baselines"]

TEMPERATURE = "temperature"
"""Name of the baseline that interpolates in temperature."""
ALL_KINDS = (*KINDS, TEMPERATURE)
"""Names of all baselines."""
PREFIX = "baseline: "
"""Before the names of baselines among the models."""


@dataclass(frozen=True)
class BaselineReport:
    """What a baseline has learned from.

    Parameters
    ----------
    rows
        Number of rows it was fitted to.
    left_out
        Rows left out because their answer is asked for: those of an alloy that is scored; for
        the baseline in temperature only those of the same alloy at the same temperature.
    unusable
        Rows without formula or tensor, by reason.
    extrapolated
        Answers of the baseline in temperature that are the nearest row's.
    """

    rows: int
    left_out: int
    unusable: dict[str, int] = field(default_factory=dict)
    extrapolated: int = 0


def add_baselines(
    predictions: Predictions,
    records: Sequence[Any],
    training: Sequence[Any],
    *,
    kinds: Sequence[str],
    seed: int = 0,
    project: bool = True,
) -> tuple[Predictions, dict[str, BaselineReport]]:
    """Fit baselines and let them answer for the labelled materials.

    Parameters
    ----------
    predictions
        What was read from `records`.
    records
        The records that are scored, each with a formula, or with a ``material_id`` that a record
        of `training` has together with a formula.
    training
        Records to learn from, see `elatbot_flows.evaluation.baselines.read_rows`.
    kinds
        Some of `ALL_KINDS`.
    seed
        Of random numbers.
    project
        See `elatbot_flows.evaluation.baselines.fit_baseline`.

    Returns
    -------
    tuple
        The predictions with one model more for each kind, named `PREFIX` and kind; and what each
        of these has learned from, by the same name.

    Raises
    ------
    ElatbotError
        If a record has no formula, no row is left to learn from, a model has the name of a
        baseline, or interpolation in temperature is asked for and no record tells one.
    """
    asked = _asked(predictions, records, training)
    read = read_rows(training)
    models, reports = dict(predictions.models), {}
    for kind in kinds:
        name = f"{PREFIX}{kind}"
        if name in models:
            raise ElatbotError(f"a model is already named '{name}'; rename it")
        rows = _allowed(kind, read.rows, asked)
        if not rows:
            raise ElatbotError(_nothing_left(kind, len(read.rows), read.unusable))
        extrapolated = 0
        if kind == TEMPERATURE:
            models[name], extrapolated = _interpolated(rows, asked)
        else:
            fitted = fit_baseline(kind, rows, seed=seed, project=project)
            models[name] = ModelPredictions(fitted.predict(asked))
        left_out = len(read.rows) - len(rows)
        reports[name] = BaselineReport(len(rows), left_out, read.unusable, extrapolated)
    return replace(predictions, models=models), reports


def _asked(
    predictions: Predictions, records: Sequence[Any], training: Sequence[Any]
) -> list[Material]:
    """The labelled materials, described by what training records say of their identifiers."""
    known = {
        str(record["material_id"]): record
        for record in training
        if isinstance(record, dict) and record.get("material_id") is not None
    }
    asked = []
    for row in predictions.rows:
        record = records[row - 1]
        try:
            asked.append(read_material(_described(record, known), row))
        except ParseError as error:
            raise ElatbotError(f"no baseline for record {row}: {error}") from error
    return asked


def _described(record: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Any:
    if any(record.get(name) is not None for name in FORMULA_FIELDS):
        return record
    other = known.get(str(record.get("material_id")), {})
    names = (*FORMULA_FIELDS, "crystal_system", "spacegroup_number", "point_group")
    return dict(record) | {name: other[name] for name in names if name in other}


def _allowed(kind: str, rows: Sequence[Material], asked: Sequence[Material]) -> list[Material]:
    """The rows that do not give an answer away."""
    if kind != TEMPERATURE:
        scored = {material.percent for material in asked}
        return [row for row in rows if row.percent not in scored]
    if all(material.temperature is None for material in asked):
        raise ElatbotError(
            "no record that is scored tells a temperature, which the baseline 'temperature' "
            "needs: add 'temperature_K', or choose other baselines"
        )
    answers: dict[Any, list[float]] = {}
    for material in asked:
        if material.temperature is not None:
            answers.setdefault(material.percent, []).append(material.temperature)
    return [
        row
        for row in rows
        if row.temperature is not None
        and not any(
            abs(row.temperature - t) < SAME_TEMPERATURE for t in answers.get(row.percent, ())
        )
    ]


def _interpolated(
    rows: Sequence[Material], asked: Sequence[Material]
) -> tuple[ModelPredictions, int]:
    baseline = TemperatureBaseline(rows)
    tensors = np.full((len(asked), 6, 6), np.nan)
    unreadable, extrapolated = [], 0
    for place, material in enumerate(asked):
        try:
            found = baseline.predict(material)
        except ParseError as error:
            unreadable.append(Unreadable(material.number, error.reason, str(error)))
            continue
        tensors[place] = found.value
        extrapolated += found.how == "extrapolated"
    return ModelPredictions(tensors, 0, tuple(unreadable)), extrapolated


def _nothing_left(kind: str, usable: int, unusable: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in unusable.items()) or "none"
    lacking = " or they tell no temperature" if kind == TEMPERATURE else ""
    return (
        f"the baseline '{kind}' has no row to learn from: all {usable} with formula and tensor are "
        f"left out because their answer is asked for{lacking}; unusable: {reasons}; "
        "give a training file with other materials"
    )
