"""The relaxed phases that come with the package."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.stability.phases import Phase, Survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.stability.settings import HullSettings

__all__ = ["PhaseTable", "shipped_table"]


@dataclass(frozen=True)
class PhaseTable:
    """Surveys of one potential, read only.

    Parameters
    ----------
    identity, settings
        Potential (see `potential_identity`) and hash of the settings they belong to.
    potential
        Record of the potential.
    surveys
        Packed surveys by question, such as ``"systems/Al-Ni"``.
    """

    identity: str
    settings: str
    potential: dict[str, Any]
    surveys: dict[str, Any]

    def survey(self, settings: HullSettings, question: tuple[str, str]) -> Survey | None:
        """The survey for a question, None if it is not in the table or of other settings."""
        found = self.surveys.get("/".join(question))
        if found is None or settings.digest() != self.settings:
            return None
        phases = tuple(_unpacked(phase, question[0]) for phase in found["phases"])
        drafts = {name: (float(e), float(g)) for name, (e, g) in found.get("drafts", {}).items()}
        return Survey(phases, int(found["tried"]), dict(found["failures"]), drafts)

    def phases(self) -> list[Phase]:
        """All phases of the table."""
        return [
            _unpacked(phase, name.partition("/")[0])
            for name, found in self.surveys.items()
            for phase in found["phases"]
        ]


def shipped_table(identity: str, folder: str | Path | None = None) -> PhaseTable | None:
    """The table for a potential, None if there is none.

    Parameters
    ----------
    identity
        See `potential_identity`: tables are never used for another potential.
    folder
        Another folder of tables than that of the package.

    Raises
    ------
    StoreError
        If the file is spoilt or not what its name says.
    """
    return _read(str(folder or files("elatbot_flows") / "weights" / "phases"), identity)


@lru_cache(maxsize=4)
def _read(folder: str, identity: str) -> PhaseTable | None:
    path = Path(folder) / f"{identity}.json.gz"
    if not path.is_file():
        return None
    try:
        table = PhaseTable(**json.loads(gzip.decompress(path.read_bytes())))
    except (OSError, EOFError, ValueError, TypeError) as error:
        message = f"{path} is no table of phases ({error}); install the package again"
        raise StoreError(message) from error
    if table.identity != identity:
        raise StoreError(f"{path} is the table of another potential; install the package again")
    return table


def _unpacked(packed: Sequence[Any], question: str) -> Phase:
    import numpy as np
    from pymatgen.core import Structure

    formula, energy, label, _, lattice, symbols, positions = packed
    return Phase(
        formula=formula,
        energy_per_atom=energy,
        source="elements" if question == "elements" else "prototypes",
        label=label,
        structure=Structure(
            np.reshape(lattice, (3, 3)), symbols.split(), np.reshape(positions, (-1, 3))
        ),
    )
