"""Distance of compositions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core.periodic_table import Element
from scipy.stats import wasserstein_distance

from elatbot_flows.evaluation.baselines import composition_distances
from elatbot_flows.text.alloy import atomic_percent, parse_alloy

symbols = st.sampled_from([Element.from_Z(z).symbol for z in range(1, 104)])
percents = st.dictionaries(symbols, st.floats(0.5, 99), min_size=1, max_size=5).map(
    lambda amounts: tuple(amounts.items())
)


@given(percents, percents)
def test_it_is_the_transport_distance_on_the_mendeleev_scale(first, second):
    places, weights = zip(
        *[zip(*[(Element(s).mendeleev_no, w) for s, w in p], strict=True) for p in (first, second)],
        strict=True,
    )
    found = composition_distances([first], [second])[0, 0]
    assert found == pytest.approx(wasserstein_distance(*places, *weights), abs=1e-9)
    assert composition_distances([second], [first])[0, 0] == pytest.approx(found)


def test_likeness_of_elements_counts():
    names = ["NbC", "TaC", "NaCl", "Nb2C2"]
    each = [atomic_percent(parse_alloy(name)) for name in names]
    distances = composition_distances(each[:1], each)[0]
    assert distances[0] == distances[3] == 0
    assert 0 < distances[1] < 2 < distances[2]
    assert np.isfinite(composition_distances([(("Og", 100.0),)], each)).all()
