"""How many of all crystals submitted are stable, unique and novel, with every denominator named."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Protocol

from monty.json import MSONable

from elatbot_flows.crystals.matching import DisorderedMatcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymatgen.core import Structure

__all__ = ["Judged", "SunReport", "sun"]


class Judged(Protocol):
    """What is asked of a result of the hull."""

    @property
    def status(self) -> str:
        """``"stable"``, ``"metastable"``, ``"unstable"`` or ``"unknown"``."""


@dataclass(frozen=True)
class SunReport(MSONable):
    """Counts of crystals and of materials, that is, of groups of crystals that match.

    ``submitted = failed + unknown + unstable + metastable + stable``. Within "stable", here and in
    the names that begin with ``m``, "metastable" allows both statuses, metastable and stable. A
    material counts if one crystal of its group has all the properties asked for.

    Parameters
    ----------
    submitted
        Everything that was tried, failures of every kind included: the one denominator.
    failed
        Tries that gave no crystal.
    unknown, unstable, metastable, stable
        Crystals by status.
    valid
        Crystals at all: ``submitted - failed``.
    novel
        Crystals that match no known one.
    unique
        Materials among the valid crystals.
    unique_novel
        Materials that are novel.
    sun, msun
        Materials that are stable (metastable or stable), and novel, each counted once.
    hits
        Crystals that meet the property constraint; None, like the next two, if there was none.
    sun_hits, msun_hits
        Materials of `sun` and `msun` that meet the property constraint.
    """

    submitted: int
    failed: int
    valid: int
    unknown: int
    unstable: int
    metastable: int
    stable: int
    novel: int
    unique: int
    unique_novel: int
    sun: int
    msun: int
    hits: int | None = None
    sun_hits: int | None = None
    msun_hits: int | None = None

    def fractions(self) -> dict[str, float]:
        """Every count over ``submitted``; empty if nothing was submitted."""
        if not self.submitted:
            return {}
        counts = {field.name: asdict(self)[field.name] for field in fields(self)}
        return {
            name: count / self.submitted
            for name, count in counts.items()
            if count is not None and name != "submitted"
        }


@dataclass(frozen=True)
class _Crystal:
    """What is known of one crystal."""

    status: str
    novel: bool
    hit: bool


def sun(
    structures: Sequence[Structure | None],
    known: Iterable[Structure],
    hulls: Sequence[Judged | None],
    *,
    hits: Sequence[bool] | None = None,
    submitted: int | None = None,
    matcher: DisorderedMatcher | None = None,
) -> SunReport:
    """Count stable, unique and novel crystals, after MatterGen (Nature 639, 624 (2025)).

    Fractions are over everything submitted, so that a generator gains nothing by failing.

    Parameters
    ----------
    structures
        One entry for every try; None if it gave no crystal.
    known
        Crystals that are not new, such as those of the training set.
    hulls
        Status of each crystal, from :func:`~elatbot_flows.stability.energy_above_hull` or as
        documents; None counts as unknown.
    hits
        Whether each crystal meets a property constraint.
    submitted
        Number of tries if more than `structures`: those missing count as failed.
    matcher
        What counts as the same material; the defaults if None.

    Raises
    ------
    ValueError
        If the lengths disagree, or fewer were submitted than given.
    """
    matcher = matcher or DisorderedMatcher()
    count = len(structures) if submitted is None else submitted
    lengths = {len(structures), len(hulls), len(structures if hits is None else hits)}
    if len(lengths) > 1 or count < len(structures):
        raise ValueError(
            f"{len(structures)} structures, {len(hulls)} hull results, "
            f"{'no' if hits is None else len(hits)} hits, {count} submitted: give one entry for "
            "each structure and at least as many submitted"
        )
    there = [n for n, structure in enumerate(structures) if structure is not None]
    valid = [structure for structure in structures if structure is not None]
    found = [not old for old in matcher.among(valid, known)]
    crystals = [
        _Crystal(
            status=hull.status if (hull := hulls[n]) is not None else "unknown",
            novel=novel,
            hit=hits is not None and bool(hits[n]),
        )
        for n, novel in zip(there, found, strict=True)
    ]
    groups = [[crystals[n] for n in group] for group in matcher.group(valid)]
    return _report(crystals, groups, count, with_hits=hits is not None)


def _report(
    crystals: list[_Crystal], groups: list[list[_Crystal]], submitted: int, *, with_hits: bool
) -> SunReport:
    def with_status(*allowed: str) -> int:
        return sum(crystal.status in allowed for crystal in crystals)

    def materials(*allowed: str, hit: bool = False) -> int:
        return sum(
            any(c.novel and c.status in allowed and (c.hit or not hit) for c in group)
            for group in groups
        )

    return SunReport(
        submitted=submitted,
        failed=submitted - len(crystals),
        valid=len(crystals),
        unknown=with_status("unknown"),
        unstable=with_status("unstable"),
        metastable=with_status("metastable"),
        stable=with_status("stable"),
        novel=sum(crystal.novel for crystal in crystals),
        unique=len(groups),
        unique_novel=sum(any(crystal.novel for crystal in group) for group in groups),
        sun=materials("stable"),
        msun=materials("stable", "metastable"),
        hits=sum(crystal.hit for crystal in crystals) if with_hits else None,
        sun_hits=materials("stable", hit=True) if with_hits else None,
        msun_hits=materials("stable", "metastable", hit=True) if with_hits else None,
    )
