"""Answers questions in a process of vLLM's Python, free and with matrices row by row."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.symmetric import SymmetricMatrices
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question


def main():
    """Answer what standard input asks; texts, or why there are none, go to the file named."""
    asked = json.load(sys.stdin)
    texts = []
    for model, adapter in asked["models"]:
        try:
            texts += answered(asked, model, adapter)
        except EngineError as error:
            texts.append(str(error))
    Path(sys.argv[1]).write_text(json.dumps(texts))


def answered(asked, name, adapter):
    """Answers of a model, free and guided."""
    small = {"max_model_len": asked["context"], "kv_cache_gb": 0.25, "enforce_eager": True}
    model = text_model(name, adapter=adapter, engine="vllm", dtype="float32", **small)
    engine = model.engine()
    for guided, questions in ((False, asked["free"]), (True, asked["held"])):
        asks = SymmetricMatrices(engine) if guided else engine
        given = [Question(**{**question, "limits": None}) for question in questions]
        found = sorted(asks.complete(given, Sampling(**asked["sampling"])))
        yield [None if isinstance(a, Failure) else a[0].text for _, a in found]


if __name__ == "__main__":
    main()
