"""The ladder goes on until enough have passed, or none is left; rows stay slim."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from jobflow import Flow, JobStore, Maker, job, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

import samples
from elatbot_flows.documents import CandidateChunk, Ledger
from elatbot_flows.documents.rows import candidate_of
from elatbot_flows.flows.ladder import Rung, _beside, _chunks, climb
from elatbot_flows.jobs.rows import chunk_of
from elatbot_flows.targets import DesignTarget, Interval

TARGET = DesignTarget(bulk_modulus=Interval(140, 160))


@job(output_schema=CandidateChunk)
def fake_step(rung, gives, hopeless, again, rows, run):
    done = []
    for row in rows:
        candidate = candidate_of(row, run)
        if row.candidate_id in hopeless:
            candidate = candidate.updated(rung=rung).failed("hopeless", "hopeless")
        elif row.candidate_id in again and row.polymorph == 0:
            candidate = candidate.updated(rung=row.rung, status=row.status, polymorph=1)
        else:
            candidate = candidate.updated(rung=rung, status=gives, polymorph=row.polymorph)
        done.append(candidate)
    return chunk_of(rung, run, rows, done, [row.score for row in rows])


@dataclass
class FakeMaker(Maker):
    """Lets every candidate pass but the `hopeless` ones; some need a second try."""

    name: str = "fake"
    rung: str = "judge"
    gives: str = "passed"
    hopeless: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def make(self, rows, target, run, beside=None):
        assert target == TARGET
        assert beside is None or not {row.candidate_id for row in beside} & identifiers_of(rows)
        made = fake_step(self.rung, self.gives, self.hopeless, self.again, rows, run)
        made.name = self.name
        return made


@job
def opened(document):
    return document


def identifiers(numbers):
    return [f"run-{number:05d}" for number in numbers]


def identifiers_of(rows):
    return {row.candidate_id for row in rows}


def climbed(rows, maker, *, uuid_of_run=True, **rung):
    """Climb one rung; return its ledger and the names of the jobs it brought."""
    start, begun = opened(samples.ledger(rows)), opened(samples.run_record())
    start.function_args[0].uuid = start.uuid
    begun.function_args[0].uuid = begun.uuid
    step = climb(start.output, TARGET, begun.output, maker, Rung("built", "passed", **rung))
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    flow = Flow([start, begun, step], output=step.output)
    run_locally(flow, store=store, ensure_success=True, log=False)
    output = store.get_output(step.uuid, load=True)
    output = output.model_dump() if isinstance(output, Ledger) else output
    names = sorted(d["name"] for d in store.query({}) if d["name"].startswith("fake "))
    return Ledger(**{k: v for k, v in output.items() if not k.startswith("@")}), names


def built(count, **fields):
    return [samples.row(n, status="built", rung="build", score=-n, **fields) for n in range(count)]


def judged(ledger):
    return sorted(row.candidate_id for row in ledger.rows if row.rung == "judge")


def test_it_stops_at_the_wanted_number():
    ledger, jobs = climbed(built(9), FakeMaker(), until=3, chunk_size=1)
    assert judged(ledger) == identifiers(range(3))
    assert jobs == [f"fake {number}/3 NiAl" for number in (1, 2, 3)]
    assert len(ledger.rows) == 9


def test_it_goes_on_after_failures_with_the_next_best():
    maker = FakeMaker(hopeless=identifiers([0, 2, 3]))
    ledger, jobs = climbed(built(9), maker, until=3, chunk_size=1)
    assert judged(ledger) == identifiers(range(6))
    assert sum(row.status == "passed" for row in ledger.rows) == 3
    assert len(jobs) == 6


def test_it_ends_when_nothing_is_left():
    maker = FakeMaker(hopeless=identifiers(range(1, 5)))
    ledger, jobs = climbed(built(5), maker, until=3, chunk_size=1)
    assert judged(ledger) == identifiers(range(5))
    assert sum(row.status == "passed" for row in ledger.rows) == 1
    assert len(jobs) == 5


def test_a_candidate_that_is_handed_back_comes_again_with_its_next_crystal():
    maker = FakeMaker(again=identifiers([0]))
    ledger, _ = climbed(built(4), maker, until=2, chunk_size=1)
    assert judged(ledger) == identifiers([0, 1])
    assert [row.polymorph for row in ledger.rows] == [1, 0, 0, 0]


@pytest.mark.parametrize(("size", "jobs"), [(1, 5), (2, 3), (3, 2), (9, 1), (None, 5)])
def test_chunks_change_the_number_of_jobs_and_nothing_else(size, jobs):
    ledger, names = climbed(built(9), FakeMaker(), until=5, chunk_size=size)
    assert judged(ledger) == identifiers(range(5))
    assert len(names) == jobs


def test_a_round_is_a_few_dozen_jobs_however_many_candidates_there_are():
    ledger, names = climbed(built(100), FakeMaker())
    assert len(judged(ledger)) == 100
    assert len(names) == 25


def test_the_highest_score_goes_first():
    rows = [samples.row(n, status="built", rung="build", score=s) for n, s in enumerate([1, 9, 5])]
    ledger, _ = climbed(rows, FakeMaker(), until=2)
    assert judged(ledger) == identifiers([1, 2])


def test_others_are_left_where_they_are():
    rows = [
        *built(1),
        samples.row(7, status="rejected", reason="why", rung="build"),
        samples.row(8, status="proposed"),
    ]
    ledger, _ = climbed(rows, FakeMaker(), until=5)
    assert judged(ledger) == identifiers([0])
    assert [row.status for row in ledger.rows] == ["passed", "rejected", "proposed"]


def test_nothing_to_do_is_done():
    ledger, jobs = climbed([], FakeMaker(), until=5)
    assert (ledger.rows, jobs) == ([], [])


def test_candidates_of_one_chemical_system_share_a_job():
    formulas = ["NiAl", "CuAu", "Ni3Al", "AlNi2", "CuNi"]
    rows = [
        samples.row(n, f, status="built", rung="build", score=-n) for n, f in enumerate(formulas)
    ]
    for size, number in ((1, 3), (None, 2)):
        _, jobs = climbed(rows, FakeMaker(), by_system=True, chunk_size=size)
        assert len(jobs) == number
    chunks = _chunks(rows, Rung("built", "passed", by_system=True))
    assert [[row.formula for row in chunk] for chunk in chunks] == [
        ["NiAl", "Ni3Al", "AlNi2", "CuNi"], ["CuAu"],
    ]  # fmt: skip


def test_a_system_is_given_the_rows_of_all_others_of_its_elements():
    formulas = ["NiAl", "CuAu", "Ni3Al", "Al", "CuAl"]
    rows = [samples.row(n, f, uuid="somewhere") for n, f in enumerate(formulas)]
    rows.append(samples.row(9, "AlNi2"))  # nothing was built for it
    assert [row.formula for row in _beside(rows[:1], rows)] == ["Ni3Al", "Al"]
    assert [row.formula for row in _beside(rows[:2], rows)] == ["Ni3Al", "Al"]
    assert [row.formula for row in _beside([rows[0], rows[4]], rows)] == ["Ni3Al", "Al"]


def test_a_rung_survives_documents():
    rung = Rung("proposed", "built", 3, 2)
    assert json.loads(json.dumps(rung, cls=MontyEncoder), cls=MontyDecoder) == rung
