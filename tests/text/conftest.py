"""Published records that the text formats are held against."""

from __future__ import annotations

import gzip
import json

import pytest


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
