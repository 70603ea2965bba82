"""Settings of sampling, and what completions keep."""

from __future__ import annotations

import json

import pytest

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.completion import Completion
from elatbot_flows.errors import EngineError


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_k": -1},
        {"seed": -1},
        {"max_tokens": 0},
        {"samples": 0},
        {"samples": 2},
    ],
)
def test_sampling_refuses_what_makes_no_sense(wrong):
    with pytest.raises(EngineError):
        Sampling(**wrong)


@pytest.mark.parametrize(
    "document",
    [
        Sampling(temperature=0.5, samples=3, stop=("\n",)),
        Failure("timeout", "wait longer"),
        Completion("text", "model", "prompt", 1, adapter="a", finish_reason="stop"),
    ],
)
def test_documents_survive_json(document):
    text = json.dumps(document.as_dict())
    assert type(document).from_dict(json.loads(text)) == document
