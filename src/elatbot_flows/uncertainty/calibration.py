"""From opinions on a material to a calibrated distribution of its moduli."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.composition import CompositionModel, load_composition_model
from elatbot_flows.uncertainty.elements import ionicity_of, shares_of
from elatbot_flows.uncertainty.evidence import Prior, gather, prior_of
from elatbot_flows.uncertainty.joint import ErrorModel, patterns, posterior
from elatbot_flows.uncertainty.joint_estimate import JointDistribution, JointEstimate
from elatbot_flows.uncertainty.kinds import material_kind
from elatbot_flows.uncertainty.opinions import Member, Opinion, opinion_of, sort_opinions
from elatbot_flows.uncertainty.spread import SpreadTable, stated_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from elatbot_flows.documents.refit import Refit

__all__ = ["COMPOSITION", "Calibration", "load_calibration"]

COMPOSITION = "composition"
"""Name of the source that is always there."""
FORMAT_VERSION = 5
_FILE = "weights/joint_calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Everything that was fitted.

    Parameters
    ----------
    members
        Sources after the composition model, in the order of the error model.
    has_shear
        Whether each of them says anything of the shear modulus.
    errors
        Distribution of the errors of all sources.
    spread
        From what the errors say to distributions that held.
    composition
        The composition model.
    provenance
        What it was fitted on; ``calibrated_on`` says it for people.
    refit
        By what everything is shifted and widened after all else.
    """

    members: tuple[Member, ...]
    has_shear: tuple[bool, ...]
    errors: ErrorModel
    spread: SpreadTable
    composition: CompositionModel
    provenance: dict[str, Any] = field(default_factory=dict)
    refit: Refit | None = None

    def refitted(self, refit: Refit | None) -> Calibration:
        """The same calibration, shifted and widened by what its users found out later."""
        return replace(self, refit=refit)

    def member(self, name: str) -> str | None:
        """The member meant by a name, a directory or a hash of weights; None if there is none."""
        return next((m.name for m in self.members if m.is_meant_by(name)), None)

    @property
    def sources(self) -> dict[str, bool]:
        """Members by name, and whether each says anything of the shear modulus."""
        pairs = zip(self.members, self.has_shear, strict=True)
        return {member.name: shear for member, shear in pairs}

    def posterior(
        self,
        opinions: Mapping[str, Opinion],
        composition: Any,
        volume_per_atom: float | None = None,
    ) -> JointEstimate | None:
        """Combine opinions on one material.

        Parameters
        ----------
        opinions
            By name, see `member`. Names that are no member are listed in the result.
        composition
            Formula, or what pymatgen makes a composition of.
        volume_per_atom
            Of the relaxed crystal, A^3; without it the composition itself tells less.

        Returns
        -------
        JointEstimate or None
            None if the composition has an element that nothing is known of.

        Raises
        ------
        UncertaintyError
            If two names mean one member, or the volume is not positive.
        """
        if volume_per_atom is not None and not volume_per_atom > 0:
            raise UncertaintyError(f"the volume per atom is {volume_per_atom} A^3; give a positive")
        shares = shares_of(composition)
        if not self.composition.knows(shares):
            return None
        used, unused = sort_opinions(opinions, self.members)
        means, deviation = self.composition.predict([shares], [volume_per_atom])
        prior = prior_of(
            means[0],
            float(deviation[0]),
            with_volume=volume_per_atom is not None,
            ionicity=ionicity_of(shares),
        )
        return self._combined(prior, material_kind(shares), used, unused)

    def _combined(
        self, prior: Prior, kind: str, used: dict[str, Opinion], unused: tuple[str, ...]
    ) -> JointEstimate:
        evidence = gather([(prior, kind, used)], self.sources)
        mixture = posterior(self.errors, evidence)
        names = tuple(name for name in self.sources if name in used)
        stated = stated_by(self.errors, evidence, mixture)
        far_off = mixture.weights[0] @ patterns(1 + len(self.members))
        chances = dict(zip((COMPOSITION, *self.sources), far_off.tolist(), strict=True))
        distribution, spread_factor = self.spread.distribution(names, kind, stated)
        return JointEstimate(
            distribution.refitted(self.refit),
            kind,
            {name: used[name] for name in names},
            unused,
            {name: chances[name] for name in (COMPOSITION, *names)},
            spread_factor,
            str(self.provenance.get("calibrated_on", "")),
            self.refit,
        )

    def estimate(
        self,
        evidence: Iterable[Any],
        composition: Any,
        volume_per_atom: float | None = None,
    ) -> JointEstimate | None:
        """Combine what judges say of one material.

        Parameters
        ----------
        evidence
            Documents of the kind of `ElasticResult`: of every judge its name or the hash of its
            weights, whether the crystal passed, and moduli.
        composition, volume_per_atom
            As in `posterior`; without a volume that of the first relaxed crystal in the evidence
            is taken.

        Raises
        ------
        UncertaintyError
            As `posterior`.
        """
        opinions: dict[str, Opinion] = {}
        for result in evidence:
            name = self._name(result)
            if name in opinions:
                raise UncertaintyError(f"two results were given for {name}; give one")
            opinions[name] = opinion_of(result)
            if volume_per_atom is None:
                volume_per_atom = getattr(result, "volume_per_atom", None)
        return self.posterior(opinions, composition, volume_per_atom)

    def _name(self, result: Any) -> str:
        """What the calibration knows the judge by, else its own name."""
        judge = result.judge if hasattr(result, "judge") else result.potential
        names = (judge.name, judge.weights_sha256)
        return next((name for name in names if name and self.member(name)), str(judge.name))

    def usual(self, members: Iterable[str], kind: str) -> JointDistribution:
        """A distribution about ln K = ln G = 0, but for a refit, of the usual spread.

        Raises
        ------
        UncertaintyError
            If the kind is unknown.
        """
        meant = {self.member(name) for name in members}
        names = tuple(name for name in self.sources if name in meant)
        return self.spread.usual_scales(names, kind).refitted(self.refit)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file, all but the composition model."""
        return {
            "format_version": FORMAT_VERSION,
            "provenance": self.provenance,
            "members": [
                {"name": m.name, "weights_sha256": list(m.weights_sha256), "has_shear": shear}
                for m, shear in zip(self.members, self.has_shear, strict=True)
            ],
            "errors": self.errors.as_dict(),
            "spread": self.spread.as_dict(),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any], composition: CompositionModel) -> Calibration:
        """What `as_dict` gave.

        Raises
        ------
        UncertaintyError
            If it is of another format version.
        """
        if content.get("format_version") != FORMAT_VERSION:
            raise UncertaintyError(
                f"the calibration has format version {content.get('format_version')}, not "
                f"{FORMAT_VERSION}; write it anew with benchmarks/known_moduli.py --fit"
            )
        rows = content["members"]
        return cls(
            tuple(Member(row["name"], tuple(row["weights_sha256"])) for row in rows),
            tuple(row["has_shear"] for row in rows),
            ErrorModel.from_dict(content["errors"]),
            SpreadTable.from_dict(content["spread"]),
            composition,
            content["provenance"],
        )


@lru_cache(maxsize=4)
def load_calibration(path: str | None = None) -> Calibration:
    """Load a calibration.

    Parameters
    ----------
    path
        A file written by ``benchmarks/known_moduli.py --fit``, beside which lies
        ``composition_moduli.npz``; None for the shipped one.

    Raises
    ------
    UncertaintyError
        If a file is absent, not readable or of another format version.
    """
    file = resources.files("elatbot_flows") / _FILE if path is None else Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise UncertaintyError(f"{file} cannot be read as a calibration: {error}") from error
    beside = None if path is None else Path(path).parent / "composition_moduli.npz"
    return Calibration.from_dict(content, load_composition_model(beside))
