"""Materials out of records whose fields go by several names."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError
from elatbot_flows.evaluation.symmetry import symmetry_class
from elatbot_flows.evaluation.tensors import read_tensor
from elatbot_flows.text.alloy import Percent, atomic_percent, parse_alloy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "FORMULA_FIELDS",
    "TEMPERATURE_FIELDS",
    "TENSOR_FIELDS",
    "Material",
    "ReadRows",
    "read_material",
    "read_rows",
]

FORMULA_FIELDS = ("formula", "material_formula")
"""Where a formula may stand; the first that is there counts."""
TENSOR_FIELDS = (
    "elastic_tensor_GPa", "label", "tensor", "elastic_tensor", "elastic tensor voigt notation",
)  # fmt: skip
"""Where a 6x6 tensor in GPa may stand."""
TEMPERATURE_FIELDS = ("temperature_K", "temperature")
"""Where a temperature in K may stand."""
_SYSTEM_FIELDS = ("crystal_system", "crystal system")
_SPELLINGS = {
    "orthorhomabic": "orthorhombic",
    "tetragonal 1": "tetragonal",
    "trigonal 1": "trigonal",
}


@dataclass(frozen=True)
class Material:
    """What a baseline is told of a material.

    Parameters
    ----------
    formula
        Reduced formula of pymatgen.
    percent
        Atomic percent by symbol; the same for the same alloy.
    symmetry
        Crystal system or Laue class, see `evaluation.symmetry_class`; None if unknown.
    temperature
        K; None if the record tells none.
    tensor
        Shape (6, 6), GPa; None where it is what is asked for.
    number
        Number of the record, from 1.
    """

    formula: str
    percent: Percent
    symmetry: str | None = None
    temperature: float | None = None
    tensor: NDArray[np.float64] | None = None
    number: int = 0


@dataclass(frozen=True)
class ReadRows:
    """Rows that can be learned from, and how many cannot, by reason."""

    rows: tuple[Material, ...]
    unusable: dict[str, int] = field(default_factory=dict)


def read_rows(records: Iterable[Any]) -> ReadRows:
    """Materials with formula and tensor; all others are counted under their reason.

    Reasons: ``not_an_object``, ``no_formula``, ``no_tensor``, ``wrong_temperature`` and those of
    `elatbot_flows.text.alloy.parse_alloy` and `elatbot_flows.evaluation.read_tensor`.
    """
    rows: list[Material] = []
    unusable: Counter[str] = Counter()
    for number, record in enumerate(records, start=1):
        try:
            rows.append(read_material(record, number, with_tensor=True))
        except ParseError as error:
            unusable[error.reason] += 1
    return ReadRows(tuple(rows), dict(sorted(unusable.items())))


def read_material(record: Any, number: int = 0, *, with_tensor: bool = False) -> Material:
    """Read one record.

    Parameters
    ----------
    record
        Has one of `FORMULA_FIELDS`, may have ``crystal_system``, ``spacegroup_number``,
        ``point_group``, one of `TEMPERATURE_FIELDS` and one of `TENSOR_FIELDS`.
    number
        Its number, from 1.
    with_tensor
        Read the tensor, too.

    Raises
    ------
    ParseError
        With one of the reasons of `read_rows`.
    """
    if not isinstance(record, dict):
        raise ParseError("it is not a JSON object", reason="not_an_object")
    text = _first(record, FORMULA_FIELDS)
    if not isinstance(text, str):
        fields = " or ".join(f"'{name}'" for name in FORMULA_FIELDS)
        raise ParseError(
            f"it has no formula; baselines need a field {fields}, or a 'material_id' that a "
            "training record with a formula has, too",
            reason="no_formula",
        )
    composition = parse_alloy(text)
    return Material(
        formula=composition.reduced_formula,
        percent=atomic_percent(composition),
        symmetry=_symmetry(record),
        temperature=_temperature(record),
        tensor=_tensor(record) if with_tensor else None,
        number=number,
    )


def _first(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _symmetry(record: dict[str, Any]) -> str | None:
    system = str(_first(record, _SYSTEM_FIELDS) or "").strip().lower()
    return symmetry_class(record | {"crystal_system": _SPELLINGS.get(system, system)})


def _temperature(record: Mapping[str, Any]) -> float | None:
    value = _first(record, TEMPERATURE_FIELDS)
    if value is None:
        return None
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not math.isfinite(value) or value < 0:
        raise ParseError(
            f"its temperature is {str(value)[:20]!r}; give K as a number",
            reason="wrong_temperature",
        )
    return float(value)


def _tensor(record: Mapping[str, Any]) -> NDArray[np.float64]:
    value = _first(record, TENSOR_FIELDS)
    if value is None:
        raise ParseError(
            "it has no tensor; give 'elastic_tensor_GPa' (6x6, Voigt order)",
            reason="no_tensor",
        )
    tensor = read_tensor(value)
    return (tensor + tensor.T) / 2
