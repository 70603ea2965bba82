"""Distances to the hull: textbook alloys, closed forms, and answers that must be unknown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.stability import (
    CrystalEnergy,
    HullSettings,
    PhaseCache,
    energy_above_hull,
    given_source,
)
from elatbot_flows.stability.large_types import untried_types

ELEMENTS_ONLY = HullSettings(prototypes=False)


def place(crystal, potential, **keywords):
    (found,) = energy_above_hull([crystal], potential, **keywords)
    return found


def check_nickel_aluminides(crystal, potential, cache):
    nial, ni3al, salt = energy_above_hull(
        [crystal("NiAl"), crystal("Ni3Al"), crystal("NiAl as salt")], potential, cache=cache
    )
    assert (nial.status, salt.status) == ("stable", "unstable")
    # SevenNet-0 puts the polytype D0_24 of Ni3Al 2 meV/atom below L1_2.
    assert ni3al.status in {"stable", "metastable"}
    assert nial.energy_above_hull <= 0.02
    assert ni3al.energy_above_hull <= 0.005
    assert -0.75 < nial.formation_energy_per_atom < -0.65
    assert -0.50 < ni3al.formation_energy_per_atom < -0.35
    assert any("B2" in label for label in nial.left_out)
    assert any("L1_2" in label for label in ni3al.left_out)
    assert salt.energy_above_hull > 0.3
    assert salt.formation_energy_per_atom < 0  # against the elements alone it would seem stable
    (product,) = salt.decomposition
    assert (product.formula, product.fraction) == ("AlNi", pytest.approx(1))
    assert "B2" in product.label


@pytest.mark.slow
def test_nickel_aluminides_are_stable_and_a_salt_of_them_is_not(crystal, sevennet, cache):
    check_nickel_aluminides(crystal, sevennet, cache)


@pytest.mark.shared
@pytest.mark.slow
def test_another_potential_agrees_on_its_own_hull(crystal, tensornet, cache):
    check_nickel_aluminides(crystal, tensornet, cache)


def test_copper_and_tungsten_do_not_mix(crystal, sevennet, cache):
    found = place(crystal("CuW"), sevennet, settings=ELEMENTS_ONLY, cache=cache)
    assert found.status == "unstable"
    assert found.formation_energy_per_atom > 0.2
    assert found.energy_above_hull == pytest.approx(found.formation_energy_per_atom)
    assert {p.formula: p.fraction for p in found.decomposition} == pytest.approx(
        {"Cu": 0.5, "W": 0.5}
    )


def test_an_element_is_its_own_corner(crystal, sevennet, cache):
    found = place(crystal("Al"), sevennet, cache=cache)
    assert found.status == "stable"
    assert found.energy_above_hull == pytest.approx(0, abs=1e-3)
    assert found.formation_energy_per_atom == pytest.approx(0, abs=1e-3)
    assert found.left_out == []


def test_a_polymorph_of_an_element_lies_above_it(crystal, emt, cache):
    found = place(crystal("bcc Cu"), emt, cache=cache)
    assert found.status == "metastable"
    assert 0.01 < found.energy_above_hull < 0.1


@hypothesis_settings(deadline=None)
@given(
    fraction=st.integers(1, 9),
    energy=st.floats(-1, 1),
    stable=st.floats(0, 0.05),
    metastable=st.floats(0.05, 0.3),
)
def test_against_the_elements_the_distance_is_the_formation_energy(
    emt, cache, fraction, energy, stable, metastable
):
    settings = HullSettings(prototypes=False, stable=stable, metastable=metastable)
    corners = {
        name: place(CrystalEnergy(name, 0.0), emt, settings=settings, cache=cache)
        for name in ("Cu", "Au")
    }
    mixed = sum(
        -part * corner.energy_above_hull
        for part, corner in zip((fraction / 10, 1 - fraction / 10), corners.values(), strict=True)
    )
    asked = CrystalEnergy(f"Cu{fraction}Au{10 - fraction}", mixed + energy)
    found = place(asked, emt, settings=settings, cache=cache)
    assert found.energy_above_hull == pytest.approx(energy, abs=1e-6)
    assert found.formation_energy_per_atom == pytest.approx(energy, abs=1e-6)
    assert sum(product.fraction for product in found.decomposition) == pytest.approx(1)
    noise = settings.noise
    if not any(abs(energy - edge - noise) < 1e-6 for edge in (stable, metastable)):
        expected = (
            "stable"
            if energy <= stable + noise
            else "metastable" if energy <= metastable + noise else "unstable"
        )  # fmt: skip
        assert found.status == expected


def test_a_known_phase_competes_unless_it_is_the_crystal_itself(crystal, emt, cache):
    settings = ELEMENTS_ONLY
    b2 = crystal("CuAu")
    l1_0 = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5] * 3])
    alone = place(b2, emt, settings=settings, cache=cache)
    known = given_source([l1_0, b2])
    against = place(b2, emt, settings=settings, cache=cache, sources=[known])
    assert alone.energy_above_hull < 0
    assert against.energy_above_hull > 0
    assert [p.source for p in against.decomposition] == ["given"]
    assert against.left_out == ["given: CuAu 2"]
    lower = place(l1_0, emt, settings=settings, cache=cache, sources=[known])
    assert lower.status == "stable"
    assert lower.energy_above_hull < 0
    assert lower.left_out == ["given: CuAu 1"]


def test_hull_through_a_gas_is_unknown(crystal, sevennet, cache):
    found = place(crystal("TiN"), sevennet, settings=ELEMENTS_ONLY, cache=cache)
    assert (found.status, found.reason) == ("unknown", "gas_terminal")
    assert found.energy_above_hull is None
    assert found.formation_energy_per_atom is None
    assert any("N2" in remark for remark in found.missing)


def broken(elements):
    raise OSError("no network")


@pytest.mark.parametrize(
    ("asked", "keywords", "reason"),
    [
        ("Ar", {}, "unsupported_element"),
        (CrystalEnergy("CuPo", -1.0), {}, "unsupported_element"),
        (CrystalEnergy("CuAu", math.nan), {}, "not_finite"),
        (CrystalEnergy("CuAu", -3.0), {"settings": HullSettings(max_steps=0)}, "missing_element"),
        ("Cu", {"settings": HullSettings(max_steps=0)}, "relaxation_not_converged"),
        ("Cu", {"sources": [broken]}, "source_failed"),
        (Structure(Lattice.cubic(3), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]]), {}, "disordered"),
        (Structure(Lattice.cubic(3), ["Cu"] * 2, [[0, 0, 0], [0, 0, 0.01]]), {}, "atoms_overlap"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_a_reason(crystal, emt, asked, keywords, reason):
    asked = crystal(asked) if isinstance(asked, str) else asked
    found = place(asked, emt, **keywords)
    assert (found.status, found.reason) == ("unknown", reason)
    assert found.message
    assert found.energy_above_hull is None


def test_nothing_is_relaxed_twice(crystal, emt, tmp_path):
    fresh = PhaseCache()
    first, again, other = energy_above_hull(
        [crystal("CuAu"), crystal("CuAu"), crystal("Cu")], emt, cache=fresh
    )
    own = place(crystal("Cu"), emt, cache=fresh, settings=ELEMENTS_ONLY).evaluations
    assert first.evaluations > again.evaluations > 0
    assert other.evaluations == own  # the relaxation of the crystal itself and nothing else
    entry = CrystalEnergy("CuAu", -3.0)
    # What was given up as hopeless is begun again.
    assert place(entry, emt, cache=fresh).evaluations < 0.2 * first.evaluations
    assert first.energy_above_hull == again.energy_above_hull


def test_phases_with_energies_compete_without_being_relaxed(crystal, emt, cache):
    asked = CrystalEnergy("CuAu", -3.0)
    alone = place(asked, emt, settings=ELEMENTS_ONLY, cache=cache)
    lower = CrystalEnergy("Au2Cu2", -4.0, label="built in this run")
    against = place(asked, emt, settings=ELEMENTS_ONLY, cache=cache, phases=[lower])
    assert against.evaluations == 0
    assert against.energy_above_hull == pytest.approx(1.0)
    assert against.energy_above_hull > alone.energy_above_hull
    (product,) = against.decomposition
    assert (product.source, product.label) == ("given", "built in this run")


def test_a_formula_that_was_explored_is_not_explored_again(emt, cache):
    asked = CrystalEnergy("Cu5Au2", -3.0)
    known = CrystalEnergy("Cu5Au2", -2.9)
    explored = place(asked, emt, cache=PhaseCache(), phases=[known])
    assert explored.evaluations < place(asked, emt, cache=PhaseCache()).evaluations


def test_higher_polymorphs_do_not_change_the_depth(crystal, emt, cache):
    lowest = CrystalEnergy("CuAu", -4.0)
    alone = place(lowest, emt, settings=ELEMENTS_ONLY, cache=cache)
    higher = CrystalEnergy("CuAu", -3.99)
    beside = place(lowest, emt, settings=ELEMENTS_ONLY, cache=cache, phases=[higher])
    assert beside.energy_above_hull == alone.energy_above_hull < 0
    assert place(higher, emt, settings=ELEMENTS_ONLY, cache=cache, phases=[lowest]).words == (
        "0.010 eV/atom above the hull"
    )
    assert beside.words == "on the hull"


@pytest.mark.parametrize("apart", [0.0009, -0.0009])
def test_a_polymorph_as_low_as_the_crystal_does_not_change_the_depth(apart, emt, cache):
    asked = CrystalEnergy("CuAu", -4.0)
    alone = place(asked, emt, settings=ELEMENTS_ONLY, cache=cache)
    other = CrystalEnergy("CuAu", -4.0 + apart)
    beside = place(asked, emt, settings=ELEMENTS_ONLY, cache=cache, phases=[other])
    assert beside.energy_above_hull == alone.energy_above_hull < -0.1
    assert beside.words == "on the hull"


def test_types_too_large_are_named_for_metals(emt, cache):
    found = place(CrystalEnergy("Cu2Au", -3.0), emt, cache=cache)
    assert any("Cu2Au" in remark and "C36" in remark for remark in found.missing)
    assert any("sigma" in remark and "Th2Zn17" in remark for remark in found.missing)
    assert untried_types("NaCl", ["Cl", "Na"]) == []
    assert untried_types("Cu", ["Cu"]) == []


def test_what_is_not_known_is_said(emt):
    found = place(CrystalEnergy("CuPo", -1.0), emt)
    assert found.words == "place on the hull unknown (unsupported_element)"
