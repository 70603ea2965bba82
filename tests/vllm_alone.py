"""Answers questions in a process of vLLM's Python, free and with matrices row by row."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.symmetric import SymmetricMatrices
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.text.question import Question


def main():
    """Answer what standard input asks; texts go to the file that is named."""
    asked = json.load(sys.stdin)
    small = {"max_model_len": asked["context"], "kv_cache_gb": 0.25, "enforce_eager": True}
    texts = []
    for adapter in asked["adapters"]:
        engine = VllmSettings(asked["model"], adapter, dtype="float32", **small).start()
        for guided, questions in ((False, asked["free"]), (True, asked["held"])):
            asks = SymmetricMatrices(engine) if guided else engine
            given = [Question(**question) for question in questions]
            found = sorted(asks.complete(given, Sampling(**asked["sampling"])))
            texts.append([None if isinstance(a, Failure) else a[0].text for _, a in found])
    Path(sys.argv[1]).write_text(json.dumps(texts))


if __name__ == "__main__":
    main()
