"""Placing: crystals of the run compete, a miss is not placed, a known crystal is named."""

from __future__ import annotations

from dataclasses import replace

from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.documents import CandidateChunk
from elatbot_flows.jobs import HullMaker
from elatbot_flows.jobs.doubled import with_doubled_cell
from elatbot_flows.jobs.place import PlaceMaker
from elatbot_flows.jobs.rivals import rival_crystals
from elatbot_flows.potentials import load_potential
from elatbot_flows.stability import HullSettings

HULL = HullMaker(
    potential=samples.EMT, settings=HullSettings(prototypes=False), materials_project=False
)
MAKER = PlaceMaker(hull=HULL, screened_by=samples.EMT)
L1_0 = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
CU3AU = Structure.from_spacegroup(
    221, Lattice.cubic(3.75), ["Au", "Cu"], [[0, 0, 0], [0, 0.5, 0.5]]
)
B2 = Structure(Lattice.cubic(3.1), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@job(output_schema=CandidateChunk)
def written(chunk):
    return chunk


def candidate(number, formula, energies, **fields):
    crystals = [
        samples.polymorph(s, energy) for s, energy in zip((B2, L1_0), energies, strict=False)
    ]
    made = samples.candidate(number, formula)
    return made.updated(
        **{"polymorphs": crystals, "structure": B2, "status": "passed", "verdict": "hit"} | fields
    )


def placed(candidates, beside=(), maker=MAKER):
    """Candidates after the step, those of `beside` only competing."""
    everybody = [*candidates, *beside]
    start = written(samples.chunk("judge", everybody))
    rows = [samples.row(n, c.formula, uuid=start.uuid, place=n) for n, c in enumerate(everybody)]
    step = maker.make(rows[: len(candidates)], None, samples.run_record(), rows[len(candidates) :])
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([start, step]), store=store, ensure_success=True, log=False)
    return CandidateChunk.model_validate(store.get_output(step.uuid, load=True)).candidates


def test_a_lower_polymorph_of_the_run_competes():
    (alone,) = placed([candidate(0, "CuAu", [0.0])])
    (beside,) = placed([candidate(0, "CuAu", [0.0, -9.0])])
    assert alone.energy_above_hull < 0 < beside.energy_above_hull
    assert beside.hull.decomposition[0].source == "given"


def test_crystals_of_others_of_the_run_compete():
    rival = candidate(1, "CuAu", [-9.0, -8.0], status="rejected")
    (found,) = placed([candidate(0, "Cu3Au", [])], [rival])
    assert ("CuAu", "given") in {(p.formula, p.source) for p in found.hull.decomposition}


def test_energies_of_another_potential_do_not_compete():
    other = replace(MAKER, screened_by="7net-0")
    (found,) = placed([candidate(0, "CuAu", [0.0, -9.0])], maker=other)
    assert found.energy_above_hull < 0


def test_energies_of_a_judge_come_before_those_of_the_screening():
    emt = load_potential(samples.EMT)
    judged = samples.result(
        "CuAu",
        relaxed=True,
        energy_per_atom=-3.2,
        structure=B2,
        judge=samples.method(**emt.record()),
    )
    made = candidate(0, "CuAu", [-3.1, -3.0])
    made = made.model_validate(
        made.model_dump() | {"evidence": [{"polymorph": 0, "result": judged}]}
    )
    energies = [crystal.energy_per_atom for crystal in rival_crystals(made, emt, samples.EMT)]
    assert energies == [-3.2, -3.0]
    assert [c.energy_per_atom for c in rival_crystals(made, emt, None)] == [-3.2]


def test_a_crystal_that_was_given_does_not_stand_for_a_search():
    emt = load_potential(samples.EMT)
    made = candidate(0, "CuAu", [-3.1])
    given = made.polymorphs[0].model_copy(update={"source": "mine.cif"})
    assert rival_crystals(made.updated(polymorphs=[given]), emt, samples.EMT) == []


def test_a_miss_is_not_placed_and_says_so():
    hit, miss = candidate(0, "CuAu", [0.0]), candidate(1, "Cu3Au", [0.0], verdict="miss")
    first, second = placed([hit, miss])
    assert first.energy_above_hull is not None
    assert (second.energy_above_hull, second.hull.status, second.hull.reason) == (
        None,
        "unknown",
        "miss",
    )
    assert second.rung == "hull"
    assert second.hull.evaluations == 0
    _, second = placed([hit, miss], maker=replace(MAKER, misses=True))
    assert second.energy_above_hull is not None


def test_a_known_crystal_gives_its_name(tmp_path):
    B2.to(str(tmp_path / "found.cif"))
    maker = replace(MAKER, hull=replace(HULL, known_folder=str(tmp_path)))
    made = candidate(0, "CuAu", [], known_as="B2 type")
    assert placed([made])[0].known_as == "B2 type"
    assert placed([made], maker=maker)[0].known_as == "folder: found.cif"


def test_a_soft_mode_of_the_doubled_cell_is_flagged():
    """By EMT the B2 crystal of CuAu falls apart, and the L1_2 crystal does not."""
    emt = load_potential(samples.EMT)
    record = samples.method(**emt.record())
    softest = {}
    for name, crystal in (("B2", B2), ("L1_2", CU3AU)):
        result = samples.result(
            "CuAu", relaxed=True, energy_per_atom=0.0, structure=crystal, judge=record
        )
        made = candidate(0, "CuAu", [0.0])
        evidence = [{"polymorph": 0, "result": result}]
        made = made.model_validate(made.model_dump() | {"evidence": evidence})
        looked = with_doubled_cell(made, emt)
        softest[name] = looked.softest_mode_doubled
        assert bool(looked.flags) is (looked.softest_mode_doubled < 0.02)
    assert softest["B2"] < 0.02 < softest["L1_2"]


def test_a_crystal_that_the_potential_did_not_relax_is_not_doubled():
    emt = load_potential(samples.EMT)
    assert with_doubled_cell(candidate(0, "CuAu", [0.0]), emt).softest_mode_doubled is None
