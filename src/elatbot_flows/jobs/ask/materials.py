"""From what a job is given - crystals, formulas, nothing - to questions about materials."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import ElatbotError, ParseError, StructureError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.format import About
from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Composition, Structure

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.text.material import Material
    from elatbot_flows.text.question import Question

__all__ = ["Asked", "column_of", "failure_of", "read_composition", "read_materials"]


@dataclass(frozen=True)
class Asked:
    """A material somebody asked about, or why it is none.

    Parameters
    ----------
    source
        What to call it.
    temperature
        K.
    material
        The material; None if there is none.
    failure
        Why there is none.
    given
        What was given, if it is a crystal.
    """

    source: str | None
    temperature: float
    material: Material | None = None
    failure: Failure | None = None
    given: Structure | None = None

    @property
    def composition(self) -> Composition | None:
        """Composition, also of a crystal that cannot be asked about."""
        known = self.material or self.given
        return None if known is None else known.composition

    def about(self) -> About:
        """The material as a question is about it.

        Raises
        ------
        StructureError
            If there is none.
        """
        if self.material is None:
            raise StructureError("there is no material")
        return About(self.material, self.temperature)

    def question(self, model: TextModel, task: str) -> Question | Failure:
        """Put the question in the words of a model, or say why that cannot be done."""
        if self.material is None:
            return self.failure or Failure("no_structure", "there is no material")
        elements = {element.symbol for element in self.material.composition.elements}
        unknown = sorted(elements - set(model.elements)) if model.elements else []
        if unknown:
            return Failure(
                "unsupported_element",
                f"{model.name} was not trained on {', '.join(unknown)}: use another model",
            )
        try:
            return model.format(task).ask(self.about())
        # pymatgen and spglib fail in many ways on unusual crystals; one of them spoils no other.
        except Exception as error:  # noqa: BLE001
            return failure_of(error)


def failure_of(error: Exception) -> Failure:
    """What went wrong, as data."""
    if isinstance(error, ElatbotError):
        return Failure(str(getattr(error, "reason", "cannot_be_written")), str(error))
    return Failure("not_described", f"{type(error).__name__}: {error}")


def read_materials(
    given: Sequence[Any],
    sources: Sequence[str | None] | None = None,
    temperatures: float | Sequence[float] | None = None,
    crystal_systems: str | Sequence[str | None] | None = None,
) -> list[Asked]:
    """Materials of what was given, each in its place.

    Parameters
    ----------
    given
        Crystals, formulas, compositions; None where an earlier step has no crystal.
    sources
        What to call them.
    temperatures
        K; one for all or one for each; 0 K by default.
    crystal_systems
        Crystal systems of those that are no crystals, one for all or one for each.

    Raises
    ------
    TargetError
        If there are not as many of something as there are materials.
    """
    n = len(given)
    columns = (
        column_of("sources", sources, n),
        column_of("temperatures", 0.0 if temperatures is None else temperatures, n),
        column_of("crystal systems", crystal_systems, n),
    )
    return [_read(*row) for row in zip(given, *columns, strict=True)]


def column_of(name: str, value: Any, n: int) -> list[Any]:
    """One for each of `n` materials, where one for all may be given.

    Raises
    ------
    TargetError
        If there are not as many as there are materials.
    """
    if value is None or isinstance(value, (str, int, float)):
        return [value] * n
    if len(value) != n:
        raise TargetError(f"there are {len(value)} {name} for {n} materials: give one for each")
    return list(value)


def _read(given: Any, source: str | None, temperature: Any, system: str | None) -> Asked:
    from pymatgen.core import Structure

    crystal = given if isinstance(given, Structure) else None
    kelvin = float(temperature) if isinstance(temperature, (int, float)) else math.nan
    if not (math.isfinite(kelvin) and kelvin >= 0):
        wrong = Failure("wrong_temperature", f"{temperature!r} is not 0 K or more")
        return Asked(source, 0.0, None, wrong, crystal)
    try:
        return Asked(source, kelvin, _material(given, system), None, crystal)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it belongs to its entry
        return Asked(source, kelvin, None, failure_of(error), crystal)


def _material(given: Any, system: str | None) -> Material:
    from pymatgen.core import Structure

    from elatbot_flows.text.material import Material

    if given is None:
        raise StructureError("there is no crystal: an earlier step made none")
    if isinstance(given, Structure):
        _check_elements(given)
        return Material.from_structure(given)
    named = None if system is None else system.strip().capitalize()
    if named is not None and named not in CRYSTAL_SYSTEMS:
        raise ParseError(
            f"{system!r} is no crystal system: use one of {', '.join(CRYSTAL_SYSTEMS)}",
            reason="unknown_system",
        )
    return Material(read_composition(given), system=named)


def _check_elements(crystal: Structure) -> None:
    unknown = {element.symbol for element in crystal.composition.elements} - set(element_symbols())
    if unknown:
        raise StructureError(
            f"{', '.join(sorted(unknown))} is no chemical element: replace it by one",
            reason="unknown_element",
        )


def read_composition(given: Any) -> Any:
    """Composition of a formula, of amounts by symbol, or of a composition.

    Raises
    ------
    ParseError
        If it is none of these, or a formula that cannot be read.
    """
    from pymatgen.core import Composition

    from elatbot_flows.text.alloy import parse_alloy

    if isinstance(given, Composition):
        return given
    if isinstance(given, str):
        return parse_alloy(given)
    if isinstance(given, dict):
        return parse_alloy("".join(f"{symbol}{amount}" for symbol, amount in given.items()))
    raise ParseError(
        f"a {type(given).__name__} is no material: give a crystal, a formula or a composition",
        reason="not_a_material",
    )
