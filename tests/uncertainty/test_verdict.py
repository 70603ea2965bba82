"""From probabilities to words."""

from __future__ import annotations

import math

import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.joint_estimate import JointDistribution
from elatbot_flows.uncertainty.verdict import judge, verdict_of

FOUND = JointDistribution((math.log(160), math.log(80)), (0.05, 0.2), 0.3, 5.0)


@pytest.mark.parametrize(
    ("probability", "word"),
    [(1.0, "hit"), (0.5, "hit"), (0.499, "open"), (0.1, "open"), (0.099, "miss"), (0.0, "miss")],
)
def test_words(probability, word):
    assert verdict_of(probability) == word


def test_the_least_probable_property_limits():
    found = judge(FOUND, {"bulk_modulus": (145, 175), "shear_modulus": (78, 82)})
    assert found.limiting_property == "shear_modulus"
    assert found.verdict == verdict_of(found.probability)
    assert found.probability <= found.probabilities["shear_modulus"] < 0.5


def test_nothing_is_known_without_an_estimate():
    found = judge(None, {"bulk_modulus": (145, 175)})
    assert (found.verdict, found.probability) == ("unknown", None)


def test_a_verdict_needs_an_interval():
    with pytest.raises(UncertaintyError, match="no interval"):
        judge(FOUND, {})


def test_a_verdict_can_be_stored():
    found = judge(FOUND, {"bulk_modulus": (145, 175)})
    assert type(found).from_dict(found.as_dict()) == found
