"""What makes two jobs equal, so that one may take over the output of the other."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Job

__all__ = ["fingerprint"]

_ADDRESSES = ("uuid", "sample_uuid", "sample_uuids")
"""Fields of documents that say where something lies; it is what lies there that counts."""


def fingerprint(job: Job, inputs: Sequence[Any]) -> str:
    """Hash of the function of a job, the Maker it belongs to, and its inputs in plain form."""
    from monty.json import MontyEncoder

    from elatbot_flows import __version__

    function = json.loads(json.dumps(job.function, cls=MontyEncoder))
    plain = _without_addresses([__version__, function, *inputs])
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_addresses(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_addresses(v) for k, v in value.items() if k not in _ADDRESSES}
    if isinstance(value, list):
        return [_without_addresses(member) for member in value]
    return value
