"""Baselines that ``elatbot evaluate`` fits to a file of training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from elatbot_flows.evaluation import Predictions
    from elatbot_flows.evaluation.baselines import BaselineReport

__all__ = ["chosen_baselines", "fit_baselines"]

_ALL = "all"


def chosen_baselines(train: Path | None, names: Sequence[str]) -> tuple[str, ...]:
    """Names of baselines as given by ``--baseline-model``, checked.

    Raises
    ------
    ElatbotError
        If one is unknown, or there is no file to learn from.
    """
    from elatbot_flows.evaluation.baselines.comparison import ALL_KINDS

    if names and train is None:
        raise ElatbotError(
            "--baseline-model needs rows to learn from: give --train FILE, one JSON object per "
            "line with 'formula' and 'elastic_tensor_GPa'"
        )
    for name in names:
        if name not in (*ALL_KINDS, _ALL):
            known = ", ".join((*ALL_KINDS, _ALL))
            raise ElatbotError(f"--baseline-model {name} is unknown; choose one of {known}")
    return tuple(dict.fromkeys(names)) or (_ALL,)


def fit_baselines(
    predictions: Predictions,
    records: list[dict[str, Any]],
    train: Path,
    kinds: Sequence[str],
    seed: int,
) -> tuple[Predictions, dict[str, BaselineReport]]:
    """Add baselines fitted to the rows of a file; see `evaluation.baselines.add_baselines`.

    ``all`` stands for all baselines; the one in temperature is among them where a record that is
    scored tells a temperature.
    """
    from elatbot_flows.evaluation.baselines import KINDS, add_baselines
    from elatbot_flows.evaluation.baselines.comparison import ALL_KINDS
    from elatbot_flows.evaluation.baselines.rows import TEMPERATURE_FIELDS
    from elatbot_flows.training.data.json_lines import read_json_lines

    if _ALL in kinds:
        tells = any(
            records[row - 1].get(name) is not None
            for row in predictions.rows
            for name in TEMPERATURE_FIELDS
        )
        kinds = ALL_KINDS if tells else KINDS
    training = read_json_lines(train)
    return add_baselines(predictions, records, training, kinds=kinds, seed=seed)
