"""Settings of Makers as plain values, for records."""

from __future__ import annotations

from typing import Any

from monty.json import MSONable, jsanitize

__all__ = ["plain_settings"]


def plain_settings(maker: MSONable) -> dict[str, Any]:
    """All fields of a Maker as plain values that nothing turns back into objects.

    Parameters
    ----------
    maker
        The Maker; Makers in its fields are written out too.
    """
    return dict(_without_classes(jsanitize(maker.as_dict(), strict=True)))


def _without_classes(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_classes(v) for k, v in value.items() if not str(k).startswith("@")}
    if isinstance(value, list):
        return [_without_classes(member) for member in value]
    return value
