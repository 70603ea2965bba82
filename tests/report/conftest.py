"""Design documents made by hand, as the last job of a run would leave them."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.documents import (
    CandidateDocument,
    DesignCounts,
    DesignDocument,
    GeneratorRecord,
    HullResult,
    MethodRecord,
    RunRecord,
)
from elatbot_flows.documents.stability import DecompositionProduct
from elatbot_flows.elasticity.verdict import judge
from elatbot_flows.targets import DesignTarget, Interval

RUN = "0123456789ab"
PAIRS = [("Ni", "Al"), ("Ti", "Fe"), ("Ti", "Co"), ("Ti", "Ni"), ("Zr", "Co"), ("Cu", "Zn")]
POTENTIAL = MethodRecord(
    name="7net-0",
    family="SevenNet",
    package="sevenn",
    package_version="0.13.0",
    weights_sha256="c" * 64,
    training_functional="PBE(+U), MPtrj",
    device="cpu",
    dtype="float32",
)


def material(rank, target, bulk, *, formula=None, shear=60.0, **fields):
    """Return a validated candidate with the CsCl structure."""
    first, second = PAIRS[rank % len(PAIRS)]
    lattice = Lattice.cubic(2.9 + 0.001 * rank)
    structure = Structure(lattice, [first, second], [[0, 0, 0], [0.5, 0.5, 0.5]])
    values = {
        "bulk_modulus": bulk,
        "shear_modulus": shear,
        "youngs_modulus": 9 * bulk * shear / (3 * bulk + shear),
        "poisson_ratio": (3 * bulk - 2 * shear) / (6 * bulk + 2 * shear),
        "pugh_ratio": bulk / shear,
    }
    verdict = judge(target, values).as_dict()
    verdict = {k: v for k, v in verdict.items() if not k.startswith("@")}
    known = {
        "candidate_id": f"{RUN}-{rank:05d}",
        "run_id": RUN,
        "stage": "judged",
        "status": "validated",
        "rank": rank,
        "formula": formula or structure.composition.reduced_formula,
        "elements": sorted([first, second]),
        "novel": rank % 2 == 0,
        "predicted_bulk_modulus": bulk + 8,
        "predicted_bulk_modulus_std": 12.0,
        "screening_bulk_modulus": bulk + 3,
        "structure": structure,
        "structure_source": "aflow: AB_cP2_221_b_a",
        "crystal_system": "Cubic",
        "spacegroup_number": 221,
        "nsites": 2,
        "relaxed": True,
        "born_stable": True,
        **values,
        **verdict,
    }
    return CandidateDocument(**known | fields)


def rejected(number, reason, message, **fields):
    """Return a candidate that was given up."""
    identity = {"candidate_id": f"{RUN}-9{number:04d}", "run_id": RUN}
    return CandidateDocument(**identity, **fields).rejected(reason, message)


def design(target, materials, others=(), notes=()):
    """Return the document of a run with these candidates."""
    reasons = [c.reason for c in others]
    counts = DesignCounts(
        generated=len(materials) + len(others),
        parsed=len(materials) + sum(c.formula is not None for c in others),
        distinct=len(materials) + sum(c.formula is not None for c in others),
        structured=len(materials),
        validated=len(materials),
        relaxed=len(materials),
        stable=len(materials),
        hits=sum(c.verdict == "hit" for c in materials),
        rejected={reason: reasons.count(reason) for reason in sorted(set(reasons))},
    )
    run = RunRecord(
        run_id=RUN,
        target=target.summary(),
        requested=len(materials),
        seed=7,
        generator=GeneratorRecord(
            name="elatbot-mini",
            version="1.0",
            weights_sha256="a" * 64,
            parameters=2_242_176,
            temperature=0.8,
        ),
        potential=POTENTIAL,
        versions={"elatbot_flows": "0.1.0", "torch": "2.9"},
    )
    return DesignDocument(
        run=run, counts=counts, candidates=[*materials, *others], notes=list(notes)
    )


def placed(candidate, energy, *products):
    """Return the candidate with a place on the hull, or none if `energy` is None."""
    status = "unknown" if energy is None else "stable" if energy <= 0 else "metastable"
    phases = [
        DecompositionProduct(
            formula=p, source="elements", label="fcc", energy_per_atom=-4.0, fraction=0.5
        )
        for p in products
    ]
    hull = HullResult(
        status=status,
        decomposition=phases,
        evaluations=9,
        potential=POTENTIAL,
        energy_above_hull=energy,
    )
    return candidate.updated(energy_above_hull=energy, hull=hull)


OTHERS = (
    rejected(1, "unparsable", "not_a_material: 'Xx' is not a formula"),
    rejected(2, "too_many_sites", "36 atoms, more than 16; raise max_sites", formula="Ti2Al7Fe24"),
    rejected(3, "too_many_sites", "20 atoms, more than 16; raise max_sites", formula="TiAl19"),
)


@pytest.fixture
def make_material():
    return material


@pytest.fixture
def make_design():
    return design


@pytest.fixture
def bulk_target():
    return DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Ti", "Fe"))


@pytest.fixture
def run_document(bulk_target):
    """Five candidates, three of them hits, and three that were given up."""
    values = (160, 166, 152, 149, 190)
    materials = [material(i, bulk_target, k) for i, k in enumerate(values, start=1)]
    return design(bulk_target, materials, OTHERS, ["the element set leaves no more"])


@pytest.fixture
def empty_document(bulk_target):
    """A run in which nothing was validated."""
    return design(bulk_target, [], OTHERS)


@pytest.fixture
def several_document():
    """Three intervals; one candidate meets all of them, one has an unknown value."""
    target = DesignTarget(
        bulk_modulus=Interval(150, 170),
        shear_modulus=Interval(50, 70),
        pugh_ratio=Interval(2.0, 3.2),
    )
    materials = [
        material(1, target, 160),
        material(2, target, 165, shear=90),
        material(3, target, 120, shear=30),
    ]
    return design(target, materials, OTHERS)


@pytest.fixture
def many_document(bulk_target):
    """Return fifty candidates, ranked from 160 GPa outwards."""
    materials = [material(i, bulk_target, 160 + 0.5 * (-1) ** i * i) for i in range(1, 51)]
    return design(bulk_target, materials, OTHERS)


@pytest.fixture
def placed_document(bulk_target):
    """Three candidates with their places on the hull, one of them unknown."""
    materials = [material(i, bulk_target, k) for i, k in enumerate((160, 166, 152), start=1)]
    energies = (-0.0123, 0.0456, None)
    materials = [placed(m, e, "TiNi", "Al") for m, e in zip(materials, energies, strict=True)]
    document = design(bulk_target, materials)
    document.counts.hull = {"metastable": 1, "stable": 1, "unknown": 1}
    return document
