"""The calibrated combination of potentials and text model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.conformal import Calibration
from elatbot_flows.uncertainty.disagreement import measure_disagreement
from elatbot_flows.uncertainty.estimate import Calibrated, Estimate
from elatbot_flows.uncertainty.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elatbot_flows.uncertainty.scale import Opinion

__all__ = ["Combination", "Member", "load_combination"]

FORMAT_VERSION = 1
_FILE = "weights/modulus_combination.json"
_FAR_OFF = 0.5


@dataclass(frozen=True)
class Member:
    """One source of estimates that the combination was fitted with.

    Parameters
    ----------
    name
        Its name; for a potential in a directory, that of the directory.
    weights_sha256
        Hashes of its weights (of the file, of the numbers in it), where known.
    """

    name: str
    weights_sha256: tuple[str, ...] = ()

    def is_meant_by(self, name: str) -> bool:
        """Whether `name` is its name, a path that ends in it, or a hash of its weights."""
        return name in self.weights_sha256 or Path(name).name.lower() == self.name.lower()


@dataclass(frozen=True)
class Combination:
    """Fitted error models and calibrations, by property.

    Parameters
    ----------
    members
        All sources of estimates it knows.
    scales
        By property: transformation, error model and order of the members.
    calibrations
        By property, by the members that gave a value, and by kind of material.
    provenance
        What it was fitted on.
    """

    members: tuple[Member, ...]
    scales: dict[str, Scale]
    calibrations: dict[str, dict[tuple[str, ...], dict[str, Calibration]]]
    provenance: dict[str, Any] = field(default_factory=dict)

    def member(self, name: str) -> str | None:
        """The member meant by a name, a directory or a hash of weights; None if there is none."""
        return next((m.name for m in self.members if m.is_meant_by(name)), None)

    def combine(
        self,
        values: Mapping[str, Opinion | None],
        property: str = "bulk_modulus",  # noqa: A002 - the word of the field
        coverage: float = 0.9,
        kind: str | None = None,
    ) -> Estimate:
        """Combine what several sources say of one material.

        Parameters
        ----------
        values
            By name (see `member`): a modulus, a pair of modulus and standard deviation for the
            text model, or None, in GPa. Names that are no member of this property are ignored and
            listed in the result.
        property
            ``"bulk_modulus"`` or ``"shear_modulus"``.
        coverage
            Wanted probability that the interval holds the true value.
        kind
            What `elatbot_flows.uncertainty.kinds.kind_of` says of the material: the interval then
            holds with this coverage among materials of its kind; None for among all.

        Raises
        ------
        UncertaintyError
            If the property or the kind is unknown, no member has a value, or two names mean one
            member.
        """
        if property not in self.scales:
            raise UncertaintyError(
                f"there is no combination for {property}; choose {' or '.join(self.scales)}"
            )
        scale = self.scales[property]
        used, unused = self._sorted_out(values, scale)
        names = tuple(name for name in scale.members if name in used)
        combined = scale.combine(used)
        numbers = {name: scale.number(used[name]) for name in names}
        place = {name: scale.members.index(name) for name in names}
        far_off = {name: float(combined.far_off[i]) for name, i in place.items()}
        worst = max(far_off, key=lambda name: far_off[name])
        calibrated = Calibrated(
            combined.value, combined.sigma, scale, self._calibration(property, names, kind)
        )
        low, high = calibrated.interval(coverage)
        value = scale.backward(combined.value)
        return Estimate(
            property=property,
            value=value,
            low=low,
            high=high,
            coverage=coverage,
            sigma=combined.sigma * (value + scale.offset),
            kind=kind,
            members=numbers,
            weights={name: float(combined.weights[i]) for name, i in place.items()},
            far_off=far_off,
            outlier=worst if far_off[worst] > _FAR_OFF else None,
            unused=unused,
            disagreement=measure_disagreement(numbers),
            calibrated=calibrated,
        )

    def _calibration(self, name: str, members: tuple[str, ...], kind: str | None) -> Calibration:
        kinds = self.calibrations[name][members]
        if kind is None:
            return Calibration.merged(kinds.values())
        if kind not in kinds:
            raise UncertaintyError(f"there is no kind '{kind}'; choose {' or '.join(kinds)}")
        return kinds[kind]

    def _sorted_out(
        self, values: Mapping[str, Opinion | None], scale: Scale
    ) -> tuple[dict[str, Opinion], tuple[str, ...]]:
        """Usable values by member, and the names of the others."""
        used: dict[str, Opinion] = {}
        unused = []
        for name, opinion in values.items():
            member = self.member(name)
            if member not in scale.members or opinion is None or not scale.is_usable(opinion):
                unused.append(name)
            elif member in used:
                raise UncertaintyError(f"two values were given for {member}; give one")
            else:
                used[member] = opinion
        if not used:
            raise UncertaintyError(
                f"none of {', '.join(map(repr, values)) or 'no names'} has a usable value and is a "
                f"member of the combination; it knows {', '.join(scale.members)}"
            )
        return used, tuple(unused)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file; see `from_dict`."""
        return {
            "format_version": FORMAT_VERSION,
            "provenance": self.provenance,
            "members": [
                {"name": m.name, "weights_sha256": list(m.weights_sha256)} for m in self.members
            ],
            "properties": {
                name: scale.as_dict()
                | {
                    "calibration": [
                        {
                            "members": list(members),
                            "kind": kind,
                            "residuals": np.round(found.residuals, 4).tolist(),
                        }
                        for members, kinds in self.calibrations[name].items()
                        for kind, found in kinds.items()
                    ]
                }
                for name, scale in self.scales.items()
            },
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Combination:
        """What `as_dict` gave.

        Raises
        ------
        UncertaintyError
            If it is of another format version.
        """
        if content.get("format_version") != FORMAT_VERSION:
            raise UncertaintyError(
                f"the combination has format version {content.get('format_version')}, not "
                f"{FORMAT_VERSION}; write it anew with benchmarks/binary_moduli.py --fit"
            )
        properties = content["properties"]
        return cls(
            tuple(Member(m["name"], tuple(m["weights_sha256"])) for m in content["members"]),
            {name: Scale.from_dict(part) for name, part in properties.items()},
            {name: _calibrations(part["calibration"]) for name, part in properties.items()},
            content["provenance"],
        )


def _calibrations(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Calibration]]:
    found: dict[tuple[str, ...], dict[str, Calibration]] = {}
    for row in rows:
        residuals = np.array(row["residuals"], dtype=float)
        found.setdefault(tuple(row["members"]), {})[row["kind"]] = Calibration(residuals)
    return found


@lru_cache(maxsize=4)
def load_combination(path: str | None = None) -> Combination:
    """Load a combination.

    Parameters
    ----------
    path
        A file written by ``benchmarks/binary_moduli.py --fit``; None for the shipped one.

    Raises
    ------
    UncertaintyError
        If the file is absent, not JSON or of another format version.
    """
    file = resources.files("elatbot_flows") / _FILE if path is None else Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise UncertaintyError(f"{file} cannot be read as a combination: {error}") from error
    return Combination.from_dict(content)
