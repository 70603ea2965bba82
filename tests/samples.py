"""Small documents that look like those of a run."""

from __future__ import annotations

from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.documents import (
    CandidateChunk,
    CandidateDocument,
    ElasticResult,
    Ledger,
    LedgerRow,
    MethodRecord,
    Polymorph,
    RunRecord,
    Shortlist,
)

EMT = "ase.calculators.emt:EMT"


def method(name=EMT, kind="potential", **fields):
    """A record of who computed something."""
    return MethodRecord(
        kind=kind,
        name=name,
        **{
            "family": "EMT",
            "package": "ase",
            "package_version": "3",
            "device": "cpu",
            "dtype": "float64",
        }
        | fields,
    )


def run_record(run_id="run", requested=2, **fields):
    """A record of a run that never happened."""
    return RunRecord(
        uuid="run-uuid",
        run_id=run_id,
        requested=requested,
        **{
            "target": {"bulk_modulus": [80, 180]},
            "elements": ["Al", "Cu", "Ni"],
            "judges": [method()],
            "expectation": method("elatbot-mini", "text", family="elatbot-mini"),
            "versions": {"elatbot_flows": "0"},
        }
        | fields,
    )


def row(number, formula="NiAl", run_id="run", **fields):
    """A row as a proposer writes it."""
    return LedgerRow(
        candidate_id=f"{run_id}-{number:05d}",
        formula=formula,
        **{"crystal_system": "Cubic"} | fields,
    )


def ledger(rows, rung="propose", uuid="ledger-uuid", run_id="run"):
    """All rows after a step."""
    return Ledger(uuid=uuid, run_id=run_id, rung=rung, rows=rows)


def shortlist(rows, generated=None, rejected=None, run_id="run"):
    """What a proposer ends in."""
    rejected = rejected or {}
    generated = len(rows) + sum(rejected.values()) if generated is None else generated
    unreadable = sum(n for reason, n in rejected.items() if reason != "duplicate")
    return Shortlist(
        uuid="shortlist-uuid",
        run_id=run_id,
        rung="propose",
        rows=rows,
        generated=generated,
        readable=generated - unreadable,
        rejected=rejected,
    )


def candidate(number, formula="NiAl", system="Cubic", run_id="run", **fields):
    """A proposed candidate."""
    elements = sorted(element.symbol for element in Composition(formula).elements)
    return CandidateDocument(
        candidate_id=f"{run_id}-{number:05d}",
        run_id=run_id,
        formula=formula,
        chemsys="-".join(elements),
        elements=elements,
        nelements=len(elements),
        proposed_crystal_system=system,
    ).updated(**fields)


def result(formula="NiAl", status="passed", judge=None, **fields):
    """What a judge says."""
    elements = sorted(element.symbol for element in Composition(formula).elements)
    return ElasticResult(
        formula=formula,
        chemsys="-".join(elements),
        elements=elements,
        status=status,
        judge=judge or method(),
        **{"method": "linear_response", "evaluations": 1} | fields,
    )


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


def diamond(symbol="Si", a=5.45):
    """Primitive cell of a crystal like diamond."""
    cubic = Structure.from_spacegroup("Fd-3m", Lattice.cubic(a), [symbol], [[0, 0, 0]])
    return cubic.get_primitive_structure()


def chunk(rung, candidates, rows=None, run=None, uuid="chunk-uuid"):
    """The output of one step."""
    rows = rows or [LedgerRow(candidate_id=c.candidate_id, formula=c.formula) for c in candidates]
    run = run or run_record()
    candidates = [c.updated(rung=rung) for c in candidates]
    return CandidateChunk(uuid=uuid, run_id=run.run_id, rung=rung, rows=rows, candidates=candidates)
