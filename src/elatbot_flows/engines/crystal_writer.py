"""What a model that writes whole crystals is asked for: formulas, space groups, formula units."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from monty.json import MSONable

from elatbot_flows.engines.crystal_aims import aimed
from elatbot_flows.errors import ElatbotError, ParseError, TargetError
from elatbot_flows.text.crystals.questions import CrystalRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.crystals.written import WrittenCrystal
    from elatbot_flows.text.format import Format

__all__ = ["CrystalWishes", "CrystalWriter"]

_LISTS = ("formulas", "space_groups", "units", "crystal_systems", "elements")


@dataclass(frozen=True)
class CrystalWishes(MSONable):
    """Crystals that are asked for: each formula in each space group with each number of units.

    Parameters
    ----------
    formulas
        Reduced formulas; none to leave them to the model.
    space_groups
        International numbers; none to leave them to the model.
    units
        Formula units in the cell, which only CIFs can say; one where there are none.
    formation_energy, above_hull
        eV/atom, and
    band_gap
        eV, of all of them; only crystal-text-llm and LLaMat have words for them.
    crystal_systems, elements
        Systems, each in turn, and all elements of every crystal; only words of Wyckoff positions
        can say them.

    Examples
    --------
    >>> wishes = CrystalWishes(("NiAl", "Ni3Al"), (221,), (1, 2))
    >>> [(one.formula, one.units) for one in wishes.requests()]
    [('NiAl', 1), ('NiAl', 2), ('Ni3Al', 1), ('Ni3Al', 2)]
    """

    formulas: tuple[str, ...] = ()
    space_groups: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    formation_energy: float | None = None
    above_hull: float | None = None
    band_gap: float | None = None
    crystal_systems: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _LISTS:  # JSON has no tuples
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def requests(self) -> list[CrystalRequest]:
        """Every combination once.

        Raises
        ------
        TargetError
            If a formula is none, or a number is out of range.
        """
        rest: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name not in _LISTS
        }
        if self.units and min(self.units) < 1:
            raise TargetError(f"{min(self.units)} formula units are none: give 1 or more")
        rest["elements"] = self.elements or None
        lists = (self.formulas, self.space_groups, self.units, self.crystal_systems)
        every: Any = [each or (None,) for each in lists]
        try:
            return [
                CrystalRequest(f, space_group=group, units=units, crystal_system=system, **rest)
                for f, group, units, system in product(*every)
            ]
        except ElatbotError as error:
            raise TargetError(f"no crystal can be asked for: {error}") from error


@dataclass(frozen=True)
class CrystalWriter:
    """A text model as somebody who writes crystals; see `elatbot_flows.engines.planning.Writer`.

    Parameters
    ----------
    name
        What to call it.
    format
        How it is asked.
    elements
        Symbols of the elements it was trained on; None if nobody wrote them down.
    wishes
        What it is asked for.
    """

    name: str
    format: Format[CrystalRequest, WrittenCrystal]
    elements: tuple[str, ...] | None = None
    wishes: CrystalWishes = CrystalWishes()

    def check(self, target: DesignTarget | None) -> None:
        """Refuse a target that leaves no element.

        Moduli are not refused: what is written is judged.

        Raises
        ------
        TargetError
            If no element is left.
        """
        if target and self.elements is not None and not target.allowed(self.elements):
            raise TargetError(f"no element that {self.name} knows is left; allow more elements")

    def requests(self, *, named: bool = False) -> list[CrystalRequest]:
        """What is asked for, one after the other.

        Parameters
        ----------
        named
            Whether formulas are still to come.

        Raises
        ------
        TargetError
            If the model has no words for something, or needs a formula and there is none.
        """
        found = self.wishes.requests()
        if self.needs_formula and not (named or self.wishes.formulas):
            raise TargetError(f"{self.name} completes formulas to crystals: give formulas")
        said = frozenset().union(*(one.stated for one in found))
        if self.format.says is not None and (unsaid := sorted(said - self.format.says)):
            raise TargetError(f"{self.name} has no words for {', '.join(unsaid)}: leave them out")
        try:
            for one in found:
                self.format.ask(replace(one, formula="Cu") if named else one)
        except ElatbotError as error:
            raise TargetError(f"{self.name} cannot be asked for it: {error}") from error
        return found

    @property
    def needs_formula(self) -> bool:
        """Whether it completes formulas, and cannot choose them."""
        try:
            self.format.ask(CrystalRequest())
        except ParseError:
            return True
        return False

    @property
    def aims(self) -> bool:
        """Whether it has words for moduli."""
        return "bulk_modulus" in (self.format.says or ())

    def plan(
        self,
        target: DesignTarget | None,
        n: int,
        *,
        seed: int,
        elements: Collection[str] | None = None,
    ) -> list[CrystalRequest]:
        """What `n` answers are asked for: all wishes equally often, in an order that is drawn.

        Parameters
        ----------
        target
            What is wanted; said to models that have words for it.
        n
            Number of answers.
        seed
            Of the order, and of moduli and elements.
        elements
            Narrows the elements that the target allows; None for no narrowing.

        Raises
        ------
        TargetError
            As `check` and `requests`.
        """
        self.check(target)
        found = self.requests()
        rng = np.random.default_rng(seed)
        rounds = -(-n // len(found))
        order = [place for _ in range(rounds) for place in rng.permutation(len(found))]
        return self.aimed([found[place] for place in order[:n]], target, rng, elements)

    def aimed(
        self,
        requests: list[CrystalRequest],
        target: DesignTarget | None,
        rng: np.random.Generator,
        elements: Collection[str] | None = None,
    ) -> list[CrystalRequest]:
        """The same requests with what the target wants, if there are words for it."""
        if target is None or not self.aims:
            return requests
        return [aimed(one, target, rng, known=self.elements, elements=elements) for one in requests]

    def told(self) -> str:
        """What it is told and not told, for people."""
        if self.aims:
            return f"{self.name} writes crystals; it is told moduli and elements"
        return (
            f"{self.name} writes crystals; it is not told moduli or elements, so that crystals of "
            "other elements are rejected and moduli are left to the judges"
        )
