"""Rows of the published files: joined where one crystal is meant, held out by formula."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows
from elatbot_flows.training.mini.rows import gather, part_in, tensors


def test_a_shear_modulus_goes_with_the_bulk_modulus_of_the_same_crystal(published):
    by_formula = {row.formula: row for row in gather(published)}
    assert by_formula["AlNi3"].shear_modulus == 77.0
    assert by_formula["Al3Ni"].shear_modulus is None  # another formula
    assert by_formula["Fe3W"].shear_modulus is None  # its tensor is of another bulk modulus


def test_published_test_tensors_are_named(published):
    named: set[str] = set()
    found = tensors(published, named)
    assert named == {"Fe3W"}
    assert [row.formula for row in found] == ["Fe3W", "Co3Mo", "Al", "Mg99.63Ag0.37"]
    assert [row.temperature for row in found] == [0, 0, 300, 300]
    bulk, shear = found[0].moduli
    assert bulk == pytest.approx(530 / 3)
    assert shear == pytest.approx(77.6, abs=3)


def test_an_unstable_tensor_has_no_shear_modulus(published):
    row = tensors(published, set())[0]
    broken = np.array(row.tensor)
    broken[3, 3] = -1.0
    assert np.isnan(type(row)("Fe3W", (), "Cubic", 0.0, broken).moduli[1])


@pytest.mark.shared
def test_the_division_is_that_of_the_first_release(shared):
    first = split_rows(load_rows(shared / "data" / "bulk_modulus_to_formula.jsonl.gz").rows)
    assert all(part_in(row.formula, ()) == "test" for row in first.test)
    assert all(part_in(row.formula, ()) == "train" for row in first.train)
    assert part_in(first.train[0].formula, {first.train[0].formula}) == "test"
