"""Telling that memory ran out, on a GPU or not."""

from __future__ import annotations

import gc

__all__ = ["is_out_of_memory", "release_memory"]


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of PyTorch means that less at once would have worked."""
    from torch import OutOfMemoryError

    if isinstance(error, (MemoryError, OutOfMemoryError)):
        return True
    # The allocators of CPUs and of Apple's GPUs raise plain errors.
    text = str(error)
    return "can't allocate memory" in text or "out of memory" in text


def release_memory() -> None:
    """Give back memory of GPUs that nothing uses any more."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
