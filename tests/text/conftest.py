"""Published records that the text formats are held against."""

from __future__ import annotations

import gzip
import json

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.text.material import Material


@pytest.fixture(scope="session")
def published(shared):
    """Reader of the published files: name to list of records."""

    def read(name: str) -> list[dict]:
        with gzip.open(shared / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def zero_kelvin_rows(published):
    return published("elastic_tensors_0K")


@pytest.fixture(scope="session")
def l12():
    return Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
    )


@pytest.fixture(scope="session")
def material(l12):
    return Material.from_structure(l12, words="Ni3Al is a fcc alloy.")
