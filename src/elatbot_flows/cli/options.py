"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elatbot_flows.errors import StoreError, TargetError
from elatbot_flows.running.threads import available_cores
from elatbot_flows.targets import PROPERTIES, Interval, check_elements

__all__ = [
    "BulkModulus",
    "Elements",
    "OutFolder",
    "PoissonRatio",
    "Potentials",
    "PughRatio",
    "ShearModulus",
    "Workers",
    "YoungsModulus",
    "available_cores",
    "check_at_least",
    "parse_elements",
    "parse_intervals",
    "parse_potentials",
    "writable_folder",
]

_META = "LOW:HIGH"
_JUDGES = ("7net-0", "7net-l3i5")
"""Potentials that judge unless others are given; both come with the ``sevenn`` package."""

BulkModulus = Annotated[
    str | None, typer.Option("--bulk-modulus", "-K", metavar=_META, help="Bulk modulus, GPa.")
]
ShearModulus = Annotated[
    str | None, typer.Option("--shear-modulus", "-G", metavar=_META, help="Shear modulus, GPa.")
]
YoungsModulus = Annotated[
    str | None, typer.Option("--youngs-modulus", "-E", metavar=_META, help="Young's modulus, GPa.")
]
PoissonRatio = Annotated[
    str | None, typer.Option("--poisson-ratio", metavar=_META, help="Poisson ratio.")
]
PughRatio = Annotated[
    str | None, typer.Option("--pugh-ratio", metavar=_META, help="Bulk over shear modulus, K/G.")
]
Elements = Annotated[
    str | None,
    typer.Option("--elements", metavar="Ni,Al,...", help="The only elements allowed."),
]
Potentials = Annotated[
    list[str] | None,
    typer.Option(
        "--potential",
        metavar="NAME|DIR",
        help="Interatomic potential; give several, the first one screens and places on the hull, "
        f"all of them judge. {' and '.join(_JUDGES)} by default.",
    ),
]
Workers = Annotated[int | None, typer.Option(help="Processes to use; all cores by default.")]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder of the run.", metavar="DIR")]


def parse_intervals(**texts: str | None) -> dict[str, Any]:
    """Intervals by property name from the options that were given.

    Raises
    ------
    TargetError
        If one is not ``LOW:HIGH``, ``LOW:`` or ``:HIGH``; the message names the option.
    """
    intervals = {}
    for name, text in texts.items():
        if text is None:
            continue
        try:
            intervals[name] = Interval.parse(text)
        except TargetError as error:
            raise TargetError(f"--{name.replace('_', '-')}: {error}") from error
    if not set(intervals) <= set(PROPERTIES):
        raise ValueError(f"not properties: {set(intervals) - set(PROPERTIES)}")
    return intervals


def parse_potentials(names: list[str] | None) -> list[str]:
    """The potentials that were named, or the usual ones; loads nothing.

    Raises
    ------
    PotentialError
        If nobody knows one of them.
    TargetError
        If one is named twice.
    """
    from elatbot_flows.potentials.registry import check_potential_name

    chosen = names or list(_JUDGES)
    for name in chosen:
        check_potential_name(name)
    if twice := sorted({name for name in chosen if chosen.count(name) > 1}):
        raise TargetError(f"--potential {twice[0]} is given twice: each judges once")
    return chosen


def parse_elements(text: str | None, option: str) -> tuple[str, ...] | None:
    """Elements from a comma-separated list, None if the option was not given."""
    if text is None:
        return None
    return check_elements([part for part in text.split(",") if part.strip()], option)


def check_at_least(lowest: int, option: str, value: int | None) -> None:
    """Refuse a count that is too small.

    Raises
    ------
    TargetError
        If `value` is given and less than `lowest`.
    """
    if value is not None and value < lowest:
        raise TargetError(f"{option} is {value}: it must be at least {lowest}")


def writable_folder(folder: Path, option: str) -> Path:
    """Make the folder if need be and make sure that files can be written there.

    Raises
    ------
    StoreError
        If they cannot.
    """
    probe = folder / ".elatbot-write-test"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{option}: {folder} cannot be written to ({error.strerror}); choose another folder"
        ) from error
    return folder.resolve()
