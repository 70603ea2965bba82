"""What counts as an opinion, and whose it is."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.opinions import Member, Opinion, opinion_of, sort_opinions

CUBIC = [[200.0 if i == j else 100.0 if max(i, j) < 3 else 0.0 for j in range(6)] for i in range(6)]


def result(**given):
    fields = {"bulk_modulus": None, "shear_modulus": None, "elastic_tensor": None}
    return SimpleNamespace(**(fields | given))


def test_a_result_that_passed_says_its_moduli():
    found = opinion_of(result(bulk_modulus=160.0, shear_modulus=70.0, elastic_tensor=CUBIC))
    assert found == Opinion(160.0, 70.0)
    text = opinion_of(result(bulk_modulus=160.0, bulk_modulus_std=12.0))
    assert text == Opinion(160.0, None, 12.0)


def test_a_failed_crystal_says_the_voigt_average_of_its_tensor():
    found = opinion_of(result(elastic_tensor=CUBIC))
    assert found.failed
    assert found.bulk_modulus == pytest.approx(400 / 3)
    assert found.says_something


def test_a_failure_before_any_tensor_says_nothing():
    assert not opinion_of(result()).says_something


@pytest.mark.parametrize("value", [None, 0.0, -3.0, math.nan, math.inf])
def test_numbers_that_are_no_moduli_say_nothing(value):
    assert not Opinion(value, value).says_something
    assert math.isnan(Opinion(160.0, value).log_shear)


def test_the_shear_modulus_of_a_failed_crystal_is_not_looked_at():
    assert math.isnan(Opinion(160.0, 70.0, failed=True).log_shear)


def test_a_member_is_known_by_name_directory_or_hash():
    members = [Member("Tensor", ("abc",)), Member("other")]
    for name in ("Tensor", "tensor", "/somewhere/Tensor", "abc"):
        used, unused = sort_opinions({name: Opinion(1.0), "stranger": Opinion(2.0)}, members)
        assert used == {"Tensor": Opinion(1.0)}
        assert unused == ("stranger",)


def test_two_names_of_one_member_are_refused():
    with pytest.raises(UncertaintyError, match="two opinions were given for Tensor"):
        sort_opinions({"Tensor": Opinion(1.0), "abc": Opinion(2.0)}, [Member("Tensor", ("abc",))])
