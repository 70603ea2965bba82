"""The judge that asks a density functional, with EMT in its place."""

import json
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder, jsanitize
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.database.stores import open_store
from elatbot_flows.dft import DFTSettings
from elatbot_flows.documents import ElasticResult
from elatbot_flows.errors import DFTError
from elatbot_flows.judges import DFTElasticMaker
from elatbot_flows.judges.dft_jobs import _with_errors, assemble, collect, perturb
from elatbot_flows.judges.dft_relaxing import relax
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.running.runner import run_flow
from emt_code import EMTCode

CU = samples.fcc("Cu", 3.65)
L10 = Structure(Lattice.tetragonal(2.8, 3.6), ["Au", "Cu"], [[0, 0, 0], [0.5, 0.5, 0.5]])
B19 = Structure.from_spacegroup(
    "Pmma", Lattice.orthorhombic(4.4, 2.8, 4.6), ["Au", "Cu"], [[0.25, 0, 0.17], [0.25, 0.5, 0.67]]
)
FINE = ValidationSettings(follow=0)


def fine(**code):
    return DFTElasticMaker(code=EMTCode(**code), settings=FINE, strain=0.002, displacement=0.006)


def judged(maker, structures, sources=None):
    flow = maker.make(structures, sources)
    store = JobStore(MemoryStore())
    run_locally(flow, store=store, log=False, ensure_success=True)
    found = store.get_output(flow.output.uuid)
    names = [document["name"] for document in store.query({})]
    return [ElasticResult.model_validate(_plain(one)) for one in found], names


def _plain(value):
    fields = value if isinstance(value, dict) else value.model_dump()
    return {k: v for k, v in fields.items() if not k.startswith("@")}


def test_the_tensor_is_that_of_the_potential_route():
    crystals = [CU, L10, B19]
    results, _ = judged(fine(), crystals, ["a", "b", "c"])
    potential = load_potential(samples.EMT)
    for found, crystal in zip(results, crystals, strict=True):
        own = validate_crystal(crystal, potential, FINE)
        assert found.status == own.status == "passed"
        np.testing.assert_allclose(found.elastic_tensor, own.elastic_tensor, atol=0.2)
        np.testing.assert_allclose(found.clamped_tensor, own.clamped_tensor, atol=0.2)
        assert found.bulk_modulus == pytest.approx(own.bulk_modulus, abs=0.1)
        assert found.dft.energy_mismatch < 1e-3
    assert [one.source for one in results] == ["a", "b", "c"]
    assert results[2].softest_mode == pytest.approx(own.softest_mode, rel=5e-3)


@pytest.mark.parametrize("crystal", [L10, B19])
def test_finite_strains_give_the_tensor_of_the_potential_route(crystal):
    strains = replace(FINE, method="finite_strain")
    (found,), names = judged(replace(fine(), settings=strains), [crystal], ["mine"])
    own = validate_crystal(crystal, load_potential(samples.EMT), strains)
    assert found.status == "passed"
    assert found.method == found.judge.settings["thresholds"]["method"] == "finite_strain"
    assert found.judge.settings["strains"] == [-0.01, -0.005, 0.005, 0.01]
    np.testing.assert_allclose(found.elastic_tensor, own.elastic_tensor, rtol=3e-3, atol=0.1)
    assert found.dft.calculations == sum("dft strain mine" in name for name in names)
    assert found.dft.missing == 0
    assert found.bulk_modulus_std == pytest.approx(0.03 * found.bulk_modulus)


def test_strained_crystals_that_fail_make_it_incomplete():
    strains = replace(FINE, method="finite_strain")
    for changed, why in (({"fails_below": 16}, "SCFStuckError"), ({}, "forces above")):
        judge = replace(fine(**changed), settings=strains)
        method = judge.method
        crystal = B19 if not changed else CU
        relaxed = relax.original(method, crystal, "mine")
        few = method if changed else replace(method, thresholds=replace(strains, max_steps=1))
        flow = perturb.original(few, "dft", relaxed).replace
        runs = [one.function(*one.function_args) for one in flow.jobs[:-1]]
        found = assemble.original(few, relaxed, flow.jobs[-1].function_args[2], runs).result
        assert found.reason == "incomplete"
        assert why in found.message
        assert found.elastic_tensor is None


def test_every_perturbed_crystal_is_a_job_of_its_own():
    (found,), names = judged(fine(), [CU], ["mine"])
    runs = [name for name in names if name.startswith("dft static")]
    assert runs == ["dft static mine 1/2", "dft static mine 2/2"]
    assert {"dft relax mine", "dft assemble mine", "dft collect"} <= set(names)
    assert found.dft.calculations == 2
    assert found.dft.missing == 0
    assert found.evaluations == found.dft.relaxation_calculations + 2
    assert found.dft.cycles == 7 * found.evaluations
    assert found.dft.kpoints == [found.dft.kpoints[0]] * 2


def test_the_record_says_with_what_it_was_computed():
    (found,), _ = judged(DFTElasticMaker(code=EMTCode(), settings=FINE), CU)
    judge = found.judge
    assert (judge.kind, judge.name, judge.package_version) == ("dft", "emt", "3")
    assert judge.training_functional == "PBE"
    assert {"cutoff", "k_spacing", "smearing", "spin", "pseudopotentials"} <= set(judge.settings)
    assert judge.settings["strain"] == 0.005
    text = json.dumps(jsanitize(found.model_dump(), strict=True), allow_nan=False)
    assert ElasticResult.model_validate_json(text).dft == found.dft


def test_it_goes_behind_a_job_that_ends_in_crystals():
    from jobflow import Flow, job

    @job
    def bring():
        return [CU]

    first = bring()
    judging = fine().make(first.output)
    store = JobStore(MemoryStore())
    run_locally(Flow([first, judging]), store=store, log=False, ensure_success=True)
    (found,) = store.get_output(judging.output.uuid)
    assert ElasticResult.model_validate(_plain(found)).status == "passed"


def test_a_bad_crystal_never_spoils_the_others():
    overlap = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0.01, 0, 0]])
    crystals = [overlap, samples.fcc("Cs", 6.0), samples.fcc("Ce", 5.1), CU]
    results, _ = judged(fine(), crystals)
    reasons = [one.reason for one in results]
    assert reasons == ["atoms_overlap", "unsupported_element", "f_electrons", None]
    assert results[1].message == "EMT has no data set for Cs"
    assert results[3].status == "passed"


def test_a_relaxation_without_self_consistency_is_a_failure():
    (found,), names = judged(fine(fails_below=1000), [CU])
    assert found.reason == "scf_not_converged"
    assert not any("static" in name for name in names)


def test_perturbed_crystals_without_self_consistency_make_it_incomplete():
    (found,), _ = judged(fine(fails_below=16), [CU])
    assert (found.status, found.reason) == ("failed", "incomplete")
    assert found.message.startswith("2 of 2 calculations are missing: SCFStuckError")
    assert found.relaxed
    assert found.volume_per_atom > 10
    assert found.elastic_tensor is None
    assert found.bulk_modulus is None
    assert found.dft.missing == 2


def test_a_job_that_ended_without_a_result_makes_it_incomplete():
    method = fine().method
    relaxed = relax.original(method, CU, "mine")
    flow = perturb.original(method, "dft", relaxed).replace
    plan = flow.jobs[-1].function_args[2]
    runs = [one.function(*one.function_args) for one in flow.jobs[:-1]]
    whole = assemble.original(method, relaxed, plan, runs).result
    assert whole.status == "passed"
    part = assemble.original(method, relaxed, plan, [runs[0], None]).result
    assert part.reason == "incomplete"
    assert "1 of 2 calculations are missing: the job ended without a result" in part.message
    assert part.bulk_modulus is None


def test_energies_that_contradict_the_stresses_do_not_stop_a_relaxation():
    """As with plane waves that follow the cell: 10 GPa of Pulay stress."""
    (usual,), _ = judged(fine(), [CU])
    (found,), _ = judged(fine(pulay=10.0), [CU])
    assert found.status == "passed", found.message
    assert found.volume_per_atom == pytest.approx(usual.volume_per_atom, rel=1e-4)
    assert found.bulk_modulus == pytest.approx(usual.bulk_modulus, rel=1e-3)
    assert found.dft.relaxation_calculations < 7


def test_too_few_plane_waves_change_nothing():
    """10 GPa of Pulay stress are corrected: cells would be too small, and K too large."""
    (usual,), _ = judged(fine(), [CU])
    settings = DFTSettings(cutoff=150, k_spacing=0.6)
    (found,), _ = judged(fine(slope=-0.7, settings=settings), [CU])
    assert found.status == "passed", found.message
    assert found.dft.frame.basis_slope == pytest.approx(-0.7)
    assert found.volume_per_atom == pytest.approx(usual.volume_per_atom, rel=1e-4)
    np.testing.assert_allclose(found.elastic_tensor, usual.elastic_tensor, atol=0.2)
    assert found.dft.energy_mismatch < 1e-3
    assert found.dft.relaxation_calculations == usual.dft.relaxation_calculations + 2


def test_a_relaxation_that_ended_without_a_result_makes_it_incomplete():
    method = fine().method
    assert perturb.original(method, "dft", None) is None
    (found,) = collect.original(method, [None], [CU], ["mine"])
    assert (found.source, found.status, found.reason) == ("mine", "failed", "incomplete")


def test_crystals_that_would_take_too_long_are_refused():
    maker = DFTElasticMaker(code=EMTCode(), settings=FINE, max_core_hours=0.01)
    (found,), names = judged(maker, [CU])
    assert found.reason == "too_expensive"
    assert "core-hours, more than the 0.01 allowed" in found.message
    assert not any("static" in name for name in names)


def test_spin_is_given_up_where_moments_vanish():
    (found,), _ = judged(fine(), [samples.fcc("Ni", 3.5)])
    assert found.status == "passed"
    assert found.dft.frame.moments is None


def test_a_killed_worker_loses_nothing_that_was_finished(tmp_path):
    maker = fine(kills_once=str(tmp_path / "killed"))
    store, _ = open_store(tmp_path)
    with pytest.raises(BrokenProcessPool):
        run_flow(maker.make([CU], ["mine"]), store, workers=1)
    flow = maker.make([CU], ["mine"])
    summary = run_flow(flow, store, workers=1)
    assert summary.resumed == ["dft relax mine"]
    assert not summary.failed
    (found,) = store.get_output(flow.output.uuid)
    assert ElasticResult.model_validate(_plain(found)).status == "passed"


@pytest.mark.slow
def test_fireworks_runs_it(through_fireworks):
    flow = fine().make([CU], ["mine"])
    (found,) = through_fireworks(flow).store.get_output(flow.output.uuid)
    assert ElasticResult.model_validate(_plain(found)).status == "passed"


def test_the_maker_can_be_stored():
    maker = DFTElasticMaker(code=EMTCode(), max_core_hours=2.0)
    again = json.loads(json.dumps(maker, cls=MontyEncoder), cls=MontyDecoder)
    assert again == maker


@pytest.mark.parametrize(
    "changed",
    [
        {"strain": 0.0},
        {"budget": 0},
        {"settings": ValidationSettings(follow=1)},
        {"max_core_hours": -1.0},
    ],
)
def test_impossible_settings_are_refused(changed):
    with pytest.raises(DFTError):
        DFTElasticMaker(**changed)


def test_energies_that_contradict_the_stresses_widen_the_errors():
    (found,), _ = judged(fine(), [CU])
    doubtful = found.dft.model_copy(update={"energy_mismatch": 0.25})
    wide = _with_errors(found.updated(dft=doubtful), fine().method)
    assert found.bulk_modulus_std < 0.1 * found.bulk_modulus
    assert wide.bulk_modulus_std >= 0.25 * found.bulk_modulus
    assert wide.shear_modulus_std >= 0.25 * found.shear_modulus
