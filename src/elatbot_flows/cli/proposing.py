"""Who brings candidates for a design, as its options say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.errors import TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.cli.materials import Materials
    from elatbot_flows.cli.text_options import Asking
    from elatbot_flows.engines.crystal_writer import CrystalWishes
    from elatbot_flows.proposers import Proposer
    from elatbot_flows.targets import DesignTarget

__all__ = [
    "AboveHull",
    "AllElements",
    "CrystalOptions",
    "CrystalSystems",
    "SpaceGroups",
    "Units",
    "Writer",
    "proposer_of",
]

Writer = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|HUB-ID",
        help="Text model that writes crystals of the formulas of --generator or --from; --adapter, "
        "--engine, --url and --dialect are its own then.",
    ),
]
SpaceGroups = Annotated[
    str | None,
    typer.Option(metavar="221,225,...", help="Space groups to ask for, by number: each in turn."),
]
Units = Annotated[
    str | None,
    typer.Option(metavar="1,2,...", help="Formula units in the cell to ask for: each in turn."),
]
CrystalSystems = Annotated[
    str | None,
    typer.Option(metavar="Cubic,...", help="Crystal systems to ask for: each in turn."),
]
AllElements = Annotated[
    str | None, typer.Option(metavar="Al,Ni,...", help="All elements of every crystal.")
]
AboveHull = Annotated[float | None, typer.Option(help="Energy above the hull to ask for, eV/atom.")]


@dataclass(frozen=True)
class CrystalOptions:
    """What the options say of crystals that a text model writes.

    Parameters
    ----------
    space_groups, units
        Numbers with commas.
    above_hull
        eV/atom.
    crystal_systems, elements
        Names with commas.
    """

    space_groups: str | None = None
    units: str | None = None
    above_hull: float | None = None
    crystal_systems: str | None = None
    elements: str | None = None

    def wishes(self, formulas: tuple[str, ...] = ()) -> CrystalWishes:
        """What to ask for.

        Raises
        ------
        TargetError
            If a number or a name is none.
        """
        from elatbot_flows.engines.crystal_writer import CrystalWishes

        return CrystalWishes(
            formulas,
            _whole(self.space_groups, "--space-groups"),
            _whole(self.units, "--units"),
            above_hull=self.above_hull,
            crystal_systems=_names(self.crystal_systems, "--crystal-systems", CRYSTAL_SYSTEMS),
            elements=_names(self.elements, "--elements", element_symbols()),
        )


def _names(text: str | None, option: str, known: Collection[str]) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if wrong := [part for part in parts if part not in known]:
        raise TargetError(f"{option}: there is no {wrong[0]!r}")
    return parts


def _whole(text: str | None, option: str) -> tuple[int, ...]:
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if wrong := [part for part in parts if not part.isascii() or not part.isdigit()]:
        raise TargetError(f"{option}: {wrong[0]!r} is no whole number: give such as 1,2,4")
    return tuple(dict.fromkeys(map(int, parts)))


def proposer_of(
    target: DesignTarget,
    asking: Asking,
    brought: Materials | None,
    writer: str | None,
    crystals: CrystalOptions,
    guidance: float | None = None,
) -> Proposer:
    """Who brings candidates; what can be seen to be impossible is refused.

    Parameters
    ----------
    target
        What is wanted.
    asking
        The text model that proposes.
    brought
        Crystals and formulas that are given instead.
    writer, crystals
        The text model that writes crystals of formulas, and what it is asked for.
    guidance
        As :class:`~elatbot_flows.proposers.TextProposer` takes it.

    Raises
    ------
    TargetError
        If options contradict each other, or a model cannot be asked for it.
    """
    from elatbot_flows.proposers import GivenProposer, TextProposer

    target.implied_bulk_modulus()
    if guidance is not None and (writer is not None or brought is not None):
        raise TargetError("--guidance is for a model that proposes formulas: leave it out")
    if writer is not None:
        return _written(target, replace(asking, model=writer), asking.model, brought, crystals)
    wishes = crystals.wishes()
    if brought is not None:
        if wishes != CrystalOptions().wishes():
            raise TargetError("nobody is asked for crystals: give --writer, or leave them out")
        return GivenProposer(materials=brought.materials, sources=brought.sources)
    model = asking.text_model()
    model.check_target(target)
    if model.writes_crystals and model.crystal_writer().needs_formula:
        raise TargetError(
            f"{model.name} writes crystals of formulas: give it as --writer, and the formulas by "
            "--from, or another model that names them by --generator"
        )
    return TextProposer(model=model, wishes=wishes, guidance=guidance)


def _written(
    target: DesignTarget,
    asking: Asking,
    generator: str,
    brought: Materials | None,
    crystals: CrystalOptions,
) -> Proposer:
    """A model that writes crystals of the formulas of another one, or of those that are given."""
    from elatbot_flows.engines.text_model import text_model
    from elatbot_flows.proposers import TextProposer

    model = asking.text_model()
    if not model.writes_crystals:
        raise TargetError(f"--writer: {model.name} writes no crystals; say its --dialect")
    model.check_target(target)
    if brought is None:
        speller = text_model(generator)
        speller.check_target(target)
        return TextProposer(model=model, speller=speller, wishes=crystals.wishes())
    formulas: list[Any] = brought.materials
    if any(not isinstance(one, str) for one in formulas):
        raise TargetError("--writer writes crystals of formulas: give --from a list of formulas")
    return TextProposer(model=model, wishes=crystals.wishes(tuple(dict.fromkeys(formulas))))
