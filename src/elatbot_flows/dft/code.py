"""What a density functional code is here: settings, and a calculator made of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from monty.json import MSONable

from elatbot_flows.dft.settings import DFTSettings
from elatbot_flows.dft.widths import first_width
from elatbot_flows.documents import MethodRecord, StaticCalculation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

    from elatbot_flows.documents import DFTFrame

__all__ = ["OWN_FOLDER", "DFTCode", "Task"]

OWN_FOLDER = "own_folder"
"""In the metadata of jobs that write into the current folder, for managers that give them none."""
Task = Literal["relax", "static", "ions"]


@dataclass(frozen=True)
class DFTCode(MSONable):
    """A density functional code behind an ASE calculator.

    A code of your own is a subclass with a `calculator`; the other methods say what they can.

    Parameters
    ----------
    settings
        Functional, cut-off, k-points, smearing, spin.
    """

    settings: DFTSettings = field(default_factory=lambda: DFTSettings.preset("standard"))

    name: ClassVar[str] = "dft"
    family: ClassVar[str] = "DFT"
    package: ClassVar[str | None] = None
    by_makers: ClassVar[bool] = False
    """Whether atomate2's Makers run it, as jobs of their own, and not a calculator in our jobs."""
    plane_waves: ClassVar[bool] = False
    """Whether it has plane waves up to the cut-off in every cell, whose number is corrected for."""

    @classmethod
    def preset(cls, name: str) -> Self:
        """The code with settings by name, see `DFTSettings.preset`."""
        return cls(DFTSettings.preset(name))

    def calculator(self, frame: DFTFrame) -> Any:
        """An ASE calculator with energy, forces and stress, for one crystal.

        Parameters
        ----------
        frame
            k-mesh and moments to use; the atoms that it will be given have these moments.

        Raises
        ------
        DFTError
            If the code is not there.
        """
        raise NotImplementedError

    def maker(self, task: Task, frame: DFTFrame) -> Any:
        """The atomate2 Maker of a calculation, if Makers run the code.

        Parameters
        ----------
        task
            ``"relax"`` cell and ions, ``"static"``, or relax the ``"ions"`` of a strained cell.
        frame
            k-mesh and moments to use.
        """
        raise NotImplementedError

    def begun(self, structure: Structure, frame: DFTFrame) -> tuple[Structure, DFTFrame]:
        """A crystal with its atoms in the order of the code, and what all its calculations share.

        Raises
        ------
        StructureError
            With the reason ``"unsupported_element"`` if there is no pseudopotential for it.
        """
        return structure, frame

    def read(self, document: Any, frame: DFTFrame) -> StaticCalculation:
        """What a job computed, out of its document.

        Parameters
        ----------
        document
            As the job left it.
        frame
            What the calculation should have been done with.
        """
        del frame
        return StaticCalculation.model_validate(document)

    def outcome(self, document: Any) -> tuple[Structure, dict[str, Any]]:
        """Where a relaxation by a Maker ended, and fields of records that only its document tells.

        Parameters
        ----------
        document
            As the job left it.
        """
        raise NotImplementedError

    def elements(self) -> tuple[str, ...] | None:
        """Elements that it has pseudopotentials for; None for all."""
        return None

    def version(self) -> str | None:
        """Version of the code, where it can be told without running it."""
        return None

    def pseudopotentials(self) -> str | None:
        """Which pseudopotentials it takes, for records."""
        return None

    def fixed(self, calculator: Any) -> dict[str, Any]:
        """What later calculations of the same crystal must have in common with this one."""
        del calculator
        return {}

    def effort(self, calculator: Any) -> tuple[int | None, int | None]:
        """Irreducible k-points and cycles of a calculation that ended, as far as it tells."""
        del calculator
        return None, None

    def width(self, frame: DFTFrame) -> float:
        """How wide occupations are smeared, eV.

        Parameters
        ----------
        frame
            What all calculations of the crystal share.
        """
        return first_width(self.settings, frame.moments) if frame.width is None else frame.width

    def gap(self, calculator: Any) -> float | None:
        """Gap of a calculation that ended, eV, zero without one; None where it does not tell."""
        del calculator
        return None

    @property
    def tells_costs(self) -> bool:
        """Whether core-seconds can be told before a calculation."""
        return type(self).core_seconds is not DFTCode.core_seconds

    def core_seconds(self, structure: Structure, kpoints: int, *, spin: bool) -> float | None:
        """Processor time that one calculation should take; None if nobody knows."""
        del structure, kpoints, spin
        return None

    def record(self, more: dict[str, Any] | None = None) -> MethodRecord:
        """Who computes, with all that decides the numbers.

        Parameters
        ----------
        more
            Further settings.
        """
        own = {"pseudopotentials": self.pseudopotentials()} | asdict(self.settings)
        return MethodRecord(
            kind="dft",
            name=self.name,
            family=self.family,
            package=self.package,
            package_version=self.version(),
            training_functional=self.settings.functional,
            device="cpu",
            dtype="float64",
            checked=None,
            settings=own | (more or {}),
        )

    def starting_moments(self, symbols: Sequence[str]) -> list[float] | None:
        """High-spin moments to start from, Bohr magnetons; None without a magnetic element.

        Parameters
        ----------
        symbols
            Of the atoms.
        """
        if self.settings.spin == "none" or not any(s in HIGH_SPIN for s in symbols):
            return None
        return [HIGH_SPIN.get(symbol, 0.0) for symbol in symbols]


HIGH_SPIN = {"Cr": 5.0, "Mn": 5.0, "Fe": 4.0, "Co": 3.0, "Ni": 2.0}
"""Moments that calculations start from, Bohr magnetons."""
