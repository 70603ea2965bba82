"""Intervals for predicted numbers, from the errors of earlier predictions with known answers.

For one model that states one number each time, with or without an estimate of its own error.
Several models together are the matter of `elatbot_flows.uncertainty.calibration`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.conformal import conformal_quantile
from elatbot_flows.uncertainty.reliability import Reliability, coverage_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["COVERAGES", "PredictionCalibration", "calibrate_predictions"]

COVERAGES = (0.5, 0.8, 0.9)
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class PredictionCalibration:
    """Errors of a model on calibration materials, and the intervals that follow.

    Parameters
    ----------
    errors
        True values minus predictions, over their scales, sorted, shape ``(n,)``.
    scaled
        Whether scales were given; they must then be given for new predictions, too.
    note
        What was predicted, by which model and in which unit, for people.
    """

    errors: NDArray[np.float64]
    scaled: bool
    note: str = ""

    def __len__(self) -> int:
        return len(self.errors)

    def interval(
        self, value: float, scale: float | None = None, coverage: float = 0.9
    ) -> tuple[float, float]:
        """The interval around a new prediction that holds the true value with this coverage.

        Parameters
        ----------
        value
            Prediction.
        scale
            Estimate of its error, made as those of the calibration; None if they had none.
        coverage
            Wanted probability.

        Returns
        -------
        (float, float)
            Edges, in the unit of the predictions; infinite if there were too few calibration
            materials for this coverage.

        Raises
        ------
        UncertaintyError
            If the coverage is out of range, the value is not finite, or a scale is given where the
            calibration has none, missing where it has them, or not positive.
        """
        if not math.isfinite(value):
            raise UncertaintyError(f"the prediction is {value}; give a finite number")
        sigma = float(self._scales(np.array([value]), None if scale is None else [scale])[0])
        half = conformal_quantile(np.abs(self.errors), coverage) * sigma
        return value - half, value + half

    def measure(
        self,
        predicted: ArrayLike,
        labels: ArrayLike,
        scale: ArrayLike | None = None,
        coverages: Sequence[float] = COVERAGES,
    ) -> list[Reliability]:
        """How often intervals hold the true values of other materials: the reliability curve.

        Parameters
        ----------
        predicted, labels, scale
            As for :func:`calibrate_predictions`, of materials not used there.
        coverages
            Stated probabilities.
        """
        values, truths = _finite(predicted, labels)
        scales = self._scales(values, scale)
        halves = {c: conformal_quantile(np.abs(self.errors), c) for c in coverages}
        edges = {c: (values - half * scales, values + half * scales) for c, half in halves.items()}
        return coverage_table(truths, edges)

    def _scales(self, values: NDArray[np.float64], scale: ArrayLike | None) -> NDArray[np.float64]:
        if self.scaled != (scale is not None):
            raise UncertaintyError(
                "the calibration was made with scales: give that of the prediction"
                if self.scaled
                else "the calibration was made without scales: leave the scale out"
            )
        return _positive(scale, values)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file; see `from_dict`."""
        return {
            "format_version": FORMAT_VERSION,
            "note": self.note,
            "scaled": self.scaled,
            "residuals": self.errors.tolist(),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> PredictionCalibration:
        """What `as_dict` gave.

        Raises
        ------
        UncertaintyError
            If it is of another format version or incomplete.
        """
        if content.get("format_version") != FORMAT_VERSION:
            raise UncertaintyError(
                f"the calibration has format version {content.get('format_version')}, not "
                f"{FORMAT_VERSION}; make it anew with calibrate_predictions"
            )
        try:
            residuals = np.sort(np.array(content["residuals"], dtype=float))
            scaled, note = bool(content["scaled"]), str(content["note"])
        except (KeyError, TypeError, ValueError) as error:
            raise UncertaintyError(f"the calibration is incomplete: {error!r}") from error
        if residuals.ndim != 1 or not residuals.size or not np.isfinite(residuals).all():
            raise UncertaintyError("the calibration has no list of finite errors; make it anew")
        return cls(residuals, scaled, note)

    def save(self, path: str | Path) -> None:
        """Write a JSON file for :meth:`load`."""
        Path(path).write_text(json.dumps(self.as_dict()) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> PredictionCalibration:
        """Read what :meth:`save` wrote.

        Raises
        ------
        UncertaintyError
            If the file is absent, not JSON, incomplete or of another format version.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UncertaintyError(f"{path} cannot be read as a calibration: {error}") from error
        if not isinstance(content, dict):
            raise UncertaintyError(f"{path} is no calibration; make it with calibrate_predictions")
        return cls.from_dict(content)


def calibrate_predictions(
    predicted: ArrayLike,
    labels: ArrayLike,
    scale: ArrayLike | None = None,
    coverages: Sequence[float] = COVERAGES,
    note: str = "",
) -> PredictionCalibration:
    """Learn intervals from predictions of materials with known answers.

    Parameters
    ----------
    predicted, labels
        Predictions and true values in one unit, finite, shape (n,). The materials must be like
        those asked about later, and none of those the model was trained on.
    scale
        Estimates of the error of each prediction in any unit, positive, shape (n,): the intervals
        are proportional to them. None for intervals of one width. The standard deviation of
        samples is zero where all are equal, so add a floor: ``numpy.hypot(std, 0.05 * mean)``.
    coverages
        Probabilities that will be asked for, each with a finite interval.
    note
        What was predicted, by which model and in which unit.

    Raises
    ------
    UncertaintyError
        If shapes differ, numbers are not finite, a scale is not positive, or there are too few
        materials for the coverages.
    """
    values, truths = _finite(predicted, labels)
    errors = np.sort((truths - values) / _positive(scale, values))
    for coverage in coverages:
        if math.isinf(conformal_quantile(np.abs(errors), coverage)):
            needed = math.ceil(round(coverage / (1 - coverage), 9))
            raise UncertaintyError(
                f"{len(errors)} materials are too few for a coverage of {coverage:g}; "
                f"give {needed} at least"
            )
    return PredictionCalibration(errors, scale is not None, note)


def _finite(
    predicted: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, truths = np.asarray(predicted, dtype=float), np.asarray(labels, dtype=float)
    if values.ndim != 1 or values.shape != truths.shape or not values.size:
        raise UncertaintyError(
            f"{values.shape} predictions and {truths.shape} labels: give one list of each, as long "
            "as the other"
        )
    if not (np.isfinite(values).all() and np.isfinite(truths).all()):
        raise UncertaintyError("a prediction or label is not finite; leave these materials out")
    return values, truths


def _positive(scale: ArrayLike | None, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if scale is None:
        return np.ones_like(values)
    scales = np.asarray(scale, dtype=float)
    if scales.shape != values.shape or not np.isfinite(scales).all() or not (scales > 0).all():
        raise UncertaintyError(
            "scales must be finite and positive, one for each prediction; add a floor where all "
            "samples are equal, such as 5 % of the prediction"
        )
    return scales
