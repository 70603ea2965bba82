"""The prototypes of the AFLOW library that pymatgen ships, quick to read the second time."""

from __future__ import annotations

import contextlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from elatbot_flows.files import cache_directory, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core.structure import Structure

__all__ = ["aflow_prototypes"]


def aflow_prototypes() -> list[tuple[str, Structure]]:
    """Label and primitive cell of each prototype (Mehl et al., Comput. Mater. Sci. 136, S1 (2017)).

    pymatgen takes seconds to read its library, in every process; a plain copy of what is used here
    is kept among the files that can be made again. One that cannot be read or written is no error.
    """
    from pymatgen.core import Structure

    file = cache_directory() / "prototypes" / f"aflow-pymatgen-{version('pymatgen')}.json"
    known = _read(file)
    if known is None:
        known = _from_pymatgen()
        with contextlib.suppress(OSError, RuntimeError):
            write_whole(file, json.dumps(known))
    return [(one["label"], Structure(one["cell"], one["species"], one["xyz"])) for one in known]


def _read(file: Path) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, RuntimeError, ValueError):
        return None
    fields = {"label", "cell", "species", "xyz"}
    fits = isinstance(found, list) and all(getattr(o, "keys", set)() == fields for o in found)
    return found if fits and found else None


def _from_pymatgen() -> list[dict[str, Any]]:
    from pymatgen.analysis.prototypes import (  # type: ignore[attr-defined]
        AFLOW_PROTOTYPE_LIBRARY,
    )

    found = []
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        tags, structure = entry["tags"], entry["snl"].structure
        names = [tags["strukturbericht"], tags["mineral"]]
        names = [name for name in names if name not in {"", "None"}]
        label = f"{tags['aflow']} ({', '.join(names)})" if names else tags["aflow"]
        found.append(
            {
                "label": label,
                "cell": structure.lattice.matrix.tolist(),
                "species": [site.specie.symbol for site in structure],
                "xyz": structure.frac_coords.tolist(),
            }
        )
    return found
