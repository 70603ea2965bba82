"""One known value: read from a record whose fields and units go by several names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError
from elatbot_flows.evaluation.symmetry import CRYSTAL_SYSTEMS
from elatbot_flows.text.alloy import Percent, atomic_percent, parse_alloy
from elatbot_flows.text.literal import parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ALLOY_NAMES", "KnowledgeRow", "checked_system", "read_row", "tensor_of"]

ALLOY_NAMES = {
    "gamma-PE16": "Ni72.1Al10.4Fe3.2Cr1Ti13.3",
    "gamma-TiAl": "Ti44Al56",
}
"""Formulas of the alloys that the published knowledge base calls by name."""
_LARGEST = 1500.0
_ROUNDING = 0.1  # GPa
_FORMULAS = ("formula", "material_formula", "composition", "alloy")
_QUANTITIES = {
    "bulk_modulus_voigt": ("bulk_modulus_voigt", "voigt_bulk_modulus", "k_voigt"),
    "shear_modulus_voigt": ("shear_modulus_voigt", "voigt_shear_modulus", "g_voigt"),
    "bulk_modulus": ("bulk_modulus", "bulk_modulus_vrh", "k_vrh"),
    "shear_modulus": ("shear_modulus", "shear_modulus_vrh", "g_vrh"),
    "youngs_modulus": ("youngs_modulus", "young_s_modulus", "youngs_modulus_vrh"),
}
_TENSORS = ("elastic_tensor_voigt_notation", "elastic_tensor")
_UNITS = {"gpa": 1.0, "mpa": 1e-3}
_HEAD = re.compile(r"(.+?)_(k|gpa|mpa|pa|kbar|c)_?")
_CELL = re.compile(r"([-+0-9.eE]+)\s*([A-Za-z°/]*)")
_SPELLINGS = {"orthorhomabic": "orthorhombic"}


@dataclass(frozen=True)
class KnowledgeRow:
    """What is known of an alloy at one temperature.

    Parameters
    ----------
    formula
        Reduced formula of pymatgen.
    percent
        Atomic percent by symbol; the same for the same alloy.
    temperature
        K.
    values
        Moduli in GPa by name, see `elatbot_flows.text.retrieval_text.PROPERTY_WORDS`.
    crystal_system
        In lower case; None if not told.
    source
        Where it stands, e.g. ``"alloys.csv, row 3"``.
    written
        Formula as it stands there, elements in that order.
    """

    formula: str
    percent: Percent
    temperature: float
    values: tuple[tuple[str, float], ...]
    crystal_system: str | None
    source: str
    written: str = ""

    def value(self, quantity: str) -> float | None:
        """One of `values`, None if it is not among them."""
        return dict(self.values).get(quantity)


def read_row(
    record: Mapping[str, Any],
    source: str,
    *,
    names: Mapping[str, str] = ALLOY_NAMES,
    temperature: float | None = None,
    zero_kelvin: bool = False,
) -> KnowledgeRow:
    """Read one record.

    Names of fields may hold blanks, underscores and a unit (``temperature_K``, ``Voigt bulk
    modulus (GPa)``); values may be numbers or text with a unit (``"173.9 GPa"``). Without a unit
    K and GPa are meant. A 6x6 tensor gives its Voigt averages; ``elastic constant``, a list in
    100 GPa that begins with C11, has to agree with it.

    Parameters
    ----------
    record
        The record.
    source
        What to say of its origin.
    names
        Formulas of alloys by name.
    temperature
        K, for records that tell none.
    zero_kelvin
        Accept 0 K, where values are computed and not measured.

    Raises
    ------
    ParseError
        With reason ``no_formula``, ``unknown_alloy``, ``no_temperature``, ``wrong_temperature``,
        ``zero_kelvin``, ``other_pressure``, ``no_value``, ``not_a_number``, ``unknown_unit``,
        ``not_finite``, ``implausible_modulus``, ``inconsistent_units`` or one of
        `elatbot_flows.evaluation.read_tensor`.
    """
    fields = _fields(record)
    if fields.get("pressure", 1) not in (1, "1"):
        raise ParseError("it is not at normal pressure", reason="other_pressure")
    written = _formula(fields, names)
    composition = parse_alloy(written)
    return KnowledgeRow(
        formula=composition.reduced_formula,
        percent=atomic_percent(composition),
        temperature=_temperature(fields, temperature, zero_kelvin=zero_kelvin),
        values=tuple(_values(fields).items()),
        crystal_system=_system(fields),
        source=source,
        written=written,
    )


def tensor_of(record: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """Tensor of a record in GPa, shape (6, 6); None if it has none.

    Raises
    ------
    ParseError
        With one of the reasons of `elatbot_flows.evaluation.read_tensor`.
    """
    return _tensor(_fields(record))


def checked_system(crystal_system: str | None) -> str | None:
    """One of the seven crystal systems in lower case, or None.

    Raises
    ------
    ParseError
        With reason ``"unknown_crystal_system"``.
    """
    if crystal_system is None:
        return None
    found = _spelled(crystal_system)
    if found not in CRYSTAL_SYSTEMS:
        raise ParseError(
            f"{crystal_system[:30]!r} is no crystal system; give one of "
            f"{', '.join(CRYSTAL_SYSTEMS)}",
            reason="unknown_crystal_system",
        )
    return found


def _spelled(word: str) -> str:
    lower = word.strip().lower()
    return _SPELLINGS.get(lower, lower)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9°]+", "_", str(name).strip().lower()).strip("_")


def _formula(fields: Mapping[str, Any], names: Mapping[str, str]) -> str:
    text = next((fields[name] for name in _FORMULAS if name in fields), None)
    if not isinstance(text, str):
        raise ParseError("it has no formula; name its field 'formula'", reason="no_formula")
    formula = names.get(text.strip(), text)
    try:
        parse_alloy(formula)
    except ParseError as error:
        raise ParseError(
            f"{text[:40]!r} is neither a formula nor a known name; tell its formula by names=",
            reason="unknown_alloy",
        ) from error
    return formula


def _temperature(fields: Mapping[str, Any], missing: float | None, *, zero_kelvin: bool) -> float:
    found = _quantity(fields, ("temperature",), {"k": 1.0}, "k")
    kelvin = missing if found is None else found
    if kelvin is None:
        raise ParseError("it has no temperature; add 'temperature_K'", reason="no_temperature")
    if kelvin < 0:
        raise ParseError(f"{kelvin:g} K is below zero", reason="wrong_temperature")
    if kelvin == 0 and not zero_kelvin:
        raise ParseError("it is at 0 K, where nothing is measured", reason="zero_kelvin")
    return kelvin


def _values(fields: Mapping[str, Any]) -> dict[str, float]:
    values = _from_tensor(fields)
    for quantity, names in _QUANTITIES.items():
        found = _quantity(fields, names, _UNITS, "gpa")
        if found is not None:
            values[quantity] = found
    if not values:
        raise ParseError("it has no modulus; add 'bulk_modulus_voigt' (GPa)", reason="no_value")
    for quantity, value in values.items():
        if not 0 < value <= _LARGEST:
            raise ParseError(
                f"{quantity} of {value:g} GPa is not within 0 to {_LARGEST:g}",
                reason="implausible_modulus",
            )
    return values


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is told, by plain names."""
    return {
        _plain(name): value
        for name, value in record.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }


def _tensor(fields: Mapping[str, Any]) -> NDArray[np.float64] | None:
    from elatbot_flows.evaluation.tensors import read_tensor

    names = (*_TENSORS, *(f"{name}_gpa" for name in _TENSORS))
    value = next((fields[name] for name in names if name in fields), None)
    return None if value is None else read_tensor(value)


def _from_tensor(fields: Mapping[str, Any]) -> dict[str, float]:
    tensor = _tensor(fields)
    if tensor is None:
        return {}
    constants = fields.get("elastic_constant")
    if constants is not None and not _agree(constants, float(tensor[0, 0])):
        raise ParseError(
            f"C11 is {tensor[0, 0]:g} GPa in the tensor, and the constants, in 100 GPa, begin "
            f"otherwise: {str(constants)[:40]}",
            reason="inconsistent_units",
        )
    axial, block = tensor[:3, :3].trace(), tensor[:3, :3].sum()
    shear = (axial - (block - axial) / 2 + 3 * tensor[3:, 3:].trace()) / 15
    return {"bulk_modulus_voigt": float(block / 9), "shear_modulus_voigt": float(shear)}


def _agree(constants: Any, c11: float) -> bool:
    first = constants[0] if isinstance(constants, list) and constants else None
    return isinstance(first, int | float) and abs(100 * first - c11) <= _ROUNDING


def _quantity(
    fields: Mapping[str, Any], names: tuple[str, ...], units: Mapping[str, float], default: str
) -> float | None:
    """The number in the first field that has one of the names, in the first of the units."""
    for field, value in fields.items():
        head = _HEAD.fullmatch(field)
        named = field in names
        unit = default if named or not head else head[2]
        if named or (head and head[1] in names):
            return _number(value, unit, units)
    return None


def _number(value: Any, unit: str, units: Mapping[str, float]) -> float:
    if isinstance(value, str) and (cell := _CELL.fullmatch(value.strip())):
        value, unit = parse_number(cell[1]), cell[2].lower() or unit
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParseError(f"{str(value)[:40]!r} is not a number", reason="not_a_number")
    if unit not in units:
        raise ParseError(
            f"the unit {unit[:20]!r} is not one of {', '.join(units)}", reason="unknown_unit"
        )
    return float(value) * units[unit]


def _system(fields: Mapping[str, Any]) -> str | None:
    """First word of what is said of the system, e.g. of ``"cubic (fcc)"``."""
    words = str(fields.get("crystal_system", "")).split()
    system = _spelled(words[0]) if words else None
    return system if system in CRYSTAL_SYSTEMS else None
