"""Documents say what they hold, survive JSON, and keep their own rules."""

from __future__ import annotations

import json
import re

import pytest
from monty.json import MontyDecoder, jsanitize
from pydantic import BaseModel, ValidationError

import samples
from elatbot_flows import documents as schemas
from elatbot_flows.documents import CandidateChunk, CandidateDocument, DesignDocument

DOCUMENTS = [
    value
    for value in vars(schemas).values()
    if isinstance(value, type) and issubclass(value, BaseModel)
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_field_says_what_it_is(document):
    for name, field in document.model_fields.items():
        assert field.description, f"{document.__name__}.{name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_physical_field_names_its_unit(document):
    physical = re.compile(r"(modulus|energy|volume|eigenvalue|residual|max_force|tensor)")
    for name, field in document.model_fields.items():
        if physical.search(name) and not name.startswith(("proposed", "structure")):
            assert re.search(r"GPa|eV|A\^3|[Rr]elative", field.description), (
                f"{document.__name__}.{name}"
            )


def test_a_chunk_survives_documents():
    member = samples.candidate(1, polymorphs=[samples.polymorph(samples.fcc(), -0.1, 130.0)])
    chunk = samples.chunk("build", [member])
    plain = json.loads(json.dumps(jsanitize(chunk.model_dump(), strict=True), allow_nan=False))
    again = CandidateChunk(**MontyDecoder().process_decoded(plain))
    assert again == chunk
    assert again.candidates[0].polymorphs[0].structure == samples.fcc()


def test_a_change_makes_a_copy():
    first = samples.candidate(1)
    second = first.rejected("no_structure", "no crystal")
    third = first.failed("born_unstable", "an eigenvalue of -3 GPa")
    assert (first.status, first.reason) == ("proposed", None)
    assert (second.status, second.reason, second.message) == (
        "rejected",
        "no_structure",
        "no crystal",
    )
    assert (third.status, third.reason) == ("failed", "born_unstable")


@pytest.mark.parametrize(
    "fields", [{"status": "great"}, {"verdict": "maybe"}, {"candidate_id": None}]
)
def test_words_outside_the_vocabulary_are_refused(fields):
    with pytest.raises(ValidationError):
        CandidateDocument(**({"candidate_id": "x", "run_id": "y"} | fields))


def test_the_schema_of_a_design_can_be_exported():
    schema = DesignDocument.model_json_schema(mode="serialization")
    assert "counts" in schema["properties"]
