"""Weighing: the right crystal stands for a candidate, and what follows is said with its doubts."""

from __future__ import annotations

import pytest

import samples
from elatbot_flows.jobs.weigh import HIGHEST, weighed
from elatbot_flows.targets import DesignTarget, Interval

WIDE = DesignTarget(bulk_modulus=Interval(1, 1000))
ZERO, SECOND = samples.method("7net-0"), samples.method("7net-l3i5")


def said(judge, bulk_modulus=None, shear_modulus=None, **fields):
    passed = bulk_modulus is not None
    return samples.result(
        "Ni3Al",
        status="passed" if passed else "failed",
        judge=judge,
        bulk_modulus=bulk_modulus,
        shear_modulus=shear_modulus,
        structure=samples.fcc(),
        spacegroup_number=225,
        crystal_system="Cubic",
        nsites=1,
        volume_per_atom=11.7,
        **({} if passed else {"reason": "born_unstable", "message": "C44 = -41 GPa"}),
        **fields,
    )


def candidate(*results, energies=(0.0, 0.07), polymorph=0, before=()):
    polymorphs = [samples.polymorph(samples.fcc(), energy) for energy in energies]
    evidence = [{"polymorph": 0, "result": result} for result in before]
    evidence += [{"polymorph": polymorph, "result": result} for result in results]
    made = samples.candidate(0, "Ni3Al", polymorphs=polymorphs, polymorph=polymorph)
    fields = made.model_dump() | {"evidence": evidence, "rung": "build", "status": "built"}
    fields["polymorphs"] = polymorphs
    return type(made)(**fields)


def test_one_judge_that_lets_it_pass_is_enough_and_the_other_is_a_flag():
    done = weighed(candidate(said(ZERO), said(SECOND, 180.0, 80.0)), WIDE)
    assert (done.status, done.rung, done.polymorph) == ("passed", "judge", 0)
    assert any("7net-0" in flag and "C44" in flag for flag in done.flags)
    assert done.spacegroup_number == 225


def test_if_no_judge_lets_it_pass_the_next_crystal_is_tried():
    done = weighed(candidate(said(ZERO), said(SECOND)), WIDE)
    assert (done.status, done.rung, done.polymorph) == ("built", "build", 1)
    assert len(done.evidence) == 2


def test_a_higher_crystal_is_flagged_and_never_called_a_hit():
    before = (said(ZERO), said(SECOND))
    done = weighed(
        candidate(said(ZERO, 180.0, 80.0), said(SECOND, 180.0, 80.0), polymorph=1, before=before),
        WIDE,
    )
    assert done.above_ground_state == pytest.approx(0.07)
    assert done.above_ground_state > HIGHEST
    assert done.probability > 0.9
    assert done.verdict == "open"
    assert "70 meV/atom above the lowest crystal found" in done.flags[0]
    assert "C44 = -41" in done.flags[0]


def test_after_the_last_crystal_the_failure_of_the_lowest_is_told():
    done = weighed(candidate(said(ZERO), polymorph=1, before=[said(SECOND)]), WIDE)
    assert (done.status, done.reason, done.polymorph) == ("failed", "born_unstable", 0)
    assert done.verdict == "unknown"


def test_the_verdict_is_a_probability():
    both = (said(ZERO, 178.0, 70.0), said(SECOND, 180.0, 78.0))
    hit = weighed(candidate(*both), WIDE)
    assert (hit.verdict, hit.limiting_property) == ("hit", "bulk_modulus")
    assert set(hit.probabilities) == {"bulk_modulus"}
    miss = weighed(candidate(*both), DesignTarget(bulk_modulus=Interval(10, 20)))
    assert miss.verdict == "miss"
    assert miss.probability < 0.1
    narrow = DesignTarget(bulk_modulus=Interval(179, 180))
    assert weighed(candidate(*both), narrow).verdict != "hit"


def test_moduli_are_those_of_the_estimate_and_raw_values_stay():
    done = weighed(candidate(said(ZERO, 178.0, 70.0)), WIDE)
    assert done.bulk_modulus == done.estimate.bulk_modulus.value
    assert done.estimate.bulk_modulus.low < done.bulk_modulus < done.estimate.bulk_modulus.high
    assert done.evidence[0].result.bulk_modulus == 178.0


def test_without_a_target_there_is_an_estimate_and_no_verdict():
    done = weighed(candidate(said(ZERO, 178.0, 70.0)), None)
    assert (done.status, done.verdict, done.probability) == ("passed", "unknown", None)
    assert done.bulk_modulus is not None


def test_gates_passed_by_little_are_flagged():
    near = said(ZERO, 178.0, 70.0, near_gates=["softest mode 2 % above the gate"])
    assert "7net-0: softest mode 2 % above the gate" in weighed(candidate(near), WIDE).flags


def test_the_shear_modulus_of_a_followed_saddle_does_not_count():
    """The estimate is that of the same evidence without a shear modulus, to every digit."""
    followed = said(ZERO, 166.7, 17.0, modes_followed=1, initial_spacegroup_number=225)
    doubted = weighed(candidate(followed), WIDE)
    silent = weighed(candidate(said(ZERO, 166.7)), WIDE)
    assert doubted.status == "passed"
    assert doubted.estimate.shear_modulus == silent.estimate.shear_modulus
    assert doubted.estimate.bulk_modulus == silent.estimate.bulk_modulus
    trusted = weighed(candidate(said(ZERO, 166.7, 17.0)), WIDE)
    assert doubted.shear_modulus > trusted.shear_modulus
    assert "does not count" in doubted.flags[0]
    assert doubted.evidence[0].result.shear_modulus == 17.0


def test_a_crystal_of_a_known_type_is_named():
    assert weighed(candidate(said(ZERO, 178.0, 70.0)), WIDE).known_as == "A1 type"
    assert weighed(candidate(said(ZERO), said(SECOND)), WIDE).known_as is None
