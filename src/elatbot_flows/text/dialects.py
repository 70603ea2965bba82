"""Formats by dialect and task: what a model was trained to be asked and to answer.

A dialect is the only thing that tells a small embedded model from a published one of seven
billion parameters; whatever asks questions asks them in the formats of a dialect.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text import formats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from elatbot_flows.text.format import AnyFormat, Dialect

__all__ = ["dialects", "find_dialect", "formats_of"]


@cache
def _modules() -> tuple[ModuleType, ...]:
    """Modules of `elatbot_flows.text.formats`, by name."""
    names = sorted(module.name for module in iter_modules(formats.__path__))
    return tuple(import_module(f"{formats.__name__}.{name}") for name in names)


@cache
def dialects() -> Mapping[str, Dialect]:
    """Dialects by name."""
    found = [known for module in _modules() for known in getattr(module, "DIALECTS", ())]
    return {known.name: known for known in found}


def find_dialect(name: str) -> Dialect:
    """Dialect of a name.

    Raises
    ------
    ParseError
        With reason ``"unknown_dialect"``.
    """
    if name not in dialects():
        raise ParseError(
            f"there is no dialect {name!r}: choose from {', '.join(dialects())}",
            reason="unknown_dialect",
        )
    return dialects()[name]


@cache
def formats_of(name: str) -> Mapping[str, AnyFormat]:
    """What a model that speaks a dialect can be asked: formats by task.

    Raises
    ------
    ParseError
        With reason ``"unknown_dialect"``.
    """
    known = find_dialect(name)
    found = [each for module in _modules() for each in module.formats(known)]
    return {each.task: each for each in found}
