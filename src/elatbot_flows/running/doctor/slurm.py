"""Which jobs Slurm knows, where it runs on this machine."""

from __future__ import annotations

import shutil
import subprocess

__all__ = ["queued_jobs"]

_PATIENCE = 20


def queued_jobs() -> set[str] | None:
    """Numbers of the jobs that wait or run; None if there is no Slurm that answers here."""
    squeue = shutil.which("squeue")
    if squeue is None:
        return None
    asked = [squeue, "--noheader", "--format=%A"]
    try:
        said = subprocess.run(  # noqa: S603 - Slurm's own program
            asked, capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return set(said.stdout.split())
