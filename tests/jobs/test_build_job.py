"""Building: the crystal lowest in energy is found; a bad formula spoils nothing."""

from __future__ import annotations

import json

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

import samples
from elatbot_flows.crystals import StructureGuess
from elatbot_flows.documents import CandidateChunk
from elatbot_flows.documents.prediction import TextModelRecord
from elatbot_flows.errors import StructureError
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.jobs.build import build_crystals
from elatbot_flows.targets import DesignTarget, Interval

RUN = samples.run_record()
TARGET = DesignTarget(bulk_modulus=Interval(80, 180))


def make(maker, rows, target=TARGET, brought=()):
    return build_crystals.original(maker, rows, brought, target, RUN)


def spacegroup(structure):
    return SpacegroupAnalyzer(structure, symprec=0.01).get_space_group_number()


@pytest.fixture(scope="module")
def built():
    """Good and bad candidates in one chunk, through jobflow and its store."""
    rows = [
        samples.row(0, "NiAl"),
        samples.row(1, "Ni3Al"),
        samples.row(2, "PoNi"),
        samples.row(3, "Ni37Al13"),
        samples.row(4, "NiAl", crystal_system=None),
        samples.row(5, "NiAl", crystal_system="Spherical"),
        samples.row(6, "Cu"),
    ]
    job = BuildMaker(potential=samples.EMT).make(rows, TARGET, RUN)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(job, store=store, ensure_success=True, log=False)
    return responses[job.uuid][1].output


@pytest.mark.slow
def test_textbook_crystals_are_lowest_in_energy():
    """B2 for NiAl; L1_2 for Ni3Al up to 5 meV/atom, as close as stackings are."""
    candidates = [samples.row(0, "NiAl"), samples.row(1, "Ni3Al")]
    batch = make(BuildMaker(potential="7net-0"), candidates)
    nial, ni3al = (candidate.polymorphs for candidate in batch.candidates)
    assert (spacegroup(nial[0].structure), len(nial[0].structure)) == (221, 2)
    assert nial[0].bulk_modulus == pytest.approx(174, rel=0.03)
    l12 = [crystal for crystal in ni3al if spacegroup(crystal.structure) == 221]
    assert len(l12[0].structure) == 4
    assert l12[0].energy_per_atom - ni3al[0].energy_per_atom < 0.005


@pytest.mark.parametrize("number", [0, 1, 4, 6])
def test_what_was_built_is_described(built, number):
    candidate = built.candidates[number]
    best = candidate.polymorphs[0]
    assert (candidate.rung, candidate.status) == ("build", "built")
    assert 50 < best.bulk_modulus < 300
    assert candidate.guesses_built >= len(candidate.polymorphs)
    energies = [polymorph.energy_per_atom for polymorph in candidate.polymorphs]
    assert energies == sorted(energies)
    assert len(candidate.polymorphs) <= 3
    assert energies[-1] < energies[0] + 0.1
    row = built.rows[number]
    assert (row.status, row.place, row.uuid) == ("built", number, built.uuid)


@pytest.mark.parametrize("number", [2, 3, 5])
def test_bad_candidates_are_rejected_with_a_reason_and_spoil_nothing(built, number):
    candidate = built.candidates[number]
    assert (candidate.rung, candidate.status) == ("build", "rejected")
    assert candidate.reason
    assert candidate.reason.replace("_", "").isalpha()
    assert candidate.message
    assert candidate.polymorphs == []


def test_an_element_the_potential_does_not_know_is_named(built):
    assert built.candidates[2].reason == "no_relaxed_structure"
    assert "does not know Po" in built.candidates[2].message


def test_the_document_holds_numbers_only(built):
    assert isinstance(built, CandidateChunk)
    json.dumps(jsanitize(built.model_dump(), strict=True), allow_nan=False)


def guess(structure):
    return StructureGuess(structure, "aflow", "by hand", "Cubic", 1)


def with_guesses(monkeypatch, *structures):
    monkeypatch.setattr(BuildMaker, "_guesses", lambda *_, **__: [guess(s) for s in structures])


def test_learned_types_can_be_left_out():
    sources = {}
    for most in (0, 8):
        batch = make(BuildMaker(potential=samples.EMT, max_likely=most), [samples.row(0, "Cu")])
        sources[most] = {crystal.source for crystal in batch.candidates[0].polymorphs}
    assert sources == {0: {"aflow"}, 8: {"learned"}}


def test_hopeless_crystals_are_left_out(monkeypatch):
    coincident = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0, 0, 0]])
    unknown = samples.fcc("Po")
    with_guesses(monkeypatch, coincident, unknown, samples.fcc("Cu"))
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    candidate = batch.candidates[0]
    assert len(candidate.polymorphs) == 1
    assert spacegroup(candidate.polymorphs[0].structure) == 225
    assert candidate.guesses_failed == {"potential_error": 2}
    json.dumps(jsanitize(batch.model_dump(), strict=True), allow_nan=False)


def test_an_error_of_a_library_costs_one_crystal(monkeypatch):
    from spglib.error import SpglibError

    from elatbot_flows.elasticity import symmetry

    def fail_for_large(structure, *args, **kwargs):
        if structure.volume > 12:
            raise SpglibError("too close distance between atoms")
        return found(structure, *args, **kwargs)

    found = symmetry.crystal_symmetry
    monkeypatch.setattr(symmetry, "crystal_symmetry", fail_for_large)
    with_guesses(monkeypatch, samples.fcc("Cu", 3.7), samples.fcc("Cu", 3.55))
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    assert len(batch.candidates[0].polymorphs) == 1
    assert batch.candidates[0].guesses_failed == {"calculation_error": 1}


def test_a_source_out_of_reach_is_a_reason(monkeypatch):
    def unreachable(*_args, **_kwargs):
        raise ConnectionError("no route to host")

    monkeypatch.setattr("elatbot_flows.crystals.build_structures", unreachable)
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    assert batch.candidates[0].reason == "source_error"
    assert "no route to host" in batch.candidates[0].message


def test_crystals_that_relax_into_one_are_kept_once(monkeypatch):
    with_guesses(monkeypatch, samples.fcc("Cu", 3.5), samples.fcc("Cu", 3.7))
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    assert len(batch.candidates[0].polymorphs) == 1


def test_nothing_left_is_a_rejection(monkeypatch):
    with_guesses(monkeypatch, samples.fcc("Po"))
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    assert batch.candidates[0].reason == "no_relaxed_structure"


def test_the_reason_of_the_builder_is_kept(monkeypatch):
    def refuse(*args, **kwargs):
        raise StructureError("too many", reason="too_many_sites")

    monkeypatch.setattr("elatbot_flows.crystals.build_structures", refuse)
    batch = make(BuildMaker(potential=samples.EMT), [samples.row(0, "Cu")])
    assert batch.candidates[0].reason == "too_many_sites"


def test_the_same_seed_builds_the_same():
    maker = BuildMaker(potential=samples.EMT, seed=3)
    first, second = (make(maker, [samples.row(0, "Cu2Au")]) for _ in range(2))
    assert first == second


def test_crystals_that_were_given_are_relaxed_and_no_others_built():
    own = samples.polymorph(samples.fcc("Cu", 3.7), label="mine")
    given = samples.candidate(0, "Cu", polymorphs=[own])
    rows = [samples.row(0, "Cu", uuid="somewhere")]
    maker = BuildMaker(potential=samples.EMT)
    chunk = make(maker, rows, brought=[given])
    (crystal,) = chunk.candidates[0].polymorphs
    assert crystal.label == "mine"
    assert crystal.structure.volume == pytest.approx(3.6**3 / 4, rel=0.03)


def test_those_well_inside_the_interval_go_first():
    maker = BuildMaker(potential=samples.EMT)
    rows = [samples.row(0, "Cu"), samples.row(1, "Al")]
    copper, aluminium = make(maker, rows, DesignTarget(bulk_modulus=Interval(120, 150))).rows
    assert copper.score > 0 > aluminium.score


def test_settings_that_were_given_stay():
    rows = [samples.row(0, "Ni3Al")]
    wide = DesignTarget(bulk_modulus=Interval(80, 180), max_sites=16)
    small = make(BuildMaker(potential=samples.EMT, max_sites=3), rows, wide)
    assert small.candidates[0].reason == "too_many_sites"
    of_the_target = DesignTarget(bulk_modulus=Interval(80, 180), max_sites=3)
    assert make(BuildMaker(potential=samples.EMT), rows, of_the_target).candidates[0].reason


@pytest.mark.parametrize(
    ("random", "generator", "drawn"),
    [
        ("given", None, True),
        ("given", "elatbot-mini", False),
        ("always", "elatbot-mini", True),
        ("never", None, False),
    ],
)
def test_where_no_type_is_known_formulas_of_ones_own_get_crystals_by_chance(
    random, generator, drawn
):
    words = {"template": "raw", "engine": "transformers", "engine_version": "5"}
    named = None if generator is None else TextModelRecord(name=generator, **words)
    run = samples.run_record(generator=named)
    rows = [samples.row(0, "Cu2Pd3Ag4", crystal_system="Triclinic")]
    maker = BuildMaker(potential=samples.EMT, random=random, max_relaxed=1)
    (found,) = build_crystals.original(maker, rows, (), TARGET, run).candidates
    assert (found.guesses_built is not None) == drawn
    assert (found.reason == "no_structure") != drawn
