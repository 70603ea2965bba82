"""Materials of the user's own become candidates; nothing is dropped."""

from __future__ import annotations

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.documents import Shortlist
from elatbot_flows.errors import TargetError
from elatbot_flows.proposers import GivenProposer
from elatbot_flows.targets import DesignTarget, Interval

NI3AL = Structure.from_spacegroup(
    221, Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
)
DISORDERED = Structure(Lattice.cubic(3.6), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]])
TARGET = DesignTarget(bulk_modulus=Interval(170, 200))


def shortlist(proposer, target=TARGET):
    flow = proposer.make(target, None, samples.run_record())
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([flow]), store=store, ensure_success=True, log=False)
    output = store.get_output(flow.output.uuid, load=True)
    output = output.model_dump() if isinstance(output, Shortlist) else output
    chunks = {d["uuid"]: d["output"] for d in store.query({"name": {"$regex": "propose \\d"}})}
    return Shortlist(**{k: v for k, v in output.items() if not k.startswith("@")}), chunks


def test_crystals_and_formulas_become_candidates():
    proposer = GivenProposer(
        materials=[NI3AL, "AlNi3", DISORDERED], sources=["a.cif", "b", "c"], chunk_size=2
    )
    found, chunks = shortlist(proposer)
    assert (found.generated, found.readable, found.rejected) == (3, 3, {})
    assert [row.formula for row in found.rows] == ["AlNi3", "AlNi3", "Cu0.5Au0.5"]
    assert [row.crystal_system for row in found.rows] == ["Cubic", None, None]
    assert len(chunks) == 2
    first = chunks[found.rows[0].uuid]["candidates"][found.rows[0].place]
    assert first["source"] == "a.cif"
    assert len(first["polymorphs"]) == 1


def test_the_text_model_is_asked_where_it_can_answer():
    found, chunks = shortlist(GivenProposer(materials=[NI3AL, "Po"]))
    mean, spread = found.rows[0].expected
    assert 150 < mean < 210
    assert 0 < spread < 60
    assert found.rows[0].score > 0.2
    assert found.rows[1].expected is None
    (chunk,) = chunks.values()
    (evidence,) = chunk["candidates"][0]["evidence"]
    assert evidence["polymorph"] is None
    assert evidence["result"]["bulk_modulus_std"] == spread
    assert chunk["candidates"][1]["evidence"] == []


def test_nothing_and_wrong_names_are_refused():
    with pytest.raises(TargetError, match="no materials"):
        GivenProposer()
    with pytest.raises(TargetError, match="2 names for 1"):
        GivenProposer(materials=["Cu"], sources=["a", "b"])
