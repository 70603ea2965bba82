"""The best crystals of a design or a campaign go into any other flow."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from jobflow import Flow, JobStore, Maker, job, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Structure  # noqa: TC002 - jobs read annotations

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.errors import TargetError
from elatbot_flows.flows import CampaignMaker
from elatbot_flows.jobs import BuildMaker, top_hits
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer

DESIGN = InverseDesignMaker(
    n=None,
    proposer=GivenProposer(materials=["Cu3Al", "NiAl", "Cu", "Au"]),
    build=BuildMaker(potential=samples.EMT, max_guesses=2, max_relaxed=1),
    judges=[PotentialJudge(potential=samples.EMT)],
    hull=None,
)
TARGET = DesignTarget(bulk_modulus=(100, 200))


@dataclass
class Counting(Maker):
    """Any Maker that takes a crystal."""

    name: str = "count atoms"

    @job
    def make(self, structure: Structure) -> int:
        return len(structure)


@dataclass
class CountingFlow(Maker):
    """Any Maker of flows that takes a crystal."""

    name: str = "count atoms"

    def make(self, structure):
        counted = Counting().make(structure)
        return Flow([counted], output=counted.output, name=self.name)


def run(flow):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, ensure_success=True, log=False)
    return store


@pytest.fixture(scope="module", params=["design", "campaign"])
def flow(request):
    if request.param == "design":
        return lambda: DESIGN.make(TARGET)
    return lambda: CampaignMaker("top", [DESIGN], recall=False).make([TARGET])


def hits_of(store):
    designs = list(store.query({"output.@class": "DesignDocument"}))
    result = read_result(store, designs[-1]["uuid"])
    return [c for c in result.candidates if c.verdict == "hit"]


def test_crystals_of_the_best_hits(flow):
    design = flow()
    best = top_hits(design.output, 2)
    store = run(Flow([design, best]))
    hits = hits_of(store)
    assert len(hits) > 2
    assert store.get_output(best.uuid) == [hit.structure for hit in hits[:2]]


@pytest.mark.parametrize("maker", [Counting(), CountingFlow()])
def test_a_maker_is_given_each(flow, maker):
    design = flow()
    best = top_hits(design.output, 99, maker)
    store = run(Flow([design, best]))
    assert store.get_output(best.uuid) == [len(hit.structure) for hit in hits_of(store)]
    names = set(store.distinct("name"))
    assert {f"count atoms {hit.formula}" for hit in hits_of(store)} <= names


def test_no_hit_is_no_error():
    design = DESIGN.make(DesignTarget(bulk_modulus=(600, 601)))
    best = top_hits(design.output, 3, Counting())
    assert run(Flow([design, best])).get_output(best.uuid) == []


def test_none_cannot_be_asked_for():
    with pytest.raises(TargetError, match="at least one"):
        top_hits.original(None, 0)
