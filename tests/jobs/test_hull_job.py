"""The job: one result for each crystal, whatever it is, energies of one potential only."""

from __future__ import annotations

import json

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.documents import HullResult
from elatbot_flows.evaluation.sun import sun
from elatbot_flows.jobs import HullMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.stability import CrystalEnergy, HullSettings

SETTINGS = HullSettings(prototypes=False)
MAKER = HullMaker(potential=samples.EMT, settings=SETTINGS, materials_project=False)
CUAU = Structure(Lattice.cubic(3.1), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
L1_0 = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
OVERLAP = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0.01, 0, 0]])
make = HullMaker.make.original


def run(*jobs):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(Flow(list(jobs)), store=store, ensure_success=True, log=False)
    return responses[jobs[-1].uuid][1].output


def test_a_bad_crystal_spoils_no_other():
    job = MAKER.make([CUAU, OVERLAP, samples.fcc("Po"), samples.fcc("Cu")], list("abcd"))
    good, overlap, unknown, copper = run(job)
    assert [r.source for r in (good, overlap, unknown, copper)] == list("abcd")
    assert (good.status, copper.status) == ("stable", "stable")
    assert good.energy_above_hull < 0
    fractions = {(p.formula, p.source): p.fraction for p in good.decomposition}
    assert fractions == pytest.approx({("Cu", "elements"): 0.5, ("Au", "elements"): 0.5})
    assert (overlap.status, overlap.reason) == ("unknown", "atoms_overlap")
    assert (unknown.status, unknown.reason) == ("unknown", "unsupported_element")
    assert unknown.chemsys == "Po"
    assert good.potential.name == samples.EMT
    assert good.settings["metastable"] == 0.1


def test_results_of_the_elastic_job_need_no_relaxation():
    elastic = PotentialJudge(potential=samples.EMT).make([L1_0, OVERLAP])
    good, bad = run(elastic, MAKER.make(elastic.output))
    fresh = make(MAKER, L1_0)
    assert good.energy_per_atom == pytest.approx(fresh.energy_per_atom, abs=1e-3)
    assert good.energy_above_hull == pytest.approx(fresh.energy_above_hull, abs=1e-3)
    assert (bad.status, bad.reason) == ("unknown", "no_energy")
    assert bad.formula == "Cu"


def test_documents_of_another_potential_are_refused():
    elastic = PotentialJudge(potential=samples.EMT).make.original
    (document,) = elastic(PotentialJudge(potential=samples.EMT), samples.fcc("Cu"))
    foreign = document.judge.model_copy(update={"weights_sha256": "0" * 64})
    other = document.model_copy(update={"judge": foreign})
    assert make(MAKER, document).status == "stable"
    found = make(MAKER, other)
    assert (found.status, found.reason) == ("unknown", "other_potential")
    assert "same potential" in found.message


def test_known_crystals_of_the_flow_or_a_folder_compete(tmp_path):
    given = make(MAKER, CUAU, known=[L1_0])
    assert given.status != "stable"
    L1_0.to(str(tmp_path / "l1_0.cif"))
    maker = HullMaker(
        potential=samples.EMT,
        settings=SETTINGS,
        known_folder=str(tmp_path),
        cache_folder=str(tmp_path / "cache"),
    )
    found = make(maker, CUAU)
    assert found.energy_above_hull == pytest.approx(given.energy_above_hull, abs=1e-4)
    assert {p.source for p in found.decomposition} == {"folder"}
    assert any((tmp_path / "cache").rglob("folder-*.json"))


def test_no_key_is_told(monkeypatch):
    monkeypatch.setattr("elatbot_flows.crystals.materials_project.find_api_key", lambda: None)
    found = make(HullMaker(potential=samples.EMT, settings=SETTINGS), samples.fcc("Cu"))
    assert any("MP_API_KEY" in remark for remark in found.missing)


def test_documents_survive_storing_and_count():
    results = make(MAKER, [CUAU, samples.fcc("Cu"), OVERLAP])
    again = [
        HullResult(**json.loads(json.dumps(jsanitize(r.model_dump(), strict=True))))
        for r in results
    ]
    assert [r.energy_above_hull for r in again] == [r.energy_above_hull for r in results]
    report = sun([r.structure for r in again], [], again)
    assert (report.submitted, report.valid, report.stable, report.sun) == (3, 2, 2, 2)


def test_crystals_with_energies_are_placed_and_compete_as_they_are():
    make(MAKER, CUAU)  # elements are at hand from here on
    asked = CrystalEnergy.of(CUAU, -3.0)
    lower = CrystalEnergy.of(L1_0, -3.5)
    (alone,) = MAKER.place([asked])
    (beside,) = run(MAKER.make([asked], known=[lower]))
    assert alone.energy_above_hull < beside.energy_above_hull == pytest.approx(0.5)
    assert alone.evaluations == beside.evaluations == 0
    assert beside.decomposition[0].source == "given"
