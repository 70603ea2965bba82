"""Designs and candidates as a report may meet them."""

from __future__ import annotations

from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.database.results import DesignResult
from elatbot_flows.documents import (
    CandidateDocument,
    DesignCounts,
    DesignDocument,
    Estimate,
    Evidence,
    HullResult,
    LedgerRow,
    TextModelRecord,
)
from elatbot_flows.documents.stability import DecompositionProduct

RUN = "0123456789ab"


PAIRS = [("Ni", "Al"), ("Ti", "Fe"), ("Ti", "Co"), ("Ti", "Ni"), ("Zr", "Co"), ("Cu", "Zn")]


FIRST = samples.method(
    "7net-0",
    family="SevenNet",
    package="sevenn",
    package_version="0.13.0",
    weights_sha256="c" * 64,
    training_functional="PBE(+U), MPtrj",
    dtype="float32",
)


SECOND = FIRST.model_copy(update={"name": "7net-l3i5", "weights_sha256": "d" * 64})


TEXT = samples.method("elatbot-mini", "text", family="elatbot-mini", weights_sha256="a" * 64)


WRITER = TextModelRecord(
    name="elatbot-mini", dialect="compact-2", template="raw", engine="transformers",
    engine_version="5.0", weights_sha256="a" * 64,
)  # fmt: skip


def ranges(**values):
    """Return intervals of ten percent around values."""
    return {k: {"value": v, "low": 0.9 * v, "high": 1.1 * v} for k, v in values.items()}


def estimate(bulk, shear, **fields):
    """Return what a calibration would say."""
    known = {
        **ranges(
            bulk_modulus=bulk,
            shear_modulus=shear,
            youngs_modulus=9 * bulk * shear / (3 * bulk + shear),
            poisson_ratio=(3 * bulk - 2 * shear) / (6 * bulk + 2 * shear),
            pugh_ratio=bulk / shear,
        ),
        "coverage": 0.9,
        "kind": "metal",
        "members": [{"source": "7net-0", "bulk_modulus": bulk, "shear_modulus": shear}],
        "unused": [],
        "disagreement": "agree",
        "spread_factor": 1.0,
        "calibrated_on": "100 binaries computed with DFT",
        "log_means": (5.0, 4.0),
        "log_scales": (0.1, 0.1),
        "correlation": 0.5,
        "tail": 5.0,
    }
    return Estimate(**known | fields)


def opinion(judge, bulk, shear=None, place=0, **fields):
    """Return the evidence of one judge on one crystal."""
    tensor = [[10.0 * i + j for j in range(6)] for i in range(6)] if shear else None
    known = {
        "status": "passed",
        "bulk_modulus": bulk,
        "shear_modulus": shear,
        "elastic_tensor": tensor,
        "spacegroup_number": 221,
        "method": "linear_response",
        "judge": judge,
    }
    result = samples.result(**known | fields)
    return Evidence(polymorph=place, result=result)


def chance(target, values):
    """Return a probability that is high inside all intervals."""
    inside = {n: 0.8 if i.contains(values[n]) else 0.05 for n, i in target.intervals().items()}
    near = all(i.widened(0.1).contains(values[n]) for n, i in target.intervals().items())
    lowest = min(inside, key=inside.__getitem__)
    word = "hit" if inside[lowest] > 0.5 else "open" if near else "miss"
    total = {"hit": 0.8, "open": 0.3, "miss": 0.05}[word]
    return {
        "verdict": word,
        "probability": total,
        "probabilities": inside,
        "limiting_property": lowest,
    }


def material(rank, target, bulk, *, formula=None, shear=60.0, **fields):
    """Return a candidate with the CsCl structure that passed."""
    first, second = PAIRS[rank % len(PAIRS)]
    lattice = Lattice.cubic(2.9 + 0.001 * rank)
    structure = Structure(lattice, [first, second], [[0, 0, 0], [0.5, 0.5, 0.5]])
    joint = estimate(bulk, shear)
    values = {name: getattr(joint, name).value for name in ranges_of(joint)}
    spoken = opinion(TEXT, bulk - 12, status="passed", bulk_modulus_std=14.0, method="text")
    known = {
        "candidate_id": f"{RUN}-{rank:05d}",
        "run_id": RUN,
        "rung": "judge",
        "status": "passed",
        "rank": rank,
        "formula": formula or structure.composition.reduced_formula,
        "elements": sorted([first, second]),
        "unseen": rank % 2 == 0,
        "polymorphs": [samples.polymorph(structure, -5.0, bulk, "AB_cP2_221_b_a")],
        "guesses_built": 6,
        "above_ground_state": 0.0,
        "evidence": [
            spoken.model_copy(update={"polymorph": None}),
            opinion(FIRST, bulk - 2, shear - 1),
            opinion(SECOND, bulk + 3, shear + 2),
        ],
        "structure": structure,
        "crystal_system": "Cubic",
        "spacegroup_number": 221,
        "nsites": 2,
        "estimate": joint,
        **values,
    }
    if target is not None:
        known |= chance(target, values)
    return CandidateDocument(**known | fields)


def ranges_of(joint):
    return [n for n in type(joint).model_fields if hasattr(getattr(joint, n), "low")]


def rejected(number, reason, message, **fields):
    """Return a candidate that was given up."""
    identity = {"candidate_id": f"{RUN}-9{number:04d}", "run_id": RUN}
    return CandidateDocument(**identity, **fields).rejected(reason, message)


def design(target, materials, others=(), notes=(), **run):
    """Return the result of a run with these candidates."""
    candidates = [*materials, *others]
    reasons = [c.reason for c in others]
    counts = DesignCounts(
        generated=len(candidates),
        readable=len(materials) + sum(c.formula is not None for c in others),
        distinct=len(candidates),
        built=len(materials),
        judged=len(materials),
        passed=len(materials),
        hits=sum(c.verdict == "hit" for c in materials),
        open=sum(c.verdict == "open" for c in materials),
        rejected={reason: reasons.count(reason) for reason in sorted(set(reasons))},
    )
    known = {
        "target": None if target is None else target.summary(),
        "requested": len(materials),
        "seed": 7,
        "generator": WRITER,
        "expectation": TEXT,
        "judges": [FIRST, SECOND],
        "versions": {"elatbot_flows": "0.1.0", "torch": "2.9"},
    }
    document = DesignDocument(
        run=samples.run_record(RUN, **known | run),
        counts=counts,
        rows=[LedgerRow(candidate_id=c.candidate_id) for c in candidates],
        notes=list(notes),
    )
    return DesignResult(document, tuple(candidates))


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
        message="no phases" if energy is None else None,
        decomposition=phases,
        evaluations=9,
        potential=FIRST,
        energy_above_hull=energy,
    )
    return candidate.updated(energy_above_hull=energy, hull=hull)


OTHERS = (
    rejected(1, "unparsable", "not_a_material: 'Xx' is not a formula"),
    rejected(2, "too_many_sites", "36 atoms, more than 16; raise max_sites", formula="Ti2Al7Fe24"),
    rejected(3, "too_many_sites", "20 atoms, more than 16; raise max_sites", formula="TiAl19"),
)
