"""A small knowledge base, two rows of which contradict each other."""

from __future__ import annotations

import pytest

from elatbot_flows.retrieval import KnowledgeBase

ROWS = [
    ("Ni3Al", 100, 174.0, "cubic"),
    ("Ni3Al", 200, 172.0, "cubic"),
    ("Al25Ni75", 300, 171.0, "cubic"),
    ("Ni3Al", 400, 169.0, "cubic"),
    ("Ni", 90, 187.0, "cubic"),
    ("Ni", 300, 184.0, "cubic"),
    ("Na", 300, 6.5, "cubic"),
    ("Na", 303, 4.4, "cubic"),
    ("Ti", 300, 107.0, "hexagonal"),
]


def record(formula, temperature, bulk, system):
    return {
        "formula": formula,
        "temperature_K": temperature,
        "K_voigt_GPa": bulk,
        "crystal_system": system,
    }


@pytest.fixture(scope="session")
def base():
    return KnowledgeBase.from_records([record(*row) for row in ROWS])


@pytest.fixture(scope="session")
def published(shared):
    """Knowledge bases of the published retrieval test: without and with its answers."""
    names = ("rag_merged_data_for_test.csv", "rag_merged_data.csv")
    return tuple(KnowledgeBase.from_files(shared / "data" / name) for name in names)
