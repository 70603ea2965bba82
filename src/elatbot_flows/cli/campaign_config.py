"""What ``elatbot campaign`` reads: targets, element sets, generators and lists in a YAML file."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import ceil
from pathlib import Path  # noqa: TC003 - pydantic reads annotations
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from elatbot_flows.cli.materials import read_materials
from elatbot_flows.cli.options import parse_potentials
from elatbot_flows.cli.refit import read_refit
from elatbot_flows.cli.text_options import Asking
from elatbot_flows.cli.yaml_files import read_yaml
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import PROPERTIES, DesignTarget, Interval

if TYPE_CHECKING:
    from elatbot_flows.documents import Refit
    from elatbot_flows.flows import CampaignMaker, InverseDesignMaker
    from elatbot_flows.proposers import TextProposer

__all__ = ["CampaignConfig", "read_campaign"]

_PART = 50
"""Candidates of one design, unless it is said."""
_LIST_PART = 200
"""The same for lists."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Target(_Strict):
    """Intervals as text or as two numbers, and elements; see DesignTarget."""

    bulk_modulus: str | list[float | None] | None = None
    shear_modulus: str | list[float | None] | None = None
    youngs_modulus: str | list[float | None] | None = None
    poisson_ratio: str | list[float | None] | None = None
    pugh_ratio: str | list[float | None] | None = None
    elements: list[str] | None = None
    exclude: list[str] = Field(default_factory=list)
    include: list[str] = Field(default_factory=list)
    max_elements: int | None = None
    max_sites: int = 16

    def target(self) -> DesignTarget:
        given = {name: getattr(self, name) for name in PROPERTIES}
        intervals: dict[str, Any] = {n: _interval(n, v) for n, v in given.items() if v is not None}
        return DesignTarget(
            **intervals,
            elements=None if self.elements is None else tuple(self.elements),
            excluded_elements=tuple(self.exclude),
            included_elements=tuple(self.include),
            max_elements=self.max_elements,
            max_sites=self.max_sites,
        )


class _Generator(_Strict):
    """A text model; as the options of ``elatbot design``.

    A speller names formulas for one that writes crystals, which is asked for space groups and
    formula units in turn.
    """

    model: str
    adapter: str | None = None
    engine: str = "transformers"
    url: str | None = None
    dialect: str | None = None
    device: str | None = None
    dtype: str | None = None
    guidance: float | None = None
    speller: str | None = None
    space_groups: list[int] = Field(default_factory=list)
    units: list[int] = Field(default_factory=list)

    def proposer(self) -> TextProposer:
        """Who proposes.

        Raises
        ------
        ElatbotError
            If a model is not there, or cannot be asked for it.
        """
        from elatbot_flows.engines.crystal_writer import CrystalWishes
        from elatbot_flows.engines.text_model import text_model
        from elatbot_flows.proposers import TextProposer

        asked = Asking(**self.model_dump(exclude={"guidance", "speller", "space_groups", "units"}))
        return TextProposer(
            model=asked.text_model(),
            speller=None if self.speller is None else text_model(self.speller),
            wishes=CrystalWishes((), tuple(self.space_groups), tuple(self.units)),
            guidance=self.guidance,
        )


class _Stop(_Strict):
    """Rules of which one is enough; see StopRules."""

    hits: int | None = None
    judged: int | None = None
    evaluations: int | None = None
    idle: int | None = 3


class CampaignConfig(_Strict):
    """A campaign as people write it down."""

    name: str = Field(min_length=1, description="Name, and tag of all its candidates.")
    targets: list[_Target] = Field(min_length=1, description="What is wanted.")
    element_sets: list[list[str]] = Field(
        default_factory=list, description="Every target with each of these instead of its own."
    )
    generators: list[_Generator] = Field(
        default_factory=list, description="Text models; elatbot-mini unless there is a list."
    )
    lists: list[Path] = Field(
        default_factory=list,
        description="Crystals, folders of them or lists of formulas, relative to the file.",
    )
    n: int = Field(8, ge=1, description="Candidates to pass, for every generator and target.")
    part: int | None = Field(
        None, ge=1, description=f"Candidates of one design: {_PART}, {_LIST_PART} of a list."
    )
    at_once: int = Field(4, ge=1, description="Designs of one round.")
    stop: _Stop = Field(default_factory=_Stop, description="When it is enough.")
    seed: int = Field(0, ge=0, description="Of the first design of each pair.")
    potentials: list[str] | None = Field(None, description="The first screens, all judge.")
    device: str = Field("cpu", description="Device of the potentials.")
    hull: bool = Field(True, description="Whether hits and open ones are placed on the hull.")
    recall: bool = Field(True, description="Whether what earlier runs computed is taken over.")
    refit: Path | None = Field(
        None, description="What elatbot against-dft --write wrote, relative to the file."
    )
    tags: list[str] = Field(default_factory=list, description="Further tags.")

    @field_validator("generators", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [{"model": v} if isinstance(v, str) else v for v in value or []]

    def design_targets(self) -> list[DesignTarget]:
        """All targets, each with every set of elements."""
        targets = [one.target() for one in self.targets]
        if not self.element_sets:
            return targets
        pairs = product(targets, self.element_sets)
        return [replace(target, elements=tuple(elements)) for target, elements in pairs]

    def maker(self, folder: Path) -> tuple[CampaignMaker, list[dict[str, Any]]]:
        """The Maker, and what of the lists could not be read.

        Parameters
        ----------
        folder
            Where the paths of lists begin.

        Raises
        ------
        ElatbotError
            If a model, a potential or a list is not there.
        """
        from elatbot_flows.flows import CampaignMaker, StopRules
        from elatbot_flows.proposers import GivenProposer

        refit = read_refit(self.refit and folder / self.refit)
        part = min(self.part or _PART, self.n)
        generators = self.generators or ([] if self.lists else [_Generator(model="elatbot-mini")])
        designs = [self._design(one.proposer(), part, refit) for one in generators]
        unreadable = []
        for path in self.lists:
            brought = read_materials([folder / path])
            unreadable += brought.unreadable
            given = GivenProposer(
                name=path.name, materials=brought.materials, sources=brought.sources
            )
            designs.append(self._design(given, None, refit))
        maker = CampaignMaker(
            name=self.name,
            designs=designs,
            most=ceil(self.n / part),
            chunk=self.part or _LIST_PART,
            at_once=self.at_once,
            stop=StopRules(**self.stop.model_dump()),
            recall=self.recall,
            tags=self.tags,
        )
        return maker, unreadable

    def chosen_potentials(self) -> list[str]:
        """Names of the potentials, or the usual ones."""
        return parse_potentials(self.potentials)

    def _design(self, proposer: Any, n: int | None, refit: Refit | None) -> InverseDesignMaker:
        from elatbot_flows.cli.design import design_maker

        potentials = self.chosen_potentials()
        made = design_maker(n, self.seed, proposer, potentials, self.device, hull=self.hull)
        return replace(made, refit=refit)


def read_campaign(path: Path) -> CampaignConfig:
    """Read a campaign from a YAML file.

    Raises
    ------
    TargetError
        If it cannot be read, or something in it is wrong; the message names the place.
    """
    return read_yaml(path, CampaignConfig, TargetError)


def _interval(name: str, value: str | list[float | None]) -> Interval:
    if isinstance(value, str):
        return Interval.parse(value)
    if len(value) != 2:
        raise TargetError(f"{name} is {value}: write low:high or two numbers")
    return Interval(*value)  # type: ignore[arg-type]
