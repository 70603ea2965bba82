"""The rows that are nearest to a question."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.retrieval import retrieve


def test_same_alloy_by_temperature_then_one_row_of_each_other(base):
    found = retrieve(base, "Al2Ni6", 160, k=7)
    assert [(n.row.formula, n.row.temperature) for n in found] == [
        ("AlNi3", 200), ("AlNi3", 100), ("AlNi3", 300), ("AlNi3", 400), ("Ni", 90), ("Ti", 300),
        ("Na", 300),
    ]  # fmt: skip
    assert [n.same_alloy for n in found] == [True] * 4 + [False] * 3
    assert found[0].composition_distance == 0 < found[4].composition_distance
    assert found[0].temperature_difference == 40
    assert len(set(map(id, found))) == len(found)
    assert retrieve(base, "Ni3Al", 160, k=2) == found[:2]


def test_another_crystal_system_is_another_alloy(base):
    (first, *_) = retrieve(base, "Ti", 300, crystal_system="cubic")
    assert (first.row.formula, first.composition_distance, first.same_alloy) == ("Ti", 0, False)


def test_refusals(base):
    with pytest.raises(ElatbotError, match="at least one"):
        retrieve(base, "Ni", 300, k=0)
    with pytest.raises(ElatbotError, match="no row tells a shear_modulus"):
        retrieve(base, "Ni", 300, quantity="shear_modulus")
    with pytest.raises(ParseError):
        retrieve(base, "nickel", 300)


@pytest.mark.shared
def test_published_base_gives_no_row_twice_and_no_other_alloy(published):
    for base in published:
        for formula, temperature in (("Ni3Al", 162), ("Ti44Al56", 230), ("NiAl", 300)):
            rows = [n.row for n in retrieve(base, formula, temperature, k=5)]
            assert len({(row.formula, row.temperature) for row in rows}) == len(rows)
            if formula != "NiAl":
                assert len(rows) == 5
                assert len({row.formula for row in rows}) == 1
