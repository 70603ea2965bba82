"""What a researcher asks for: intervals of elastic properties and allowed elements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.elasticity.isotropic import feasible_bulk_modulus
from elatbot_flows.errors import TargetError
from elatbot_flows.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CRYSTAL_SYSTEMS",
    "PROPERTIES",
    "RADIOACTIVE",
    "DesignTarget",
    "Interval",
    "Property",
    "check_elements",
]

CRYSTAL_SYSTEMS = (
    "Cubic",
    "Hexagonal",
    "Trigonal",
    "Tetragonal",
    "Orthorhombic",
    "Monoclinic",
    "Triclinic",
)
"""The seven crystal systems, spelled as the Materials Project spells them."""

RADIOACTIVE = frozenset((
    "Tc", "Pm", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk",
    "Cf", "Es", "Fm", "Md", "No", "Lr",
))  # fmt: skip
"""Elements without a stable isotope, which nobody can make an alloy of. That of bismuth outlives
the universe."""


@dataclass(frozen=True)
class Property:
    """An elastic property one can aim at.

    Parameters
    ----------
    name
        Its name in code, documents and options.
    symbol
        Its usual symbol.
    unit
        ``"GPa"``, or ``""`` for a ratio.
    lowest, highest
        Physical bounds for a mechanically stable isotropic solid.
    """

    name: str
    symbol: str
    unit: str
    lowest: float
    highest: float

    @property
    def label(self) -> str:
        """Name for people, with the unit: ``"bulk modulus (GPa)"``."""
        words = self.name.replace("_", " ").replace("youngs", "Young's")
        return f"{words} ({self.unit})" if self.unit else words


PROPERTIES: dict[str, Property] = {
    p.name: p
    for p in (
        Property("bulk_modulus", "K", "GPa", 0.0, math.inf),
        Property("shear_modulus", "G", "GPa", 0.0, math.inf),
        Property("youngs_modulus", "E", "GPa", 0.0, math.inf),
        Property("poisson_ratio", "nu", "", -1.0, 0.5),
        Property("pugh_ratio", "K/G", "", 0.0, math.inf),
    )
}
"""Properties a target may constrain, by name. Moduli are Voigt-Reuss-Hill averages;
``pugh_ratio`` is K/G (ductile above about 1.75, Pugh 1954)."""


def check_elements(symbols: Iterable[str], where: str) -> tuple[str, ...]:
    """Return `symbols` sorted and without repeats.

    Parameters
    ----------
    symbols
        Chemical symbols such as ``"Ni"``.
    where
        What the list is, for the message.

    Raises
    ------
    TargetError
        If a symbol is not that of an element.
    """
    from pymatgen.core import Element

    names = [symbol.strip() for symbol in symbols]
    wrong = [name for name in names if not Element.is_valid_symbol(name)]
    if wrong:
        raise TargetError(
            f"{where}: {', '.join(repr(w) for w in wrong)} is not a chemical element; "
            "write symbols such as Ni,Al,Ti"
        )
    return tuple(sorted(set(names)))


@dataclass(frozen=True)
class DesignTarget(MSONable):
    """What the wanted material should be. Any subset of the fields may be given.

    Parameters
    ----------
    bulk_modulus, shear_modulus, youngs_modulus
        Intervals in GPa (Voigt-Reuss-Hill averages); a pair ``(150, 170)`` or ``(150, None)`` means
        the same.
    poisson_ratio, pugh_ratio
        Intervals of the homogeneous Poisson ratio and of K/G.
    temperature
        In K. The models shipped here know 0 K only.
    elements
        The only elements allowed, or None for all but those in `RADIOACTIVE`.
    included_elements
        Elements of these that are allowed all the same where `elements` is None.
    excluded_elements
        Elements that must not occur.
    max_elements
        Largest number of different elements.
    max_sites
        Largest number of atoms in the primitive cell.

    Raises
    ------
    TargetError
        If an interval is impossible, an element unknown, or nothing is left to choose from.
    """

    bulk_modulus: Interval | None = None
    shear_modulus: Interval | None = None
    youngs_modulus: Interval | None = None
    poisson_ratio: Interval | None = None
    pugh_ratio: Interval | None = None
    temperature: float = 0.0
    elements: tuple[str, ...] | None = None
    included_elements: tuple[str, ...] = ()
    excluded_elements: tuple[str, ...] = ()
    max_elements: int | None = None
    max_sites: int = 16

    def __post_init__(self) -> None:
        for name, given in self.intervals().items():
            interval = given if isinstance(given, Interval) else _interval(name, given)
            self._set(name, interval)
            _check_interval(PROPERTIES[name], interval)
        if not self.intervals():
            raise TargetError(
                "the target has no interval: give at least one, for example bulk_modulus 150:170"
            )
        if self.elements is not None:
            self._set("elements", check_elements(self.elements, "elements"))
        self._set("included_elements", check_elements(self.included_elements, "included elements"))
        self._set("excluded_elements", check_elements(self.excluded_elements, "excluded elements"))
        if self.elements is not None and not self.allowed(self.elements):
            raise TargetError(
                "no element is left: all allowed elements are excluded; "
                "allow more elements or exclude fewer"
            )
        if self.max_elements is not None and self.max_elements < 1:
            raise TargetError(f"max_elements is {self.max_elements}: it must be at least 1")
        if self.max_sites < 1:
            raise TargetError(f"max_sites is {self.max_sites}: it must be at least 1")
        if self.temperature < 0 or not math.isfinite(self.temperature):
            raise TargetError(f"temperature is {self.temperature}: give 0 K or more")

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def intervals(self) -> dict[str, Interval]:
        """The intervals that were given, by property name."""
        given = {name: getattr(self, name) for name in PROPERTIES}
        return {name: interval for name, interval in given.items() if interval is not None}

    def summary(self) -> dict[str, Any]:
        """Plain values for documents: intervals as ``[low, high]``, fields not given left out.

        An open edge is None.
        """
        fields: dict[str, Any] = {name: i.plain() for name, i in self.intervals().items()}
        fields |= {"temperature": self.temperature, "max_sites": self.max_sites}
        if self.elements is not None:
            fields["elements"] = list(self.elements)
        if self.included_elements:
            fields["included_elements"] = list(self.included_elements)
        if self.excluded_elements:
            fields["excluded_elements"] = list(self.excluded_elements)
        if self.max_elements is not None:
            fields["max_elements"] = self.max_elements
        return fields

    def allowed(self, known: Iterable[str]) -> tuple[str, ...]:
        """Those of the `known` elements that this target allows, sorted."""
        if self.elements is None:
            wanted = set(known) - set(self.left_out(known))
        else:
            wanted = set(known) & set(self.elements)
        return tuple(sorted(wanted - set(self.excluded_elements)))

    def left_out(self, known: Iterable[str]) -> tuple[str, ...]:
        """Those of the `known` elements that are left out because they are radioactive, sorted."""
        if self.elements is not None:
            return ()
        return tuple(sorted(set(known) & RADIOACTIVE - set(self.included_elements)))

    def implied_bulk_modulus(self) -> Interval | None:
        """The bulk moduli (GPa) that the given intervals leave possible, if they bound them at all.

        See :func:`~elatbot_flows.elasticity.isotropic.feasible_bulk_modulus`.

        Raises
        ------
        TargetError
            If the intervals contradict each other.
        """
        given = {
            name: (max(i.low, PROPERTIES[name].lowest), min(i.high, PROPERTIES[name].highest))
            for name, i in self.intervals().items()
        }
        try:
            bounds = feasible_bulk_modulus(given)
        except ValueError:
            texts = ", ".join(f"{name} {i}" for name, i in self.intervals().items())
            raise TargetError(
                f"the intervals contradict each other: no solid has {texts}; widen one of them"
            ) from None
        return None if bounds is None else Interval(*bounds)


def _interval(name: str, pair: Any) -> Interval:
    """An interval of two numbers, one of which may be None."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TargetError(f"{name} is {pair!r}: give an interval or a pair such as (150, 170)")
    return Interval(*pair)


def _check_interval(prop: Property, interval: Interval) -> None:
    """Refuse an interval outside the physical bounds of its property."""
    given = [edge for edge in interval.edges if math.isfinite(edge)]
    if min(given) < prop.lowest or max(given) > prop.highest:
        bounds = (
            f"{prop.lowest:g} to {prop.highest:g}"
            if math.isfinite(prop.highest)
            else (f"{prop.lowest:g} or more")
        )
        raise TargetError(
            f"{prop.name} {interval} is outside what a stable solid can have ({bounds}"
            f"{' ' + prop.unit if prop.unit else ''}); change the interval"
        )
