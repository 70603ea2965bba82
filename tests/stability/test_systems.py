"""Screening spares relaxations and loses nothing; a linear programme gives the hull."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.crystals.prototypes import likely_crystals
from elatbot_flows.errors import StructureError
from elatbot_flows.stability import HullSettings, Phase
from elatbot_flows.stability.elements import element_survey
from elatbot_flows.stability.mixtures import lowest_mixture
from elatbot_flows.stability.phases import relaxed_phase
from elatbot_flows.stability.systems import simple_formulas, system_survey

SETTINGS = HullSettings()
FORMULAS = simple_formulas(["Au", "Cu"])[:5]


@pytest.fixture(scope="module")
def corners(emt):
    return [element_survey(symbol, emt, SETTINGS).phases[0] for symbol in ("Au", "Cu")]


def relaxed_all(formula, potential):
    """Every likely crystal of a formula, relaxed."""
    found = []
    for guess in likely_crystals(formula, max_sites=8, max_common_sites=16, most=16):
        try:
            found.append(relaxed_phase(guess.structure, potential, SETTINGS, "all", guess.label))
        except StructureError:
            continue
    return found


def test_screening_finds_the_hull_that_relaxing_everything_finds(emt, corners):
    screened = system_survey(FORMULAS, corners, emt, SETTINGS)
    everything = [phase for formula in FORMULAS for phase in relaxed_all(formula, emt)]
    assert len(screened.phases) < 0.4 * len(everything)
    for formula in FORMULAS:
        own = Composition(formula)
        cheap, _ = lowest_mixture(own, [*corners, *screened.phases])
        full, _ = lowest_mixture(own, [*corners, *everything])
        assert cheap == pytest.approx(full, abs=2e-3)


def test_a_system_in_which_nothing_binds_costs_a_few_evaluations(emt, corners):
    before = emt.evaluations
    found = system_survey(FORMULAS, corners, emt, replace(SETTINGS, reach=-1.0))
    assert found.phases == ()
    assert found.tried == emt.evaluations - before == 20


def test_without_a_corner_there_is_no_hull(emt, corners):
    with pytest.raises(StructureError) as raised:
        system_survey(FORMULAS, corners[:1], emt, SETTINGS)
    assert raised.value.reason == "missing_element"


def test_large_cells_are_for_types_common_among_metals():
    sizes = [
        len(g.structure)
        for g in likely_crystals("Ti3Ni", max_sites=8, max_common_sites=16, most=99)
    ]
    assert max(sizes) == 16
    labels = [g.label for g in likely_crystals("Al3Ni5", max_sites=8, max_common_sites=16, most=99)]
    assert any("A3B5_oC16_65_ah_bej" in label for label in labels)
    assert any("D8_l" in label for label in labels)
    for formula, kind in (("Ni4Mo", "D1_a"), ("CaCu5", "D2_d"), ("Al3Ni2", "D5_13")):
        found = likely_crystals(formula, max_sites=8, max_common_sites=16, most=99)
        assert any(f"({kind})" in guess.label for guess in found)
    assert likely_crystals("Al17Mg12", max_sites=8, max_common_sites=16, most=9) == []
    salt = likely_crystals("NaCl", max_sites=8, max_common_sites=16, most=99)
    assert max(len(guess.structure) for guess in salt) <= 8


def test_a_formula_with_large_types_alone_is_tried_in_these(emt, corners):
    found = system_survey(["Cu7Au6"], corners, emt, replace(SETTINGS, reach=9.0))
    assert found.tried == len(
        likely_crystals("Cu7Au6", max_sites=8, max_common_sites=16, most=9)
    ) == 1  # fmt: skip


def test_a_hopeless_relaxation_is_given_up(emt):
    crystal = Structure(Lattice.tetragonal(3.0, 4.4), ["Cu", "Au"], [[0, 0, 0], [0.5] * 3])
    before = emt.evaluations
    with pytest.raises(StructureError) as raised:
        relaxed_phase(crystal, emt, SETTINGS, "given", "bad", highest=-99.0)
    assert raised.value.reason == "too_high"
    assert emt.evaluations - before <= 4


@hypothesis_settings(deadline=None, max_examples=30)
@given(
    energies=st.lists(st.floats(-1, 1), min_size=8, max_size=8),
    amounts=st.tuples(*[st.integers(0, 4)] * 3).filter(any),
)
def test_lowest_mixture_is_the_hull_of_pymatgen(energies, amounts):
    formulas = ["Al", "Ni", "Ti", "AlNi", "AlNi3", "TiAl", "TiNi", "TiAlNi2"]
    phases = [
        Phase(Composition(formula).reduced_formula, energy, "x", formula)
        for formula, energy in zip(formulas, energies, strict=True)
    ]
    entries = [
        PDEntry(Composition(p.formula), p.energy_per_atom * Composition(p.formula).num_atoms)
        for p in phases
    ]
    own = Composition(dict(zip(("Al", "Ni", "Ti"), amounts, strict=True)))
    energy, products = lowest_mixture(own, phases)
    expected = PhaseDiagram(entries).get_hull_energy_per_atom(own)
    assert energy == pytest.approx(expected, abs=1e-6)
    assert sum(fraction for _, fraction in products) == pytest.approx(1)
