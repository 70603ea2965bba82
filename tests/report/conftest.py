"""Results of runs made by hand, as they come back from a store."""

from __future__ import annotations

import pytest

from elatbot_flows.targets import DesignTarget, Interval
from report.made import (
    FIRST,
    OTHERS,
    SECOND,
    design,
    estimate,
    material,
    opinion,
    placed,
    ranges_of,
)


@pytest.fixture
def make_material():
    return material


@pytest.fixture
def make_design():
    return design


@pytest.fixture
def make_estimate():
    return estimate


@pytest.fixture
def make_opinion():
    return opinion


@pytest.fixture
def bulk_target():
    return DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Ti", "Fe"))


@pytest.fixture
def run_result(bulk_target):
    """Five candidates, three hits, one open, and three that were given up."""
    values = (160, 166, 152, 149, 190)
    materials = [material(i, bulk_target, k) for i, k in enumerate(values, start=1)]
    return design(bulk_target, materials, OTHERS, ["the element set leaves no more"])


@pytest.fixture
def empty_result(bulk_target):
    """A run in which nothing passed."""
    return design(bulk_target, [], OTHERS)


@pytest.fixture
def several_result():
    """Three intervals; one candidate meets all of them, one has no estimate."""
    target = DesignTarget(
        bulk_modulus=Interval(150, 170),
        shear_modulus=Interval(50, 70),
        pugh_ratio=Interval(2.0, 3.2),
    )
    nothing = dict.fromkeys(ranges_of(estimate(160, 60)))
    unknown = {"estimate": None, "verdict": "unknown", "probability": None, "probabilities": {}}
    materials = [
        material(1, target, 160),
        material(2, target, 165, shear=90),
        material(3, target, 120, shear=30).updated(**nothing, **unknown),
    ]
    return design(target, materials, OTHERS)


@pytest.fixture
def many_result(bulk_target):
    """Return fifty candidates, ranked from 160 GPa outwards."""
    materials = [material(i, bulk_target, 160 + 0.5 * (-1) ** i * i) for i in range(1, 51)]
    return design(bulk_target, materials, OTHERS)


@pytest.fixture
def placed_result(bulk_target):
    """Three candidates with their places on the hull, one of them unknown."""
    materials = [material(i, bulk_target, k) for i, k in enumerate((160, 166, 152), start=1)]
    energies = (-0.0123, 0.0456, None)
    materials = [placed(m, e, "TiNi", "Al") for m, e in zip(materials, energies, strict=True)]
    return design(bulk_target, materials)


@pytest.fixture
def odd_result(bulk_target):
    """One candidate of which much is to be told: two crystals, a judge that failed it, flags."""
    good = material(1, bulk_target, 160)
    second = good.polymorphs[0].model_copy(update={"energy_per_atom": -4.988, "label": "random"})
    odd = good.updated(
        polymorphs=[*good.polymorphs, second],
        polymorph=1,
        above_ground_state=0.012,
        guesses_failed={"not_converged": 2},
        known_as="CsCl-type TiFe",
        flags=["12 meV/atom above the lowest crystal found, which failed: softens", "near a gate"],
        estimate=estimate(160, 60, disagreement="contradict", outlier="7net-l3i5"),
        evidence=[
            good.evidence[0],
            opinion(FIRST, None, status="failed", reason="soft_mode", message="softens by far"),
            opinion(SECOND, None, status="failed", reason="soft_mode", message="softens a bit"),
            opinion(FIRST, 158.0, 59.0, 1, initial_spacegroup_number=225, near_gates=["is close"]),
            opinion(SECOND, None, None, 1, status="failed", reason="born_unstable", message="bu"),
        ],
    )
    return design(bulk_target, [odd])


@pytest.fixture
def given_result():
    """Two materials that were given, without a target; one of them failed."""
    good = material(1, None, 160).updated(unseen=None, source="a/one.cif")
    bad = material(2, None, 150).updated(rank=None, unseen=None, source="a/two.cif")
    bad = bad.failed("born_unstable", "two is unstable").updated(estimate=None)
    return design(None, [good], [bad], generator=None, requested=None)


@pytest.fixture
def half_open_result():
    """A target without an upper edge."""
    from math import inf

    target = DesignTarget(bulk_modulus=Interval(150, inf))
    return design(target, [material(i, target, k) for i, k in enumerate((190, 120), start=1)])
