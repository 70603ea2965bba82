"""Rounds go on until enough candidates are through, or none is left."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from jobflow import JobStore, Maker, job, run_locally
from maggma.stores import MemoryStore

import samples
from elatbot_flows.documents import CandidateBatch, HullResult
from elatbot_flows.flows.rounds import build_until, place_validated, validate_until
from elatbot_flows.jobs import HullMaker
from elatbot_flows.targets import DesignTarget, Interval

TARGET = DesignTarget(bulk_modulus=Interval(140, 160))
CRYSTAL = samples.polymorph(samples.fcc())


@dataclass
class FakeBuildMaker(Maker):
    """Gives every candidate a crystal but the `hopeless` ones."""

    name: str = "fake build"
    hopeless: list[str] = field(default_factory=list)

    @job(output_schema=CandidateBatch)
    def make(self, candidates, run):
        done = [
            c.rejected("no_structure", "hopeless")
            if c.candidate_id in self.hopeless
            else c.updated(polymorphs=[CRYSTAL])
            for c in candidates
        ]
        return samples.batch("built", done, run)


@dataclass
class FakeValidateMaker(Maker):
    """Validates every candidate but the `hopeless` ones."""

    name: str = "fake validate"
    hopeless: list[str] = field(default_factory=list)

    @job(output_schema=CandidateBatch)
    def make(self, candidates, run, target):
        assert target == TARGET
        done = [
            c.failed("born_unstable", "hopeless")
            if c.candidate_id in self.hopeless
            else c.updated(status="validated")
            for c in candidates
        ]
        return samples.batch("validated", done, run)


def identifiers(numbers):
    return [f"run-{number:05d}" for number in numbers]


def run(start):
    """Run a dynamic job; return its final batch and the names of the jobs it brought."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(start, store=store, ensure_success=True, log=False)
    batch = store.get_output(start.uuid, load=True)
    names = sorted(d["name"] for d in store.query({}) if d["name"].startswith("fake"))
    if isinstance(batch, dict):
        batch = CandidateBatch(**{k: v for k, v in batch.items() if not k.startswith("@")})
    return batch, names


def proposed(count, *others):
    return samples.batch("proposed", [*(samples.candidate(n) for n in range(count)), *others])


def built(estimates, *others):
    members = [
        samples.candidate(n, polymorphs=[CRYSTAL], screening_bulk_modulus=estimate)
        for n, estimate in enumerate(estimates)
    ]
    return samples.batch("built", [*members, *others])


def who(batch):
    return sorted(candidate.candidate_id for candidate in batch.candidates)


def test_building_stops_at_the_wanted_number():
    batch, jobs = run(build_until(proposed(9), FakeBuildMaker(), 3, 1))
    assert (batch.stage, who(batch)) == ("built", identifiers(range(3)))
    assert jobs == [f"fake build {number}/3" for number in (1, 2, 3)]


def test_building_goes_on_after_failures_with_the_next_best():
    maker = FakeBuildMaker(hopeless=identifiers([0, 2, 3]))
    batch, jobs = run(build_until(proposed(9), maker, 3, 1))
    assert who(batch) == identifiers(range(6))
    assert sum(bool(c.polymorphs) for c in batch.candidates) == 3
    assert len(jobs) == 6


def test_building_ends_when_nothing_is_left():
    maker = FakeBuildMaker(hopeless=identifiers(range(1, 5)))
    batch, jobs = run(build_until(proposed(5), maker, 3, 1))
    assert who(batch) == identifiers(range(5))
    assert sum(bool(c.polymorphs) for c in batch.candidates) == 1
    assert len(jobs) == 5


@pytest.mark.parametrize(("size", "jobs"), [(1, 5), (2, 3), (3, 2), (9, 1)])
def test_chunks_change_the_number_of_jobs_and_nothing_else(size, jobs):
    batch, names = run(build_until(proposed(9), FakeBuildMaker(), 5, size))
    assert who(batch) == identifiers(range(5))
    assert len(names) == jobs


def test_rejected_proposals_are_never_built():
    duplicate = samples.candidate(7).rejected("duplicate", "again")
    batch, _ = run(build_until(proposed(2, duplicate), FakeBuildMaker(), 5, 1))
    assert who(batch) == identifiers(range(2))


def test_nothing_proposed_is_nothing_built():
    batch, jobs = run(build_until(proposed(0), FakeBuildMaker(), 3, 1))
    assert (batch.candidates, jobs) == ([], [])


def test_validation_takes_the_nearest_estimates_first():
    batch, jobs = run(
        validate_until(built([100, 152, 300, 149, 170]), TARGET, FakeValidateMaker(), 2, 1)
    )
    assert (batch.stage, who(batch)) == ("validated", identifiers([1, 3]))
    assert len(jobs) == 2


def test_validation_goes_on_after_failures_until_enough_pass():
    maker = FakeValidateMaker(hopeless=identifiers([1, 3]))
    batch, _ = run(validate_until(built([100, 152, 300, 149, 170]), TARGET, maker, 2, 1))
    assert who(batch) == identifiers([0, 1, 3, 4])
    passed = [c.candidate_id for c in batch.candidates if c.status == "validated"]
    assert sorted(passed) == identifiers([0, 4])


def test_validation_ends_when_nothing_is_left():
    maker = FakeValidateMaker(hopeless=identifiers(range(3)))
    batch, jobs = run(validate_until(built([150, 151, 152]), TARGET, maker, 2, 1))
    assert who(batch) == identifiers(range(3))
    assert all(c.status == "failed" for c in batch.candidates)
    assert len(jobs) == 3


def test_candidates_without_a_crystal_are_never_validated():
    hopeless = samples.candidate(9).rejected("no_structure", "none")
    batch, _ = run(validate_until(built([150], hopeless), TARGET, FakeValidateMaker(), 5, 2))
    assert who(batch) == identifiers([0])


@dataclass
class FakeHullMaker(HullMaker):
    """Says that everything lies 10 meV/atom above the hull."""

    name: str = "fake hull"

    def place(self, crystals, sources=None, known=None):
        return [
            HullResult(
                formula=crystal.formula,
                status="metastable",
                energy_above_hull=0.01,
                structure=samples.fcc(),
                evaluations=1,
                potential=samples.run_record().potential,
            )
            for crystal in crystals
        ]


def test_what_passed_is_placed_by_chemical_system():
    members = [
        samples.candidate(0, status="validated"),
        samples.candidate(1, formula="CuNi", status="validated"),
        samples.candidate(2, status="validated"),
        samples.candidate(3).failed("born_unstable", "it is"),
    ]
    batch, names = run(place_validated(samples.batch("validated", members), FakeHullMaker()))
    assert names == ["fake hull 1/2", "fake hull 2/2"]
    assert sorted(c.candidate_id[-1] for c in batch.candidates) == ["0", "1", "2"]
    assert {(c.stage, c.status, c.energy_above_hull) for c in batch.candidates} == {
        ("placed", "validated", 0.01)
    }
    assert all(c.hull.structure is None for c in batch.candidates)


def test_nothing_validated_is_nothing_placed():
    members = [samples.candidate(0).failed("born_unstable", "it is")]
    batch, names = run(place_validated(samples.batch("validated", members), FakeHullMaker()))
    assert (batch.stage, batch.candidates, names) == ("placed", [], [])
