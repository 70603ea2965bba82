"""Labels and predictions out of records; whatever is no tensor is counted with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.evaluation.symmetry import symmetry_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ModelPredictions", "Predictions", "Unreadable", "read_predictions", "read_tensor"]

_DESCRIPTIVE = {
    "composition", "crystal_system", "elements", "formula", "id", "input", "instruction",
    "lattice", "material_id", "mp_id", "point_group", "prompt", "source", "space_group",
    "spacegroup", "spacegroup_number", "spacegroup_symbol", "species", "split", "structure",
    "system", "xyz",
}  # fmt: skip
_LARGEST = 1e100  # squares and sums of it are still finite


@dataclass(frozen=True)
class Unreadable:
    """A value that is no elastic tensor.

    Parameters
    ----------
    row
        Number of the record, from 1.
    reason
        Machine-readable: not_json, text_after_matrix, wrong_type, wrong_shape, not_a_number,
        not_finite.
    message
        The same for people.
    """

    row: int
    reason: str
    message: str


@dataclass(frozen=True)
class ModelPredictions:
    """What one model said of the labelled materials.

    Parameters
    ----------
    tensors
        Shape (n, 6, 6), GPa; all NaN where there is no readable prediction.
    missing
        Number of materials without any answer (null or no such field).
    unreadable
        Answers that are no tensor.
    """

    tensors: NDArray[np.float64]
    missing: int = 0
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which materials have a readable prediction, shape (n,)."""
        return np.asarray(~np.isnan(self.tensors).any(axis=(1, 2)))


@dataclass(frozen=True)
class Predictions:
    """Labelled materials and what models said of them.

    Parameters
    ----------
    labels
        Shape (n, 6, 6), GPa.
    symmetries
        One per material: a crystal system or Laue class, None where it is not known.
    models
        Predictions by name of the model.
    unlabelled
        Number of records left out because they have no label.
    unreadable_labels
        Records left out because their label is no tensor.
    rows
        Numbers of the records of the labelled materials, from 1.
    """

    labels: NDArray[np.float64]
    symmetries: tuple[str | None, ...]
    models: dict[str, ModelPredictions]
    unlabelled: int = 0
    unreadable_labels: tuple[Unreadable, ...] = ()
    rows: tuple[int, ...] = ()


def read_tensor(value: Any) -> NDArray[np.float64]:
    """Read a 6x6 tensor given as rows of numbers, or as JSON text of such rows.

    Parameters
    ----------
    value
        Six lists of six numbers, GPa, or text that is exactly that in JSON.

    Returns
    -------
    numpy.ndarray
        Shape (6, 6), finite.

    Raises
    ------
    ParseError
        If it is anything else; ``reason`` is one of those of :class:`Unreadable`.
    """
    rows = _from_text(value) if isinstance(value, str) else value
    if not isinstance(rows, list):
        raise ParseError("it is not a list of six rows", "wrong_type")
    if len(rows) != 6 or not all(isinstance(row, list) and len(row) == 6 for row in rows):
        raise ParseError("it does not have six rows of six numbers", "wrong_shape")
    entries = [entry for row in rows for entry in row]
    if not all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in entries):
        raise ParseError("an entry is not a number", "not_a_number")
    if not all(-_LARGEST < entry < _LARGEST for entry in entries):
        raise ParseError(f"an entry is not finite or exceeds {_LARGEST:g}", "not_finite")
    return np.array(rows, dtype=float)


def _from_text(text: str) -> Any:
    stripped = text.strip()
    try:
        value, end = json.JSONDecoder().raw_decode(stripped)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"the text is not JSON: {error}", "not_json") from error
    if end < len(stripped):
        raise ParseError("text follows the matrix", "text_after_matrix")
    return value


def read_predictions(
    records: Sequence[Any], *, label: str = "label", models: Sequence[str] = ()
) -> Predictions:
    """Sort out what records hold.

    Parameters
    ----------
    records
        One per material: the label, one field for each model and fields that describe the
        material (``crystal_system``, ``spacegroup_number`` and ``point_group`` are used).
    label
        Name of the field with the true tensor.
    models
        Names of the fields with predictions. By default, those that hold lists or text in some
        record and do not have the name of a description such as ``formula``.

    Raises
    ------
    ElatbotError
        If there are no records, labels or models.
    """
    if not records:
        raise ElatbotError("there are no records; give one JSON object per line and material")
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise ElatbotError(f"record {row} is not a JSON object; give one per material")
    truth = _column(records, label, range(len(records)))
    kept: list[int] = np.flatnonzero(truth.present).tolist()
    if not kept:
        raise ElatbotError(_without_labels(label, truth))
    names = _model_fields(records, label, models)
    return Predictions(
        labels=truth.tensors[kept],
        symmetries=tuple(symmetry_class(records[index]) for index in kept),
        models={name: _column(records, name, kept) for name in names},
        unlabelled=truth.missing,
        unreadable_labels=truth.unreadable,
        rows=tuple(index + 1 for index in kept),
    )


def _without_labels(label: str, truth: ModelPredictions) -> str:
    why = [f"record {found.row}: {found.message}; " for found in truth.unreadable[:1]]
    return (
        f"no record has a 6x6 tensor in its field '{label}'; {''.join(why)}"
        "name the field with the true tensors by --label"
    )


def _model_fields(records: Sequence[Any], label: str, chosen: Sequence[str]) -> list[str]:
    fields = dict.fromkeys(name for record in records for name in record)
    if unknown := [name for name in chosen if name not in fields]:
        found = ", ".join(_guessed(records, fields, label)) or "none"
        raise ElatbotError(f"no record has a field '{unknown[0]}'; fields of models: {found}")
    names = list(dict.fromkeys(chosen)) or _guessed(records, fields, label)
    if not names:
        raise ElatbotError(
            "no record has a field with predictions; add one per model with 6x6 tensors, GPa"
        )
    return names


def _guessed(records: Sequence[Any], fields: dict[str, None], label: str) -> list[str]:
    """Fields with lists or text that neither are the label nor describe the material."""
    return [
        name
        for name in fields
        if name != label
        and name not in _DESCRIPTIVE
        and not name.startswith("input_")
        and any(isinstance(record.get(name), list | str) for record in records)
    ]


def _column(records: Sequence[Any], name: str, rows: Sequence[int]) -> ModelPredictions:
    tensors = np.full((len(rows), 6, 6), np.nan)
    missing, unreadable = 0, []
    for place, row in enumerate(rows):
        value = records[row].get(name)
        if value is None:
            missing += 1
            continue
        try:
            tensors[place] = read_tensor(value)
        except ParseError as error:
            unreadable.append(Unreadable(row + 1, error.reason, str(error)))
    return ModelPredictions(tensors, missing, tuple(unreadable))
