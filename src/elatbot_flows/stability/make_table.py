"""Making the table of relaxed phases that comes with the package.

``python -m elatbot_flows.stability.make_table --elements Al,Ni,Ti --cache phases --out FOLDER``
relaxes the elements and all their binaries and packs them; ``--pairs Y-Pd,Ga-Zr`` adds single
pairs. What the table of the package has is taken over, unless it is to be made ``--anew``. Every
finished system is kept in the cache: run again, it goes on where it stopped. ``--only-kept`` packs
what is there, and ``--minutes`` ends the work in time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import time
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.potentials.side_by_side import side_by_side
from elatbot_flows.stability.cache import PhaseCache, potential_identity
from elatbot_flows.stability.competing import Means
from elatbot_flows.stability.settings import HullSettings
from elatbot_flows.stability.table import shipped_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.phases import Phase, Survey

__all__ = ["make", "pack"]

_AT_ONCE = 8
"""Pairs that are worked on side by side."""
_DIGITS = 4
"""Decimals of lattice vectors (A) and fractional positions: far more than recognising needs."""


def make(
    alone: Sequence[str],
    elements: Sequence[str],
    means: Means,
    *,
    pairs: Sequence[str] = (),
    probed: Sequence[str] = (),
    until: float = math.inf,
) -> Iterator[tuple[str, Survey]]:
    """Questions and surveys of elements, and of pairs, those of the first elements first.

    Parameters
    ----------
    alone
        Elements without pairs.
    elements
        Elements with all their pairs.
    means
        Potential, settings and cache.
    pairs
        Further pairs, such as ``"Pd-Y"``, the most important first.
    probed
        Elements of all pairs of which the commonest prototypes are evaluated as built.
    until
        Time (`time.time`) after which what the cache does not have is left out.
    """
    of_elements = _first_elements_first(elements)
    named = [tuple(sorted(pair)) for pair in (*of_elements, *(p.split("-") for p in pairs))]
    symbols = [*alone, *elements, *(symbol for pair in named for symbol in pair)]
    for symbol in dict.fromkeys(symbols):
        if time.time() < until or means.keeps("elements", symbol):
            yield f"elements/{symbol}", means.element(symbol)
    every = list(dict.fromkeys(named))
    for start in range(0, len(every), _AT_ONCE):
        some = every[start : start + _AT_ONCE]
        if time.time() >= until:
            some = [pair for pair in some if means.keeps("systems", "-".join(pair))]
        tasks = [partial(_system, means, pair) for pair in some]
        for pair, found in zip(some, side_by_side(tasks, means.potential), strict=True):
            yield f"systems/{'-'.join(pair)}", found
    for pair in map(tuple, map(sorted, _first_elements_first(probed))):
        if time.time() < until or means.keeps("probes", "-".join(pair)):
            yield f"probes/{'-'.join(pair)}", means.probes(pair)


def _system(means: Means, pair: tuple[str, ...], potential: Potential) -> Survey:
    return replace(means, potential=potential).system(pair)


def _first_elements_first(elements: Sequence[str]) -> list[tuple[str, str]]:
    return sorted(combinations(elements, 2), key=lambda pair: elements.index(pair[1]))


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
                "drafts": found.drafts,
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


def _shipped(means: Means) -> dict[str, Survey]:
    """All surveys of the table of the package."""
    table = shipped_table(potential_identity(means.potential.record()))
    named = [] if table is None else [name.split("/") for name in table.surveys]
    asked = {
        "elements": means.element,
        "systems": lambda name: means.system(tuple(name.split("-"))),
        "probes": lambda name: means.probes(tuple(name.split("-"))),
    }
    return {f"{kind}/{name}": asked[kind](name) for kind, name in named}


def main() -> None:
    """Relax the phases of some elements and pack them into a table."""
    from elatbot_flows.potentials import load_potential

    parser = argparse.ArgumentParser(description="Make a table of relaxed phases.")
    parser.add_argument("--elements", default="", help="symbols, the most important first")
    parser.add_argument("--alone", default="", help="symbols without their binaries")
    parser.add_argument("--pairs", default="", help="further pairs, the most important first")
    parser.add_argument("--probed", default="", help="symbols of pairs to evaluate as built")
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what is finished")
    parser.add_argument("--minutes", type=float, default=math.inf, help="time for new systems")
    parser.add_argument("--only-kept", action="store_true", help="pack what the cache has")
    parser.add_argument("--anew", action="store_true", help="without the table of the package")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    asked = parser.parse_args()
    cache = PhaseCache(asked.cache, table=not asked.anew)
    means = Means(load_potential(asked.potential), HullSettings(), cache)
    given = (asked.alone, asked.elements, asked.pairs, asked.probed)
    alone, elements, pairs, probed = ([s for s in text.split(",") if s] for text in given)
    until = 0.0 if asked.only_kept else time.time() + 60 * asked.minutes
    surveys = {} if asked.anew else _shipped(means)
    for name, found in make(alone, elements, means, pairs=pairs, probed=probed, until=until):
        if name not in surveys:
            print(name, len(found.phases), flush=True)  # noqa: T201 - progress of hours
        surveys[name] = found
    path = pack(surveys, means, asked.out)
    print(path, path.stat().st_size, "bytes")  # noqa: T201


if __name__ == "__main__":
    main()
