"""What a job is given: references replaced by what they lead to, as jobflow does it."""

from __future__ import annotations

import pytest
from jobflow import JobConfig, JobStore, OnMissing, OutputReference, job
from maggma.stores import MemoryStore
from pydantic import BaseModel
from pymatgen.core import Lattice, Structure

from elatbot_flows.running.fingerprint import fingerprint
from elatbot_flows.running.inputs import inputs_of, supply

CU = Structure(Lattice.cubic(2.6), ["Cu"], [[0, 0, 0]])


class Said(BaseModel):
    """A document with a crystal in it."""

    uuid: str
    structure: Structure
    numbers: list[int]


@job
def tell(uuid="here", numbers=(1, 2)):
    return Said(uuid=uuid, structure=CU, numbers=list(numbers))


@job
def take(*given, **named):
    return given, named


@pytest.fixture
def store():
    made = JobStore(MemoryStore())
    made.connect()
    return made


@pytest.fixture
def told(store):
    done = tell()
    done.run(store)
    return done


def same(one, other):
    """Whether two values are equal, element by element."""
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return bool(one == other)


@pytest.mark.parametrize(
    "of",
    [
        lambda output: output,
        lambda output: output.structure,
        lambda output: output.numbers[1],
        lambda output: [output.numbers, {"crystal": output.structure}],
        lambda output: output.structure.lattice.a,  # a property of the decoded object
    ],
)
def test_inputs_are_those_that_jobflow_gives(store, told, of):
    ours, theirs = take(of(told.output), 5, x=of(told.output)), take(of(told.output), 5)
    theirs.function_kwargs = {"x": of(told.output)}
    supply(ours, inputs_of(ours, store))
    theirs.resolve_args(store)
    assert same(ours.function_args, theirs.function_args)
    assert same(ours.function_kwargs, theirs.function_kwargs)
    assert ours.config.resolve_references is False


def test_the_output_of_a_job_that_was_replaced_is_that_of_the_last(store, told):
    @job
    def hand_on(value):
        return value

    link = hand_on(OutputReference(told.uuid))
    link.config = JobConfig(resolve_references=False)
    link.run(store)
    assert inputs_of(take(link.output), store)[0][0]["numbers"] == [1, 2]
    assert inputs_of(take(OutputReference(link.uuid).numbers), store)[0] == [[1, 2]]


def test_large_parts_are_fetched_from_their_store():
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()

    @job(data="structure")
    def tell_much():
        return {"structure": CU, "number": 3}

    done = tell_much()
    done.run(store)
    asked = take(done.output)
    supply(asked, inputs_of(asked, store))
    assert asked.function_args == ({"structure": CU, "number": 3},)


def test_an_output_that_is_not_there_is_an_error_unless_the_job_can_do_without(store):
    lost = OutputReference("no such job").structure
    with pytest.raises(ValueError, match="no such job"):
        inputs_of(take(lost), store)
    patient = take([lost])
    patient.config = JobConfig(on_missing_references=OnMissing.NONE)
    assert inputs_of(patient, store)[0] == [[None]]


def test_jobs_with_equal_inputs_are_equal_wherever_the_inputs_lie(store):
    def print_of(uuid, numbers):
        done = tell(uuid, numbers)
        done.run(store)
        asked = take(done.output)
        return fingerprint(asked, inputs_of(asked, store))

    assert print_of("here", [1]) == print_of("there", [1])
    assert print_of("here", [1]) != print_of("here", [2])
