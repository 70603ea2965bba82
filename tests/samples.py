"""Small documents that look like those of a run."""

from __future__ import annotations

from pymatgen.core import Lattice, Structure

from elatbot_flows.documents import (
    CandidateBatch,
    CandidateDocument,
    GeneratorRecord,
    MethodRecord,
    Polymorph,
    RunRecord,
)

EMT = "ase.calculators.emt:EMT"


def run_record(run_id="run", requested=2):
    """A record of a run that never happened."""
    return RunRecord(
        run_id=run_id,
        target={"bulk_modulus": [80, 180]},
        requested=requested,
        seed=0,
        generator=GeneratorRecord(
            name="none", version="1", weights_sha256="0" * 64, parameters=1, temperature=1.0
        ),
        potential=MethodRecord(
            name=EMT,
            family="EMT",
            package="ase",
            package_version="3",
            device="cpu",
            dtype="float64",
        ),
        versions={"elatbot_flows": "0"},
    )


def candidate(number, formula="NiAl", system="Cubic", run_id="run", **fields):
    """A proposed candidate."""
    from pymatgen.core import Composition

    elements = sorted(element.symbol for element in Composition(formula).elements)
    return CandidateDocument(
        candidate_id=f"{run_id}-{number:05d}",
        run_id=run_id,
        formula=formula,
        chemsys="-".join(elements),
        elements=elements,
        nelements=len(elements),
        proposed_crystal_system=system,
        crystal_system=system,
    ).updated(**fields)


def polymorph(structure, energy=0.0, bulk_modulus=None, label="made by hand"):
    """A crystal as the building job would give it."""
    return Polymorph(
        structure=structure,
        source="aflow",
        label=label,
        energy_per_atom=energy,
        bulk_modulus=bulk_modulus,
    )


def fcc(symbol="Cu", a=3.6):
    """Primitive cell of a face-centred cubic crystal."""
    return Structure(
        Lattice([[0, a / 2, a / 2], [a / 2, 0, a / 2], [a / 2, a / 2, 0]]), [symbol], [[0, 0, 0]]
    )


def batch(stage, candidates, run=None, notes=()):
    """The output of one step."""
    return CandidateBatch(
        stage=stage,
        run=run or run_record(),
        candidates=[c.updated(stage=stage) for c in candidates],
        notes=list(notes),
    )
