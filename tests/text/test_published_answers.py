"""Answers that published models really gave: read as they are meant, or refused."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest

from text.readers import IRON, READERS, TENSOR, read


@pytest.mark.shared
def test_malformed_answers_of_other_models(shared):
    """No crystal, table or CIF of another model is mistaken for an answer to our questions."""
    peers = shared / "data" / "peers"
    with (peers / "llamat2_9046_parsed_failed.csv").open(encoding="utf-8", newline="") as lines:
        failed = [row["original_gen_str"] for row in csv.DictReader(lines)]
    files = [file for file in sorted(peers.rglob("*")) if file.is_file() and file.suffix != ".gz"]
    whole = [file.read_text(encoding="utf-8") for file in files]
    lines = [line for text in whole for line in text.splitlines() if line.strip()]
    assert len(failed) == 193
    assert len(files) >= 12
    for reader in READERS.keys() - {"modulus", "literal"}:
        assert [text for text in failed + whole + lines if read(reader, text) is not None] == []
    refused = []
    for text in failed:  # what follows a valid answer does not change it
        found = read("tolerant", TENSOR + "\n" + text)
        refused += [text] * (found is None)
        assert found is None or np.array_equal(found, IRON)
    assert all(re.search(r"\bPa\b", text) for text in refused)  # pascal, or protactinium
    assert len(refused) == 3
    assert [text for text in failed + whole if read("modulus", text) is not None] == []
    assert [text for text in failed if read("literal", text) is not None] == []


@pytest.mark.shared
def test_answers_of_llamp_are_numbers_or_refused(shared):
    """Of 1070 entries 657 are numbers; the others are null."""
    text = (shared / "data" / "peers" / "llamp_bench_responses.json").read_text(encoding="utf-8")
    answers = [
        value
        for models in json.loads(text).values()
        for model, rows in models.items()
        if model not in {"ref", "columns"}
        for row in rows
        for value in row
    ]
    assert (len(answers), sum(value is not None for value in answers)) == (1070, 657)
    for value in answers:
        assert read("modulus", str(value)) == value


@pytest.mark.shared
def test_published_generations(shared):
    """All 500 answers to each of four wishes are materials."""
    file = shared / "data" / "generated_2000.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    parsed = {}
    for row in rows:
        found = read("material", f"{row['formula']}, {row['crystal_system']}")
        parsed.setdefault(row["target_K_GPa"], []).append(found is not None)
    assert {wish: (sum(good), len(good)) for wish, good in parsed.items()} == {
        "40": (500, 500),
        "less than 50": (500, 500),
        "160": (500, 500),
        "250": (500, 500),
    }
