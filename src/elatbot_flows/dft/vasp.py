"""VASP, run by atomate2's Makers with their custodian handlers."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Self

from elatbot_flows.dft.code import DFTCode
from elatbot_flows.dft.settings import DFTSettings
from elatbot_flows.dft.vasp_reading import calculation_of, task_of
from elatbot_flows.errors import DFTError, StructureError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import Task
    from elatbot_flows.documents import DFTFrame, MethodRecord, StaticCalculation

__all__ = ["VaspCode"]

_FUNCTIONALS = {
    "PBE": {"GGA": "PE", "METAGGA": None},
    "PBEsol": {"GGA": "PS", "METAGGA": None},
    "r2SCAN": {"GGA": None, "METAGGA": "R2SCAN"},
}
_SMEARINGS = {"methfessel-paxton": 1, "fermi-dirac": -1}
_SUMS = {
    "PREC": "Accurate",
    "EDIFF": 1e-7,
    "ALGO": "Normal",
    "LREAL": False,
    "LASPH": True,
    "KSPACING": None,
}
"""What derivatives need and atomate2 leaves to other uses, or what would change the k-mesh."""
_SMALL = {"LWAVE": False, "LCHARG": False, "LAECHG": False, "LVTOT": False, "LELF": False}
"""Files that nobody reads."""
_GOES_ON = {"handle_unsuccessful": False}
"""What did not converge is a document, and what follows from that is said by whoever reads it."""


def _preset(name: str = "standard") -> DFTSettings:
    return DFTSettings.preset(name, smearing="methfessel-paxton", width=0.2)


@dataclass(frozen=True)
class VaspCode(DFTCode):
    """VASP, run by atomate2's Makers: their input sets, custodian handlers and ``run_vasp``.

    Jobs run wherever atomate2's do: with ``VASP_CMD`` in atomate2's settings and
    ``PMG_VASP_PSP_DIR`` in those of pymatgen.

    Parameters
    ----------
    settings
        Functional (PBE, PBEsol or r2SCAN), cut-off, k-points, smearing (``"methfessel-paxton"`` of
        first order or ``"fermi-dirac"``), spin.
    incar
        Further INCAR settings, which overrule all others.
    potcars
        Names of POTCARs by element where they are not to be those of atomate2's input sets.
    potcar_functional
        Set of POTCARs, as pymatgen calls it; None for that of atomate2's input sets.
    run_vasp_kwargs
        Handed to atomate2's ``run_vasp`` as it is.

    Raises
    ------
    DFTError
        If VASP has no such functional or smearing, or no width is given.

    Examples
    --------
    >>> VaspCode(DFTSettings(smearing="fermi-dirac", width=0.1)).record().settings["cutoff"]
    550.0
    """

    settings: DFTSettings = field(default_factory=_preset)
    incar: dict[str, Any] = field(default_factory=dict)
    potcars: dict[str, str] = field(default_factory=dict)
    potcar_functional: str | None = None
    run_vasp_kwargs: dict[str, Any] = field(default_factory=dict)

    name: ClassVar[str] = "vasp"
    family: ClassVar[str] = "VASP"
    by_makers: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the settings."""
        own = self.settings
        for asked, known in ((own.functional, _FUNCTIONALS), (own.smearing, _SMEARINGS)):
            if asked not in known:
                raise DFTError(f"VASP here has no {asked}: choose {', '.join(known)}")
        if own.width is None:
            raise DFTError("VASP relaxes before anybody knows what width it wants: give width=...")

    @classmethod
    def preset(cls, name: str) -> Self:
        """See `DFTCode.preset`; smearing is Methfessel and Paxton's, 0.2 eV wide."""
        return cls(_preset(name))

    def calculator(self, frame: DFTFrame) -> Any:
        """There is none.

        Raises
        ------
        DFTError
            Always: Makers run it.
        """
        del frame
        raise DFTError("VASP is run by atomate2's Makers, not by a calculator")

    def maker(self, task: Task, frame: DFTFrame) -> Any:
        """See `DFTCode.maker`.

        The relaxations are those of atomate2's ``ElasticMaker``.
        """
        from atomate2.vasp.flows.core import DoubleRelaxMaker
        from atomate2.vasp.jobs.core import StaticMaker, TightRelaxMaker
        from atomate2.vasp.jobs.elastic import ElasticRelaxMaker

        kinds = {"relax": TightRelaxMaker, "static": StaticMaker, "ions": ElasticRelaxMaker}
        made = kinds[task](
            run_vasp_kwargs=dict(self.run_vasp_kwargs), stop_children_kwargs=dict(_GOES_ON)
        )
        made.input_set_generator = self._inputs(made.input_set_generator, task, frame)
        return DoubleRelaxMaker.from_relax_maker(made) if task == "relax" else made

    def _inputs(self, generator: Any, task: Task, frame: DFTFrame) -> Any:
        from pymatgen.io.vasp import Kpoints

        own = self.settings
        asked = {
            "ENCUT": own.cutoff,
            "NELM": own.max_cycles,
            "ISMEAR": _SMEARINGS[own.smearing],
            "SIGMA": own.width,
            "ISPIN": 1 if frame.moments is None else 2,
        }
        if task == "static":
            asked |= {"ISIF": 2, "IBRION": -1, "NSW": 0}
        functional = _FUNCTIONALS[own.functional]
        generator.user_incar_settings |= _SUMS | _SMALL | functional | asked | self.incar
        generator.user_kpoints_settings = Kpoints.gamma_automatic(frame.mesh)
        generator.user_potcar_settings = dict(self.potcars)
        generator.auto_ismear = False
        if self.potcar_functional is not None:
            generator.user_potcar_functional = self.potcar_functional
        return generator

    def begun(self, structure: Structure, frame: DFTFrame) -> tuple[Structure, DFTFrame]:
        """The crystal as in its POSCAR, with electrons and POTCARs that calculations must have."""
        inputs = self.maker("static", frame).input_set_generator
        try:
            poscar = inputs.get_input_set(structure, potcar_spec=True)["POSCAR"].structure
            electrons = float(inputs.nelect)
            potcars = {single.TITEL: _fingerprint(single.data) for single in inputs.potcar}
        except (OSError, ValueError, KeyError) as error:
            raise StructureError(f"no POTCAR: {error}", "unsupported_element") from error
        fixed = {"electrons": electrons, "potcars": potcars}
        return poscar, frame.model_copy(update={"fixed": fixed})

    def read(self, document: Any, frame: DFTFrame) -> StaticCalculation:
        """See `DFTCode.read`; the document is emmet's ``TaskDoc``."""
        return calculation_of(document, frame, self.settings)

    def outcome(self, document: Any) -> tuple[Structure, dict[str, Any]]:
        """See `DFTCode.outcome`: the version of VASP."""
        task = task_of(document)
        return task.structure, {"package_version": task.vasp_version}

    def record(self, more: dict[str, Any] | None = None) -> MethodRecord:
        """See `DFTCode.record`."""
        names = ("incar", "potcars", "potcar_functional")
        return super().record({name: getattr(self, name) for name in names} | (more or {}))


def _fingerprint(potcar: str) -> str:
    return sha256(potcar.encode()).hexdigest()
