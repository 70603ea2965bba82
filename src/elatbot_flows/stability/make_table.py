"""Making the table of relaxed phases that comes with the package.

``python -m elatbot_flows.stability.make_table --elements Al,Ni,Ti --cache phases --out FOLDER``
relaxes the elements and all their binaries and packs them. Every finished system is kept in the
cache: run again, it goes on where it stopped. ``--only-kept`` packs what is there.
"""

from __future__ import annotations

import argparse
import gzip
import json
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.stability.cache import PhaseCache, potential_identity
from elatbot_flows.stability.competing import Means
from elatbot_flows.stability.settings import HullSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.stability.phases import Phase, Survey

__all__ = ["make", "pack"]

_DIGITS = 4
"""Decimals of lattice vectors (A) and fractional positions: far more than recognising needs."""


def make(
    alone: Sequence[str], elements: Sequence[str], means: Means, *, only_kept: bool = False
) -> Iterator[tuple[str, Survey]]:
    """Questions and surveys of elements, and of all pairs, those of the first elements first.

    Parameters
    ----------
    alone
        Elements without pairs.
    elements
        Elements with all their pairs.
    means
        Potential, settings and cache.
    only_kept
        Whether to leave out what the cache does not have.
    """
    for symbol in dict.fromkeys([*alone, *elements]):
        if not only_kept or means.keeps("elements", symbol):
            yield f"elements/{symbol}", means.element(symbol)
    for one, other in sorted(combinations(elements, 2), key=lambda p: elements.index(p[1])):
        pair = (min(one, other), max(one, other))
        if not only_kept or means.keeps("systems", "-".join(pair)):
            yield f"systems/{'-'.join(pair)}", means.system(pair)


def pack(surveys: dict[str, Survey], means: Means, folder: Path) -> Path:
    """Write a table and return its file.

    Parameters
    ----------
    surveys
        By question.
    means
        What they were made with.
    folder
        Where to write it, under the name of the potential's identity.
    """
    whole = means.potential.record()
    record = {key: value for key, value in whole.items() if key not in {"elements", "checked"}}
    table = {
        "identity": potential_identity(whole),
        "settings": means.settings.digest(),
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


def main() -> None:
    """Relax the phases of some elements and pack them into a table."""
    from elatbot_flows.potentials import load_potential

    parser = argparse.ArgumentParser(description="Make a table of relaxed phases.")
    parser.add_argument("--elements", required=True, help="symbols, the most important first")
    parser.add_argument("--alone", default="", help="symbols without their binaries")
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what is finished")
    parser.add_argument("--only-kept", action="store_true", help="pack what the cache has")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    asked = parser.parse_args()
    means = Means(
        load_potential(asked.potential), HullSettings(), PhaseCache(asked.cache, table=False)
    )
    alone, elements = ([s for s in text.split(",") if s] for text in (asked.alone, asked.elements))
    surveys: dict[str, Survey] = {}
    for name, found in make(alone, elements, means, only_kept=asked.only_kept):
        surveys[name] = found
        print(name, len(found.phases), flush=True)  # noqa: T201 - progress of hours
    path = pack(surveys, means, asked.out)
    print(path, path.stat().st_size, "bytes")  # noqa: T201


if __name__ == "__main__":
    main()
