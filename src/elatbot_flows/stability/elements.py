"""Crystals of the elements: the corners of every hull."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from elatbot_flows.stability.phases import Survey, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["GASES", "element_crystals", "element_survey"]

GASES = {
    "H": (0.74, 5.3),
    "N": (1.10, 5.7),
    "O": (1.21, 5.4),
    "F": (1.42, 5.5),
    "Cl": (1.99, 6.5),
}
"""Diatomic gases: length of the bond and rough edge of a cubic molecular crystal like that of
alpha nitrogen (P a -3), A. The crystal stands in for the gas: functionals and potentials bind its
molecules weakly, yet the energy of the bond itself is where they err (for O2 with PBE by some
0.7 eV/atom; Wang, Maxisch & Ceder, Phys. Rev. B 73, 195107 (2006))."""

CLOSE_PACKED = ("fcc", "bcc", "hcp")
_SIMPLE_PROTOTYPES = 4
"""A1, A2, A3 and A3', the first ones for metals."""
_ALL_PROTOTYPES = 64
_LARGEST_CELL = 12
"""Sites: that of alpha boron."""
_RELAXED = 10
"""Prototypes as built are poor guides for elements with cells of low symmetry, such as uranium."""

_ALPHA_MANGANESE = (
    ((0, 0, 0), (0.317, 0.317, 0.317), (0.356, 0.356, 0.034), (0.089, 0.089, 0.282)),
    8.9,
)
"""Positions (I -4 3 m: 2a, 8c, 24g, 24g) and cell edge (A) of A12; too large for the prototypes."""


def element_survey(symbol: str, potential: Potential, settings: HullSettings) -> Survey:
    """Relax likely crystals of an element; only the lowest in energy is kept.

    Parameters
    ----------
    symbol
        The element.
    potential
        The potential.
    settings
        Thresholds.
    """
    crystals = list(element_crystals(symbol))
    found = survey(crystals, potential, settings, source="elements", most=_RELAXED)
    return Survey(found.phases[:1], found.tried, found.failures)


def element_crystals(symbol: str) -> Iterator[tuple[str, Structure]]:
    """Labelled crystals an element may have.

    The measured crystal, as far as ASE tabulates all of it; fcc, bcc, hcp and double hcp; for
    elements that are not a metal of one of these all prototypes of elements that pymatgen ships
    (A4, A5, A7, A8, A11, A17, A20 and so on); for diatomic gases a molecular crystal.

    Parameters
    ----------
    symbol
        The element.
    """
    if symbol in GASES:
        yield "molecular crystal", _molecular_crystal(symbol)
        return
    from pymatgen.core import Element

    measured, kind = _measured(symbol)
    if measured is not None:
        yield f"measured ({kind})", measured
    if symbol == "Mn":
        yield "alpha manganese (A12)", _alpha_manganese()
    # ASE calls chains of selenium and tellurium hcp.
    simple = kind in CLOSE_PACKED and Element(symbol).is_metal
    count = _SIMPLE_PROTOTYPES if simple else _ALL_PROTOTYPES
    yield from _prototypes(symbol, count)


def _measured(symbol: str) -> tuple[Structure | None, str]:
    """The primitive cell that ASE makes of its reference states, and their symmetry."""
    from ase.build import bulk
    from ase.data import atomic_numbers, reference_states
    from pymatgen.io.ase import AseAtomsAdaptor

    state = reference_states[atomic_numbers[symbol]]
    kind = str(state["symmetry"]) if state else "unknown"
    # ASE's alpha uranium lacks three quarters of its atoms.
    if kind != "orthorhombic":
        with contextlib.suppress(ValueError, KeyError, RuntimeError, NotImplementedError):
            return AseAtomsAdaptor.get_structure(bulk(symbol)), kind
    return None, kind


def _prototypes(symbol: str, count: int) -> Iterator[tuple[str, Structure]]:
    from elatbot_flows.crystals import build_structures
    from elatbot_flows.errors import StructureError

    with contextlib.suppress(StructureError):
        for guess in build_structures(
            symbol,
            "Cubic",
            sources=("aflow",),
            max_sites=_LARGEST_CELL,
            max_guesses=count,
            other_systems=count // 2 if count == _SIMPLE_PROTOTYPES else count - 8,
        ):
            yield guess.label, guess.structure


def _molecular_crystal(symbol: str) -> Structure:
    from pymatgen.core import Lattice, Structure

    bond, edge = GASES[symbol]
    x = bond / (2 * 3**0.5 * edge)
    return Structure.from_spacegroup("Pa-3", Lattice.cubic(edge), [symbol], [[x, x, x]])


def _alpha_manganese() -> Structure:
    from pymatgen.core import Lattice, Structure

    positions, edge = _ALPHA_MANGANESE
    crystal = Structure.from_spacegroup(
        "I-43m", Lattice.cubic(edge), ["Mn"] * len(positions), positions
    )
    return crystal.get_primitive_structure()
