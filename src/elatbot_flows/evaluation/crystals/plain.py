"""An evaluation as plain JSON values."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from elatbot_flows.evaluation.crystals.rates import Rate

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Dataclasses as dictionaries, with the value of every rate beside its numbers.

    Examples
    --------
    >>> from elatbot_flows.evaluation.crystals.rates import Rate
    >>> plain({"found": Rate(1, 4)})
    {'found': {'value': 0.25, 'count': 1, 'of': 4, 'low': None, 'high': None}}
    """
    if is_dataclass(value):
        inner = {one.name: plain(getattr(value, one.name)) for one in fields(value)}
        return {"value": value.value, **inner} if isinstance(value, Rate) else inner
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value
