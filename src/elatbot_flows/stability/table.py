"""The phases that come with the package, and how they were made.

``python -m elatbot_flows.stability.table --elements Al,Ni,Ti --cache phases --out FOLDER`` relaxes
the elements and all their binaries, keeps every finished system in the cache, and packs what is
there; run again, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.stability.phases import Phase, Survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.cache import PhaseCache
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["PhaseTable", "pack", "shipped_table"]

_DIGITS = 4
"""Decimals of lattice vectors (A) and fractional positions: far more than recognising needs."""


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
        return Survey(phases, int(found["tried"]), dict(found["failures"]))

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


def pack(
    surveys: dict[str, Survey], potential: Potential, settings: HullSettings, folder: Path
) -> Path:
    """Write a table and return its file.

    Parameters
    ----------
    surveys
        By question.
    potential, settings
        What they were made with.
    folder
        Where to write it, under the name of the potential's identity.
    """
    from elatbot_flows.stability.cache import potential_identity

    record = {key: value for key, value in potential.record().items() if key != "elements"}
    table = {
        "identity": potential_identity(potential.record()),
        "settings": settings.digest(),
        "potential": record,
        "surveys": {
            name: {
                "tried": found.tried,
                "failures": found.failures,
                "phases": [_packed(phase) for phase in found.phases],
            }
            for name, found in sorted(surveys.items())
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table['identity']}.json.gz"
    text = json.dumps(table, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def _packed(phase: Phase) -> list[Any]:
    """Formula, energy, label, space group, lattice, symbols and positions."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    crystal = phase.structure
    assert crystal is not None  # noqa: S101 - surveys relax crystals
    analyzer = SpacegroupAnalyzer(crystal, symprec=1e-2, angle_tolerance=-1)
    return [
        phase.formula,
        round(phase.energy_per_atom, 5),
        phase.label,
        analyzer.get_space_group_number(),
        crystal.lattice.matrix.round(_DIGITS).ravel().tolist(),
        " ".join(site.specie.symbol for site in crystal),
        crystal.frac_coords.round(_DIGITS).ravel().tolist(),
    ]


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


def _made(
    elements: Sequence[str], potential: Potential, settings: HullSettings, cache: PhaseCache
) -> Iterable[tuple[str, Survey]]:
    """Surveys of elements and of pairs, the pairs of the first elements first."""
    from elatbot_flows.stability.competing import Means

    means = Means(potential, settings, cache)
    for symbol in elements:
        yield f"elements/{symbol}", means.element(symbol)
    for pair in sorted(combinations(elements, 2), key=lambda p: elements.index(p[1])):
        symbols = (min(pair), max(pair))
        yield f"systems/{'-'.join(symbols)}", means.system(symbols)


def main() -> None:
    """Relax the phases of some elements and pack them into a table."""
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.stability.cache import PhaseCache
    from elatbot_flows.stability.settings import HullSettings

    parser = argparse.ArgumentParser(description="Make a table of relaxed phases.")
    parser.add_argument("--elements", required=True, help="symbols, the most important first")
    parser.add_argument("--only-elements", default="", help="symbols without their binaries")
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what is finished")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    asked = parser.parse_args()
    potential, settings = load_potential(asked.potential), HullSettings()
    cache = PhaseCache(asked.cache, table=False)
    surveys: dict[str, Survey] = {}
    alone = [(symbol,) for symbol in filter(None, asked.only_elements.split(","))]
    for elements in (*alone, asked.elements.split(",")):
        for name, found in _made(elements, potential, settings, cache):
            surveys[name] = found
            print(name, len(found.phases), flush=True)  # noqa: T201 - progress of hours
    path = pack(surveys, potential, settings, asked.out)
    print(path, path.stat().st_size, "bytes")  # noqa: T201


if __name__ == "__main__":
    main()
