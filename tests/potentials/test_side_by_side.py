"""Crystals side by side get what each gets alone, by fewer calls."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from ase.calculators.emt import EMT
from pymatgen.core import Lattice, Structure

from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.base import Potential
from elatbot_flows.potentials.side_by_side import side_by_side
from elatbot_flows.potentials.validation import validate_crystal

SITES = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
PAIRS = ["AlNi", "CuAu", "PdAg", "PtCu", "NiPd"]


def crystal(pair, stretched=1.02):
    one, other = Structure(Lattice.cubic(3), [pair[:2], pair[2:]], [[0, 0, 0], [0.5, 0.5, 0.5]])
    lattice = Lattice.tetragonal(3.85, 3.85 * stretched)
    return Structure(lattice, [one.specie, *[other.specie] * 3], SITES)


CRYSTALS = [crystal(pair) for pair in PAIRS]


def in_calls(calls, broken=()):
    """EMT as a potential with batches that writes down who was in each call."""

    def batch(cells):
        calls.append([cell.get_chemical_formula() for cell in cells])
        if any(cell.get_chemical_formula() in broken for cell in cells):
            raise RuntimeError("out of memory")
        found = []
        for cell in cells:
            cell.calc = EMT()
            stress = cell.get_stress(voigt=False)
            found.append((cell.get_potential_energy(), cell.get_forces(), stress))
        return found

    elements = ("Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")
    return Potential("emt", "EMT", "ase", "0", elements, "cpu", "float64", EMT(), batch=batch)


def judged(potential, at_once=None, crystals=CRYSTALS):
    return side_by_side([partial(validate_crystal, one) for one in crystals], potential, at_once)


def test_fewer_calls_give_the_same_tensors():
    calls = {1: [], 5: []}
    alone, together = (judged(in_calls(calls[number]), number) for number in calls)
    for one, other in zip(alone, together, strict=True):
        assert (one.formula, one.status, one.reason) == (other.formula, other.status, other.reason)
        assert one.evaluations == other.evaluations > 0
        np.testing.assert_allclose(one.elastic_tensor, other.elastic_tensor, atol=1e-6)
    assert len({member for call in calls[5] for member in call}) == 5
    assert max(len(set(call)) for call in calls[5]) == 5


def test_all_evaluations_are_counted():
    potential = in_calls([])
    assert sum(result.evaluations for result in judged(potential)) == potential.evaluations


def test_the_same_crystals_share_the_same_calls():
    first, second = [], []
    judged(in_calls(first), 3)
    judged(in_calls(second), 3)
    assert first == second
    assert max(len(set(call)) for call in first) == 3, "no more are under way than was asked for"


def test_where_the_model_fails_on_all_together_the_guilty_one_fails_alone():
    results = judged(in_calls([], broken=("AuCu", "Au3Cu")))
    reasons = {result.formula: result.reason for result in results}
    assert reasons.pop("CuAu3") in ("calculation_error", "potential_error")
    assert set(reasons.values()) == {None}


def test_a_task_that_breaks_spoils_no_other_and_is_told():
    done = []

    def broken(potential):
        raise ValueError("broken")

    def sound(potential):
        done.append(validate_crystal(CRYSTALS[0], potential).status)

    with pytest.raises(ValueError, match="broken"):
        side_by_side([sound, broken, sound], in_calls([]))
    assert done == ["passed", "passed"]


def test_nothing_to_do_is_done():
    assert side_by_side([], in_calls([])) == []


def test_with_a_real_potential():
    potential = load_potential("7net-0", dtype="float64")
    crystals = [crystal("AlNi", 1.0), crystal("TiAl"), crystal("CuAu")]
    alone, together = (judged(potential, number, crystals) for number in (1, 3))
    for one, other in zip(alone, together, strict=True):
        assert (one.status, one.evaluations) == (other.status, other.evaluations)
        np.testing.assert_allclose(one.elastic_tensor, other.elastic_tensor, atol=1e-4)
