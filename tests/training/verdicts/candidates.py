"""Candidates with verdicts, as they stand in the collection."""

from __future__ import annotations

TARGET = {"bulk_modulus": [95.0, 105.0], "temperature": 0.0, "max_sites": 16}


def judged(number, formula="Zr3Al", verdict="hit", **fields):
    """A candidate that judges have seen."""
    return {
        "candidate_id": f"run-{number:05d}",
        "run_id": "run",
        "kind": "design",
        "status": "passed",
        "verdict": verdict,
        "formula": formula,
        "proposed_crystal_system": "Cubic",
        "crystal_system": "Tetragonal",
        "target": TARGET,
        "bulk_modulus": 100.4,
        "judges": ["7net-0", "7net-l3i5"],
    } | fields
