"""Processes that train together, one for each GPU, as ``accelerate launch`` starts them."""

from __future__ import annotations

import os

__all__ = ["own_device", "rank", "wait_for_all", "world_size"]


def world_size() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Number of this process among them."""
    return int(os.environ.get("RANK", "0"))


def own_device(kind: str) -> str:
    """The device of this process, of the kind ``"cpu"`` or ``"cuda"``."""
    number = os.environ.get("LOCAL_RANK")
    return f"{kind}:{number}" if kind == "cuda" and number else kind


def wait_for_all() -> None:
    """Go on when all processes that train together are here."""
    if world_size() > 1:
        import torch.distributed

        torch.distributed.barrier()
