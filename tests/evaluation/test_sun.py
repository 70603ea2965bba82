"""Counts of stable, unique and novel crystals add up, whatever comes in."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure

from elatbot_flows.evaluation.sun import sun

STATUSES = ("stable", "metastable", "unstable", "unknown")


def b2(a, b):
    return Structure(Lattice.cubic(3), [a, b], [[0, 0, 0], [0.5] * 3])


def l1_0(a, b):
    lattice = Lattice.tetragonal(2.7, 3.8)
    return Structure(lattice, [a, b], [[0, 0, 0], [0.5] * 3])


CRYSTALS = [b2("Ni", "Al"), b2("Al", "Ni"), l1_0("Ni", "Al"), b2("Cu", "Zn"), b2("Na", "Cl")]


def hull(status):
    return None if status is None else SimpleNamespace(status=status)


def test_a_small_set_by_hand():
    tries = [
        (b2("Ni", "Al"), "stable", True),
        (b2("Al", "Ni"), "metastable", False),  # the same material
        (l1_0("Ni", "Al"), "unstable", True),
        (b2("Cu", "Zn"), "stable", True),  # known
        (b2("Na", "Cl"), "metastable", True),
        (b2("Ag", "Mg"), "stable", False),
        (b2("Ti", "O"), None, True),
        (None, None, False),
    ]
    structures, statuses, hits = zip(*tries, strict=True)
    report = sun(structures, [b2("Zn", "Cu")], [hull(s) for s in statuses], hits=hits, submitted=10)
    assert (report.submitted, report.failed, report.valid) == (10, 3, 7)
    assert (report.stable, report.metastable, report.unstable, report.unknown) == (3, 2, 1, 1)
    assert (report.novel, report.unique, report.unique_novel) == (6, 6, 5)
    assert (report.sun, report.msun) == (2, 3)
    assert (report.hits, report.sun_hits, report.msun_hits) == (5, 1, 2)
    assert report.fractions()["sun"] == 0.2
    assert MontyDecoder().decode(json.dumps(report, cls=MontyEncoder)) == report


def test_a_material_counts_by_its_most_stable_crystal_whatever_the_order():
    statuses = ["unstable", "stable"]
    for order in (statuses, statuses[::-1]):
        report = sun(CRYSTALS[:2], [], [hull(s) for s in order])
        assert (report.unique, report.sun) == (1, 1)


def test_without_a_constraint_there_are_no_hits():
    report = sun(CRYSTALS, [], [hull("stable")] * 5)
    assert (report.hits, report.sun_hits, report.msun_hits) == (None, None, None)
    assert "sun_hits" not in report.fractions()
    assert sun([], [], []).fractions() == {}


@pytest.mark.parametrize(
    "wrong",
    [{"hulls": []}, {"hulls": [None], "hits": []}, {"hulls": [None], "submitted": 0}],
)
def test_lengths_must_agree(wrong):
    hulls = wrong.pop("hulls")
    with pytest.raises(ValueError, match="give one entry"):
        sun([CRYSTALS[0]], [], hulls, **wrong)


tries = st.lists(
    st.tuples(
        st.integers(-1, len(CRYSTALS) - 1), st.sampled_from([None, *STATUSES]), st.booleans()
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(
    tries=tries,
    known=st.lists(st.integers(0, len(CRYSTALS) - 1), max_size=2),
    more=st.integers(0, 3),
)
def test_counts_add_up_and_shrink_with_every_condition(tries, known, more):
    def report(known):
        return sun(
            [None if n < 0 else CRYSTALS[n] for n, _, _ in tries],
            [CRYSTALS[n] for n in known],
            [hull(status) for _, status, _ in tries],
            hits=[hit for _, _, hit in tries],
            submitted=len(tries) + more,
        )

    found = report(known)
    statuses = found.stable + found.metastable + found.unstable + found.unknown
    assert found.submitted == found.failed + statuses
    assert found.valid == statuses
    assert found.sun_hits <= found.sun <= found.msun <= found.unique_novel <= found.unique
    assert found.msun_hits <= found.msun
    assert found.sun_hits <= found.msun_hits <= found.hits <= found.valid
    assert found.sun <= found.stable
    assert found.unique_novel <= found.novel
    assert found.unique <= found.valid <= found.submitted
    if found.submitted:
        assert all(0 <= fraction <= 1 for fraction in found.fractions().values())
    free = report([])
    assert free.novel == free.valid
    assert free.unique_novel == free.unique
    assert found.sun <= free.sun
