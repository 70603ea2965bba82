"""The prototypes of the AFLOW library that pymatgen ships, quick to read."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import Any

from pymatgen.core import Structure

__all__ = ["aflow_prototypes"]


def aflow_prototypes() -> list[tuple[str, Structure]]:
    """Label and primitive cell of each prototype (Mehl et al., Comput. Mater. Sci. 136, S1 (2017)).

    pymatgen takes seconds to make objects of all that its file holds, in every process; read as
    plain values it takes a tenth of one.
    """
    return [(_label(entry["tags"]), _cell(entry["snl"])) for entry in _in_file() or _by_pymatgen()]


def _in_file() -> list[dict[str, Any]] | None:
    """Plain values of pymatgen's own file; None if a version of it keeps them elsewhere."""
    file = files("pymatgen.analysis") / "prototypes" / "aflow_prototypes.json.gz"
    if not file.is_file():
        return None
    found: list[dict[str, Any]] = json.loads(gzip.decompress(file.read_bytes()))
    return found


def _by_pymatgen() -> list[dict[str, Any]]:
    """The same by its interface."""
    from pymatgen.analysis.prototypes import (  # type: ignore[attr-defined]
        AFLOW_PROTOTYPE_LIBRARY,
    )

    return [{**entry, "snl": entry["snl"].as_dict()} for entry in AFLOW_PROTOTYPE_LIBRARY]


def _label(tags: dict[str, str]) -> str:
    known = (tags["strukturbericht"], tags["mineral"])
    names = [name for name in known if name not in {"", "None"}]
    return f"{tags['aflow']} ({', '.join(names)})" if names else tags["aflow"]


def _cell(values: dict[str, Any]) -> Structure:
    sites = values["sites"]
    species = [site["species"][0]["element"] for site in sites]
    return Structure(values["lattice"]["matrix"], species, [site["abc"] for site in sites])
