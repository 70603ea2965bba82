"""Distributions of K and G: probabilities that are ones, the same every time, and documents."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from elatbot_flows.documents.estimate import Estimate
from elatbot_flows.errors import UncertaintyError
from elatbot_flows.targets import Interval
from elatbot_flows.uncertainty.joint_estimate import (
    JointDistribution,
    JointEstimate,
    distribution_of,
)
from elatbot_flows.uncertainty.moduli_samples import isotropic_properties, standard_points
from elatbot_flows.uncertainty.opinions import Opinion

EXAMPLE = JointDistribution((math.log(160), math.log(80)), (0.08, 0.2), 0.4, 5.0)

distributions = st.builds(
    JointDistribution,
    st.tuples(st.floats(1, 6), st.floats(0, 6)),
    st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)),
    st.floats(-0.95, 0.95),
    st.floats(2.5, 50),
)
names = st.sampled_from(["bulk_modulus", "shear_modulus", "youngs_modulus", "pugh_ratio"])
edges = st.floats(0.1, 500)


@given(distributions, names, edges, edges, st.floats(0, 100))
def test_a_wider_interval_is_never_less_probable(found, name, one, other, more):
    low, high = sorted((one, other))
    narrow, _ = found.probabilities({name: (low, high)})
    wide, _ = found.probabilities({name: (low - more, high + more)})
    assert 0 <= narrow <= wide <= 1


@given(distributions, st.dictionaries(names, st.tuples(edges, edges), min_size=1))
def test_all_at_once_is_never_more_probable_than_one(found, intervals):
    intervals = {name: tuple(sorted(pair)) for name, pair in intervals.items()}
    together, single = found.probabilities(intervals)
    assert set(single) == set(intervals)
    assert 0 <= together <= min(single.values()) <= 1


@given(distributions, names)
def test_open_intervals_share_the_whole(found, name):
    everything, _ = found.probabilities({name: (-math.inf, math.inf)})
    below, _ = found.probabilities({name: (-math.inf, 50.0)})
    above, _ = found.probabilities({name: (np.nextafter(50.0, 51), math.inf)})
    assert everything == 1
    assert below + above == pytest.approx(1, abs=2e-4)


def test_known_answer_of_one_modulus():
    low, high = 150.0, 175.0
    z = (np.log([low, high]) - EXAMPLE.log_means[0]) / EXAMPLE.log_scales[0]
    expected = float(np.diff(t.cdf(z, EXAMPLE.tail))[0])
    found, _ = EXAMPLE.probabilities({"bulk_modulus": Interval(low, high)})
    assert found == pytest.approx(expected, abs=0.005)
    for coverage in (0.5, 0.8, 0.9):
        half = t.ppf(0.5 + coverage / 2, EXAMPLE.tail) * EXAMPLE.log_scales[1]
        low, high = EXAMPLE.interval("shear_modulus", coverage)
        assert [low, high] == pytest.approx([80 * np.exp(-half), 80 * np.exp(half)], rel=0.02)


def test_points_have_the_correlation_and_tail_of_the_distribution():
    bulk, shear = EXAMPLE.sample(65536)
    scaled = (bulk - EXAMPLE.log_means[0]) / EXAMPLE.log_scales[0]
    assert np.quantile(scaled, 0.95) == pytest.approx(t.ppf(0.95, 5), abs=0.02)
    both = np.clip([scaled, (shear - EXAMPLE.log_means[1]) / EXAMPLE.log_scales[1]], -4, 4)
    assert np.corrcoef(both)[0, 1] == pytest.approx(0.4, abs=0.03)


def test_the_same_numbers_every_time_and_nobody_can_change_them():
    intervals = {"bulk_modulus": (150, 175), "pugh_ratio": (1.75, math.inf)}
    again = JointDistribution(*(getattr(EXAMPLE, n) for n in EXAMPLE.__dataclass_fields__))
    assert EXAMPLE.probabilities(intervals) == again.probabilities(intervals)
    with pytest.raises(ValueError, match="read-only"):
        standard_points(5.0, 8192)[0] = 0


def test_properties_of_an_isotropic_solid():
    found = isotropic_properties(np.log(160.0), np.log(76.0))
    assert found["youngs_modulus"] == pytest.approx(196.8, abs=0.1)
    assert found["poisson_ratio"] == pytest.approx(0.295, abs=0.001)
    assert found["pugh_ratio"] == pytest.approx(160 / 76)


def test_refusals():
    with pytest.raises(UncertaintyError, match="no interval"):
        EXAMPLE.probabilities({})
    with pytest.raises(UncertaintyError, match="hardness"):
        EXAMPLE.probabilities({"hardness": (1, 2)})
    with pytest.raises(UncertaintyError, match="between 0 and 1"):
        EXAMPLE.interval("bulk_modulus", 1.0)


def test_the_document_is_enough_to_state_probabilities_again():
    opinions = {"a": Opinion(150, 70)}
    estimate = JointEstimate(EXAMPLE, "metal", opinions, ("b",), {"a": 0.7}, 1.1, "x")
    document = Estimate.model_validate_json(estimate.document().model_dump_json())
    wanted = {"youngs_modulus": (150, 220)}
    assert distribution_of(document).probabilities(wanted) == estimate.probabilities(wanted)
    assert document.bulk_modulus.value == pytest.approx(160, rel=1e-3)
    assert document.bulk_modulus.low < 160 < document.bulk_modulus.high
    assert (document.outlier, document.disagreement) == ("a", "contradict")
    assert document.unused == ["b"]
    assert document.members[0].shear_modulus == 70


@pytest.mark.parametrize(("factor", "word"), [(1.0, "agree"), (1.5, "differ"), (3.0, "contradict")])
def test_words_for_disagreement(factor, word):
    assert JointEstimate(EXAMPLE, "metal", spread_factor=factor).disagreement == word
