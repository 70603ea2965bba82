"""Validating: every gate turns a bad crystal into a status, never into a number."""

from __future__ import annotations

import json

import pytest
from ase.build import bulk
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

import samples
from elatbot_flows.jobs import ValidateMaker
from elatbot_flows.potentials.validation import ValidationSettings
from elatbot_flows.targets import DesignTarget, Interval

make = ValidateMaker.make.original
RUN = samples.run_record()
TARGET = DesignTarget(bulk_modulus=Interval(100, 150))
NI3AL = Structure.from_spacegroup(
    221, Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
)
BCC_COPPER = AseAtomsAdaptor.get_structure(bulk("Cu", "bcc", a=2.86))
SC_ALUMINIUM = AseAtomsAdaptor.get_structure(bulk("Al", "sc", a=2.72))
OVERLAP = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0.01, 0, 0]])
COINCIDENT = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0, 0, 0]])
ISOLATED = samples.fcc("Cu", 12.0)
TRICLINIC = Structure(
    Lattice.from_parameters(3, 4, 6, 80, 95, 103),
    ["Cu", "Al"],
    [[0.1, 0.2, 0.3], [0.6, 0.7, 0.75]],
)
AS_BUILT = ValidationSettings(follow=0)
CRYSTALS = {
    "good": samples.fcc("Cu"),
    "unknown element": samples.fcc("Po"),
    "bcc Cu": BCC_COPPER,
    "sc Al": SC_ALUMINIUM,
    "overlap": OVERLAP,
    "coincident": COINCIDENT,
    "isolated": ISOLATED,
    "triclinic": TRICLINIC,
    "also good": NI3AL,
}


def member(number, *structures, energies=None):
    energies = energies or [0.0] * len(structures)
    polymorphs = [
        samples.polymorph(structure, energy)
        for structure, energy in zip(structures, energies, strict=True)
    ]
    formula = structures[0].composition.reduced_formula
    return samples.candidate(number, formula, polymorphs=polymorphs, stage="built")


@pytest.fixture(scope="module")
def validated():
    """All crystals in one chunk, through jobflow and its store; bad ones among good ones."""
    candidates = [member(n, crystal) for n, crystal in enumerate(CRYSTALS.values())]
    job = ValidateMaker(potential=samples.EMT, settings=AS_BUILT).make(candidates, RUN, TARGET)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(job, store=store, ensure_success=True, log=False)
    batch = responses[job.uuid][1].output
    return dict(zip(CRYSTALS, batch.candidates, strict=True)) | {"batch": batch}


def test_a_good_crystal_gets_its_numbers(validated):
    copper = validated["good"]
    assert (copper.stage, copper.status, copper.relaxed, copper.born_stable) == (
        "validated",
        "validated",
        True,
        True,
    )
    assert copper.bulk_modulus == pytest.approx(134.5, abs=0.5)
    assert copper.elastic.elastic_tensor[0][0] == pytest.approx(172.6, abs=0.5)
    assert copper.elastic.ion_relaxation == "relaxed"
    assert copper.elastic.residual < 0.01
    assert copper.spacegroup_number == 225
    assert copper.crystal_system == "Cubic"
    assert copper.potential.name == samples.EMT
    assert (copper.verdict, copper.limiting_property) == ("hit", "bulk_modulus")
    assert copper.margin == pytest.approx(150 - copper.bulk_modulus)
    assert copper.youngs_modulus == pytest.approx(
        3 * copper.bulk_modulus * (1 - 2 * copper.poisson_ratio)
    )
    assert validated["also good"].status == "validated"


@pytest.mark.parametrize(
    ("crystal", "reasons"),
    [
        ("unknown element", {"unsupported_element"}),
        ("bcc Cu", {"born_unstable"}),
        ("sc Al", {"born_unstable"}),
        ("overlap", {"atoms_overlap"}),
        ("coincident", {"atoms_overlap"}),
        ("isolated", {"isolated_atoms"}),
    ],
)
def test_a_bad_crystal_is_a_status_and_no_number(validated, crystal, reasons):
    candidate = validated[crystal]
    assert candidate.status == "failed"
    assert candidate.reason in reasons
    assert candidate.reason.replace("_", "").isalpha()
    assert candidate.message
    for name in ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio"):
        assert getattr(candidate, name) is None
        assert candidate.elastic is None or getattr(candidate.elastic, name) is None
    assert (candidate.verdict, candidate.margin) == ("unknown", None)


def test_an_unstable_crystal_keeps_its_tensor_and_eigenvalue(validated):
    copper = validated["bcc Cu"]
    assert copper.born_stable is False
    assert copper.elastic.smallest_eigenvalue < 0
    assert f"{copper.elastic.smallest_eigenvalue:.1f} GPa" in copper.message


def test_nothing_in_the_document_is_not_a_number(validated):
    dumped = jsanitize(validated["batch"].model_dump(), strict=True)
    json.dumps(dumped, allow_nan=False)


def test_if_the_best_crystal_fails_the_next_one_near_it_is_tried():
    maker = ValidateMaker(potential=samples.EMT, settings=AS_BUILT)
    near = member(0, BCC_COPPER, samples.fcc("Cu"), energies=[0.0, 0.05])
    far = member(1, BCC_COPPER, samples.fcc("Cu"), energies=[0.0, 0.5])
    first, second = make(maker, [near, far], RUN, TARGET).candidates
    assert (first.status, first.spacegroup_number) == ("validated", 225)
    assert (second.status, second.reason) == ("failed", "born_unstable")


def test_too_short_a_relaxation_is_told():
    strained = NI3AL.copy()
    strained.apply_strain(0.05)
    maker = ValidateMaker(
        potential=samples.EMT, settings=ValidationSettings(max_steps=2, max_force=1e-6)
    )
    candidate = make(maker, [member(0, strained)], RUN, TARGET).candidates[0]
    assert (candidate.status, candidate.reason) == ("failed", "relaxation_not_converged")
    assert candidate.relaxed is False
    assert candidate.elastic.elastic_tensor is None


def test_atoms_too_near_for_the_setting_are_told():
    maker = ValidateMaker(potential=samples.EMT, settings=ValidationSettings(closest=5.0))
    candidate = make(maker, [member(0, samples.fcc("Cu"))], RUN, TARGET).candidates[0]
    assert candidate.reason == "atoms_overlap"


def test_a_miss_is_validated_all_the_same():
    target = DesignTarget(bulk_modulus=Interval(10, 20))
    candidate = make(
        ValidateMaker(potential=samples.EMT), [member(0, samples.fcc("Cu"))], RUN, target
    )
    assert (candidate.candidates[0].status, candidate.candidates[0].verdict) == (
        "validated",
        "miss",
    )
