"""Engines by name, without importing those that are not asked for."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from elatbot_flows.engines.base import EngineSettings

__all__ = ["ENGINES", "engine_settings"]

_SETTINGS = {
    "transformers": "TransformersSettings",
    "vllm": "VllmSettings",
    "server": "ServerSettings",
}
ENGINES = tuple(_SETTINGS)
"""Engines by name."""


def engine_settings(engine: str, spec: str, given: dict[str, Any]) -> EngineSettings:
    """Settings of an engine.

    Parameters
    ----------
    engine
        One of `ENGINES`.
    spec
        The model.
    given
        Further settings by name.

    Raises
    ------
    EngineError
        If the engine has no such setting, or a value is out of range.
    """
    kind = getattr(import_module(f"elatbot_flows.engines.{engine}.engine"), _SETTINGS[engine])
    known = {field.name for field in fields(kind)}
    if unknown := sorted(set(given) - known):
        raise EngineError(
            f"the engine {engine!r} has no setting {', '.join(unknown)}: it has "
            f"{', '.join(sorted(known))}"
        )
    made: EngineSettings = kind(model=spec, **given)
    return made
