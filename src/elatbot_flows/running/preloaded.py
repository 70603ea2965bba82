"""What worker processes are forked from: heavy libraries imported and potentials loaded, once.

Python's fork server imports modules by their names and tells them nothing, so `pool` says in an
environment variable what is wanted; imported by anybody else, this module does nothing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal

__all__ = ["WANTED"]

WANTED = "ELATBOT_FLOWS_PRELOAD"
"""JSON list of potentials."""
_LIBRARIES = (
    "torch",
    "transformers.models.llama.modeling_llama",
    "elatbot_flows.flows",
    "elatbot_flows.cli",
    "elatbot_flows.running.runner",
)


def _begin(potentials: list[str]) -> None:
    """Import and load; what goes wrong is told by the job that needs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to answer
    for name in _LIBRARIES:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        _load(potentials)
    gc.collect()
    gc.freeze()  # else the first collection of each worker copies all of it


def _load(potentials: list[str]) -> None:
    import torch

    from elatbot_flows.potentials.registry import warm_up

    torch.set_num_threads(1)  # threads of OpenMP do not outlive a fork
    for name in potentials:
        warm_up(name, "cpu")


if (_wanted := os.environ.pop(WANTED, None)) is not None:
    _begin(json.loads(_wanted))
