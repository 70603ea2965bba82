"""Looking around one composition finds its hull with few evaluations."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pymatgen.core import Composition

from elatbot_flows.crystals.drafts import Draft, Outlook
from elatbot_flows.errors import StructureError
from elatbot_flows.stability import HullSettings, Phase, PhaseCache
from elatbot_flows.stability.competing import Means, competing_phases
from elatbot_flows.stability.focus import focused_survey
from elatbot_flows.stability.mixtures import chemical_potentials, lowest_mixture
from elatbot_flows.stability.phases import Survey
from elatbot_flows.stability.systems import prototypes

SETTINGS = HullSettings()
ELEMENTS = [Phase(symbol, 0.0, "elements", symbol) for symbol in ("Al", "Ni", "Ti")]


@dataclass
class Invented:
    """Energies as somebody likes them; nothing is evaluated."""

    energies: dict[str, float]
    settings: HullSettings = SETTINGS
    relaxed_ones: list[str] = field(default_factory=list)
    known: dict = field(default_factory=dict)
    drafted_ones: list[str] = field(default_factory=list)

    def drafted(self, guesses):
        formula = guesses[0].structure.composition.reduced_formula
        self.drafted_ones += [guess.label for guess in guesses]
        energy = self.energies.get(formula, 0.5)
        return [Draft(energy, 0.0, guess) for guess in guesses[:1]], {}

    def outlooks(self, formula):
        return self.known.get(formula, {})

    def relaxed(self, draft, highest):
        formula = draft.guess.structure.composition.reduced_formula
        self.relaxed_ones.append(formula)
        if draft.energy_per_atom > highest:
            raise StructureError("too high", "too_high")
        return Survey((Phase(formula, draft.energy_per_atom, "prototypes", draft.guess.label),), 1)


def around(formula, energies, systems, formulas=()):
    means = Invented(energies)
    found = focused_survey(Composition(formula), systems, formulas, ELEMENTS, means)
    return {phase.formula for phase in found.phases}, means


def test_no_phase_lies_below_the_plane_through_the_products():
    phases = [*ELEMENTS, Phase("AlNi", -0.6, "x", ""), Phase("AlNi3", -0.4, "x", "")]
    asked = Composition("Ni2TiAl")
    plane = chemical_potentials(asked, phases)
    assert set(plane) == {"Al", "Ni", "Ti"}
    for phase in phases:
        amounts = Composition(phase.formula).fractional_composition.get_el_amt_dict()
        level = sum(plane[symbol] * amount for symbol, amount in amounts.items())
        assert level <= phase.energy_per_atom + 1e-9
    level = sum(plane[str(e)] * asked.get_atomic_fraction(e) for e in asked)
    assert level == pytest.approx(lowest_mixture(asked, phases)[0])


def test_what_cannot_be_a_product_is_not_relaxed():
    """A deep pair far from the composition asked about is of no consequence."""
    pairs = [("Al", "Ni"), ("Al", "Ti"), ("Ni", "Ti")]
    found, means = around("AlNi3", {"AlNi": -0.6, "AlNi3": -0.4}, pairs[:1], ["AlNi3"])
    assert found == {"AlNi", "AlNi3"}
    found, means = around("Ni8TiAl", {"AlNi": -0.1, "TiNi": -0.8, "TiAl": -0.05}, pairs)
    assert "TiNi" in found
    assert "TiAl" not in means.relaxed_ones


def test_prototypes_that_are_known_as_built_are_not_evaluated_again():
    label = prototypes("AlNi", SETTINGS)[0].label
    energies = {"AlNi": -0.6, "AlNi3": -0.4}
    means = Invented(energies, known={"AlNi": {label: Outlook(-0.6, 0.0)}})
    found = focused_survey(Composition("AlNi3"), [("Al", "Ni")], ["AlNi3"], ELEMENTS, means)
    assert label in [phase.label for phase in found.phases]
    assert label not in means.drafted_ones
    far = Invented(energies, known={"AlNi": {label: Outlook(0.6, 0.0)}})
    found = focused_survey(Composition("AlNi3"), [("Al", "Ni")], ["AlNi3"], ELEMENTS, far)
    assert not [phase for phase in found.phases if phase.formula == "AlNi"]


def test_a_prototype_that_the_library_no_longer_has_is_told():
    means = Invented({}, known={"AlNi": {"forgotten": Outlook(-0.6, 0.0)}})
    found = focused_survey(Composition("AlNi3"), [("Al", "Ni")], [], ELEMENTS, means)
    assert found.failures == {"unknown_prototype": 1}


def test_a_phase_of_the_composition_itself_does_not_hide_its_products():
    found, _ = around(
        "AlNi", {"AlNi": -0.9, "AlNi3": -0.3, "Al3Ni": -0.3}, [("Al", "Ni")], ["AlNi"]
    )
    assert found == {"AlNi", "AlNi3", "Al3Ni"}


def test_what_was_passed_over_is_looked_at_again_when_the_plane_has_turned():
    """Energies for which one look at every formula, without a second one, misses a product."""
    energies = {"AlNi": -0.68, "TiAl": -0.61, "TiNi": -0.34, "Ti3Ni": -0.21, "TiAl3": -0.41}
    energies |= {"AlNi3": -0.32, "Al3Ni": -0.63, "TiAl2": -0.24, "Ti2Ni": -0.38, "TiNi3": -0.47}
    energies |= {"Ti3Al": -0.73, "TiAlNi": -0.4}
    pairs = [("Al", "Ni"), ("Al", "Ti"), ("Ni", "Ti"), ("Al", "Ni", "Ti")]
    asked = Composition("AlNi2Ti")
    found, _ = around("AlNi2Ti", energies, pairs)
    every = [Phase(formula, energy, "x", "") for formula, energy in energies.items()]
    cheap, _ = lowest_mixture(asked, [*ELEMENTS, *(p for p in every if p.formula in found)])
    assert cheap == pytest.approx(lowest_mixture(asked, [*ELEMENTS, *every])[0])


@pytest.mark.parametrize("formula", ["CuAu", "Cu3Au", "Cu5Au2"])
def test_the_hull_is_that_of_a_survey_of_the_whole_system(emt, formula):
    elements = ("Au", "Cu")
    formula = Composition(formula).reduced_formula
    whole = Means(emt, SETTINGS, PhaseCache())
    whole.system(elements)  # is asked first from here on
    few = Means(emt, SETTINGS, PhaseCache())
    energies = []
    for means in (whole, few):
        phases, _ = competing_phases(formula, elements, means, [], [])
        others = [phase for phase in phases if phase.formula != formula]
        energies.append(lowest_mixture(Composition(formula), others)[0])
    assert energies[1] == pytest.approx(energies[0], abs=2e-3)


def test_what_was_evaluated_and_relaxed_is_read_again(emt, tmp_path):
    counts = []
    for _ in range(2):
        before = emt.evaluations
        means = Means(emt, SETTINGS, PhaseCache(tmp_path))
        counts.append(
            (competing_phases("CuAu", ("Au", "Cu"), means, [], [])[0], emt.evaluations - before)
        )
    (first, cost), (again, rest) = counts
    assert {p.label for p in first} == {p.label for p in again}
    assert rest < 0.2 * cost
