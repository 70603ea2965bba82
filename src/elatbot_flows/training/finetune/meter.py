"""What a training takes: time that passes, processor time, memory."""

from __future__ import annotations

import sys
import time

from elatbot_flows.training.finetune.checkpoints import Cost

__all__ = ["Meter"]


class Meter:
    """Counts from now on.

    Parameters
    ----------
    device
        ``"cpu"`` or ``"cuda"``.
    before
        What earlier parts of the same training took.
    """

    def __init__(self, device: str, before: Cost) -> None:
        self._device, self._before = device, before
        self._wall, self._cpu = time.monotonic(), time.process_time()
        if device == "cuda":
            import torch

            torch.cuda.reset_peak_memory_stats()

    def cost(self) -> Cost:
        """All of it so far."""
        before = self._before
        return Cost(
            before.wall_seconds + time.monotonic() - self._wall,
            before.cpu_seconds + time.process_time() - self._cpu,
            max(before.peak_memory_mb, self._peak()),
        )

    def _peak(self) -> float:
        if self._device == "cuda":
            import torch

            return float(torch.cuda.max_memory_allocated()) / 1e6
        import resource  # there is none on Windows

        # Kilobytes on Linux, bytes on macOS.
        unit = 1e6 if sys.platform == "darwin" else 1e3
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
