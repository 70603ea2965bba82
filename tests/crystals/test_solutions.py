"""Solid solutions as special quasi-random structures."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals import solutions
from elatbot_flows.crystals.solutions import approximants, solid_solution
from elatbot_flows.errors import ParseError, StructureError

sqs = pytest.mark.skipif(
    solutions.importlib.util.find_spec("sqsgenerator") is None, reason="needs the extra alloys"
)


def order(structure, symbol, cutoff):
    """Warren-Cowley parameter of the nearest shell, by counting neighbours."""
    own = [i for i, site in enumerate(structure) if site.specie.symbol == symbol]
    around = [n for i in own for n in structure.get_neighbors(structure[i], cutoff)]
    other = 1 - len(own) / len(structure)
    return 1 - np.mean([n.specie.symbol != symbol for n in around]) / other


@pytest.mark.parametrize(
    ("text", "sites", "neighbours"),
    [("Ni0.7Al0.3 fcc", 4, 12), ("TiNb bcc", 2, 8), ("Mg95Al5 hcp", 2, 12)],
)
def test_lattices(text, sites, neighbours):
    alloy = solid_solution(text)
    nearest = alloy.get_all_neighbors(min(alloy.lattice.abc) * 1.05)
    shortest = min(n.nn_distance for n in nearest[0])
    assert len(alloy) == sites
    assert sum(n.nn_distance < shortest * 1.05 for n in nearest[0]) == neighbours
    assert not alloy.is_ordered


@pytest.mark.parametrize("text", ["Ni0.7Al0.3", "fcc", "", "Ni0.7Al0.3 sc", "NiXx fcc"])
def test_other_texts_are_refused(text):
    with pytest.raises(ParseError):
        solid_solution(text)


def test_what_has_no_approximant_is_told():
    ordered = Structure(Lattice.cubic(3), ["Fe"], [[0, 0, 0]])
    vacant = Structure(Lattice.cubic(3), [{"Fe": 0.5}], [[0, 0, 0]])
    for alloy, reason in ((ordered, "ordered"), (vacant, "vacancies")):
        with pytest.raises(StructureError) as error:
            approximants(alloy)
        assert error.value.reason in (reason, "missing_package")


def test_the_package_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(solutions.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StructureError, match="alloys"):
        approximants(solid_solution("NiAl bcc"))


@sqs
def test_nickel_aluminium():
    alloy = solid_solution("Ni0.7Al0.3 fcc")
    found = approximants(alloy)
    assert 1 <= len(found) <= 3
    nearest = alloy.lattice.a * 0.75
    for each in found:
        assert len(each.structure) == 32
        assert each.structure.is_ordered
        assert each.off <= 0.02
        assert abs(each.structure.composition.get_atomic_fraction("Al") - 0.3) == pytest.approx(
            each.off
        )
        assert abs(order(each.structure, "Al", nearest)) < 0.1  # -1/3 in Ni3Al
        assert each.structure.volume / 32 == pytest.approx(alloy.volume / 4)


@sqs
def test_searches_end_equally_random():
    alloy = solid_solution("TiNb bcc")
    first, again = (approximants(alloy, count=1, most_atoms=16, seed=3)[0] for _ in range(2))
    assert first.objective == pytest.approx(again.objective)


@sqs
def test_shared_sites_are_filled_and_the_others_stay():
    salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.6), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    (found,) = approximants(salt, count=1)
    assert found.structure.composition.formula == "K8 Na8 Cl16"
    with pytest.raises(StructureError, match="allow more atoms"):
        approximants(salt, count=1, most_atoms=8)


@sqs
def test_a_dilute_alloy_needs_more_atoms():
    with pytest.raises(StructureError, match="more atoms") as error:
        approximants(solid_solution("Ni0.999Al0.001 fcc"))
    assert error.value.reason == "too_large"
