"""Values from elsewhere that name classes, and so code that decoding them would import and call."""

from __future__ import annotations

from typing import Any

from elatbot_flows.errors import DecodingError

__all__ = ["CRYSTALS", "DOCUMENTS", "STORES", "refuse_code"]

CRYSTALS = ("pymatgen", "numpy")
"""Packages whose classes crystals in files may name."""
DOCUMENTS = (*CRYSTALS, "elatbot_flows", "emmet", "jobflow")
"""Packages whose classes documents in stores may name."""
STORES = ("jobflow", "maggma", "elatbot_flows")
"""Packages whose classes descriptions of stores may name."""
_LONGEST = 60


def refuse_code(value: Any, allowed: tuple[str, ...]) -> None:
    """Refuse plain values that name classes or functions of other packages.

    monty and pymatgen import every module that a field ``@module`` names, at any depth, and call a
    class of it. Nothing that somebody else wrote may reach them without this.

    Parameters
    ----------
    value
        Dictionaries, lists and plain values, as JSON or a database gives them.
    allowed
        Packages whose names are harmless.

    Raises
    ------
    DecodingError
        If another package is named.

    Examples
    --------
    >>> refuse_code({"@module": "pymatgen.core", "@class": "Structure"}, CRYSTALS)
    >>> refuse_code([{"a": {"@module": "os", "@callable": "system"}}], CRYSTALS)
    Traceback (most recent call last):
    ...
    elatbot_flows.errors.DecodingError: it names code of 'os': only pymatgen, numpy may be named
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "@module" in one:
                _check(one["@module"], allowed)
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one


def _check(module: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(module, str) or module.partition(".")[0] not in allowed:
        named = repr(module)[:_LONGEST]
        raise DecodingError(f"it names code of {named}: only {', '.join(allowed)} may be named")
