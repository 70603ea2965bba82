"""Evaluation of sets of crystals with known answers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.evaluation.crystals import (
    Draws,
    GeneratedCrystal,
    Outcome,
    evaluate_crystals,
)
from elatbot_flows.evaluation.crystals.coverage import coverage, differences
from elatbot_flows.evaluation.crystals.fingerprints import fingerprints
from elatbot_flows.evaluation.crystals.plain import plain

NO_DRAWS = Draws(resamples=0)


def b2(first, second, edge=3.0):
    return Structure(Lattice.cubic(edge), [first, second], [[0, 0, 0], [0.5] * 3])


def l1_2(first, second):
    return Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.7), [first, second], [[0, 0.5, 0.5], [0, 0, 0]]
    )


SET = (b2("Ni", "Al"), b2("Cu", "Zn"), l1_2("Ni", "Al"), b2("Ti", "Fe"), l1_2("Au", "Cu"))
PAIRED = b2("Ni", "Al", edge=0.4)
TRIES = (
    *(GeneratedCrystal(f"good {n}", crystal) for n, crystal in enumerate(SET)),
    GeneratedCrystal("again", b2("Al", "Ni", 3.01)),  # ordered the other way round: one material
    GeneratedCrystal("other formula", b2("Ni", "Ti"), formula="Ni3Ti"),
    GeneratedCrystal("other group", b2("Pd", "Ti"), space_group=225),
    GeneratedCrystal("crushed", PAIRED),
    GeneratedCrystal("no text", reason="cut_off"),
    GeneratedCrystal("impossible", reason="contradicts_formula"),
)


def evaluated(tries, **options):
    return evaluate_crystals(tries, with_coverage=False, draws=NO_DRAWS, **options)


def test_funnel_of_a_small_set_by_hand():
    found = evaluated(TRIES, known=SET[:2], reference=[*SET, b2("Cs", "Cl", 4)])
    parsed, valid = found.steps["parsed"], found.steps["valid"]
    assert (parsed.of_all.count, parsed.of_all.of, parsed.reasons) == (10, 11, {"cut_off": 1})
    assert (valid.of_all.count, valid.of_previous.of) == (6, 10)
    assert valid.reasons == {
        "not_formula": 1, "not_space_group": 1, "not_apart": 1, "contradicts_formula": 1,
    }  # fmt: skip
    assert (found.unique.count, found.unique.of) == (5, 6)
    assert (found.novel.count, found.unique_novel.count) == (3, 3)
    assert (found.matches.any.count, found.matches.any.of, found.matches.asked.count) == (5, 6, 5)
    assert found.checks["formula"].of == 2
    assert list(found.steps) == ["parsed", "valid"]


@cache
def rates(order):
    found = evaluated([TRIES[n] for n in order], known=SET[:2], reference=SET)
    return {name: one for name, one in plain(found).items() if name != "crystals"}


@settings(max_examples=10)
@given(order=st.permutations(range(len(TRIES))))
def test_the_order_of_crystals_changes_nothing(order):
    ordered, usual = rates(tuple(order)), rates(tuple(range(len(TRIES))))
    for one in (ordered, usual):
        for step in one["steps"].values():
            step["reasons"] = dict(sorted(step["reasons"].items()))
    assert ordered == usual


def test_a_set_beside_itself_is_all_matched_and_nothing_new():
    tries = [GeneratedCrystal(str(n), crystal) for n, crystal in enumerate(SET)]
    found = evaluated(tries, known=SET, reference=SET)
    assert found.matches.first.value == found.unique.value == 1
    assert found.matches.rms.value == pytest.approx(0, abs=1e-6)
    assert found.novel.count == 0
    assert all(one.value == 0 for one in found.differences.values())


def test_coverage_of_a_set_by_itself_and_by_another():
    pytest.importorskip("matminer")
    known = fingerprints(SET)
    same = coverage(known, known, submitted=10, draws=NO_DRAWS)
    assert (same.recall.value, same.precision.value, same.precision_of_all.value) == (1, 1, 0.5)
    salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0] * 3, [0.5] * 3]
    )
    other = coverage(fingerprints([salt]), known, submitted=1, draws=NO_DRAWS)
    assert (other.recall.count, other.precision.count) == (0, 0)


def test_distances_of_properties():
    wider = [crystal.copy() for crystal in SET]
    for crystal in wider:
        crystal.scale_lattice(2 * crystal.volume)
    found = differences(SET, wider, NO_DRAWS)
    assert found["elements"].value == 0
    mean = sum(crystal.volume / len(crystal) for crystal in SET) / len(SET)
    assert found["volume_per_atom"].value == pytest.approx(mean)
    assert found["density"].value == pytest.approx(sum(c.density for c in wider) / len(SET))


def test_a_distance_of_draws_of_one_set_is_its_floor():
    edges = np.random.default_rng(0).uniform(2.5, 4, 80)
    cells = [b2("Ni", "Al", edge) for edge in edges]
    found = differences(cells[:40], cells[40:])["volume_per_atom"]
    assert 0 <= found.low <= found.value <= found.high
    assert 0.5 < found.value / found.floor < 3


def test_oxidation_states_say_nothing_of_metals():
    pytest.importorskip("smact")
    places = [[0, 0, 0], [0.3] * 3, [0.7] * 3]
    impossible = [Structure(Lattice.cubic(6), e, places) for e in (["Na", "Cl", "Cl"], ["Ni"] * 3)]
    crystals = [b2("Ni", "Al"), b2("Na", "Cl"), *impossible]
    tries = [GeneratedCrystal(str(n), crystal) for n, crystal in enumerate(crystals)]
    found = evaluated(tries, charges=True)
    assert (found.all_metals.count, found.charges.count, found.charges.of) == (2, 3, 4)


def test_physics_goes_on_with_the_funnel():
    said = {
        "good 0": Outcome(True, True, "stable", hit=True, structure=SET[0]),
        "good 1": Outcome(True, True, "metastable", hit=False, structure=SET[1]),
        "good 2": Outcome(True, False, reason="soft_mode", structure=SET[2]),
        "good 3": Outcome(False, False, reason="relaxation_not_converged"),
        "good 4": Outcome(True, True, "unknown", hit=True, structure=SET[4]),
    }
    found = evaluated(TRIES, known=[SET[1]], outcomes=said)
    counts = {name: step.of_all.count for name, step in found.steps.items()}
    assert counts == {
        "parsed": 10, "valid": 6, "relaxed": 4, "passed": 3, "metastable": 2, "stable": 1,
        "on_target": 2, "on_target_metastable": 1,
    }  # fmt: skip
    assert found.steps["relaxed"].reasons == {"relaxation_not_converged": 1, "not_tried": 1}
    assert found.steps["on_target"].reasons == {"target_missed": 1}
    sun = found.sun
    assert (sun.submitted, sun.failed, sun.sun, sun.msun, sun.sun_hits) == (11, 8, 1, 1, 1)


def test_nothing_is_a_set_too():
    found = evaluated([], known=SET, reference=SET)
    assert found.steps["parsed"].of_all.value is None
    assert found.matches.any.count == 0
