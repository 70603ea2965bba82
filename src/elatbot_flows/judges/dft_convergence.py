"""How elastic constants of one crystal depend on cut-off and k-mesh, and what is enough."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker, job

from elatbot_flows.documents import ConvergenceDocument, ElasticResult
from elatbot_flows.errors import DFTError
from elatbot_flows.judges.dft import DFTElasticMaker
from elatbot_flows.judges.dft_relaxing import WHATEVER_COMES

if TYPE_CHECKING:
    from jobflow import Job
    from pymatgen.core import Structure

    from elatbot_flows.dft.settings import DFTSettings

__all__ = ["DFTConvergenceMaker"]


@dataclass
class DFTConvergenceMaker(Maker):
    """Scan the k-mesh at the judge's cut-off, and the cut-off at the judge's k-mesh.

    Every point is a judgement of its own, cell and ions relaxed with its settings, so that it is as
    dear as that. What is enough is said for each scan by itself.

    Parameters
    ----------
    name
        Name of the flow.
    judge
        Who computes, and with which settings besides.
    k_spacings
        Distances of k-points, 1/A.
    cutoffs
        Cut-offs, eV.
    shear_tolerance
        Largest change of C44, C55 and C66 from there on, GPa.
    bulk_tolerance
        Largest relative change of K.

    Examples
    --------
    >>> len(DFTConvergenceMaker(k_spacings=(0.2, 0.15), cutoffs=(400, 550)).points())
    4
    """

    name: str = "dft convergence"
    judge: DFTElasticMaker = field(default_factory=DFTElasticMaker)
    k_spacings: tuple[float, ...] = (0.225, 0.17, 0.13, 0.11)
    cutoffs: tuple[float, ...] = (350.0, 450.0, 550.0, 700.0)
    shear_tolerance: float = 3.0
    bulk_tolerance: float = 0.02

    def __post_init__(self) -> None:
        """Check the scans.

        Raises
        ------
        DFTError
            If a scan has fewer than two different values, or one is not positive.
        """
        self.k_spacings = tuple(sorted(set(self.k_spacings), reverse=True))
        self.cutoffs = tuple(sorted(set(self.cutoffs)))
        if min(len(self.k_spacings), len(self.cutoffs)) < 2:
            raise DFTError("a scan needs at least two distances of k-points and two cut-offs")
        values = (*self.k_spacings, *self.cutoffs, self.shear_tolerance, self.bulk_tolerance)
        if min(values) <= 0:
            raise DFTError("distances, cut-offs and tolerances must be positive")

    def points(self) -> list[DFTSettings]:
        """Settings of all points: of the k-mesh, coarse to fine, then of the cut-off, rising."""
        base = self.judge.code.settings
        meshes = [replace(base, k_spacing=one) for one in self.k_spacings]
        return [*meshes, *(replace(base, cutoff=one) for one in self.cutoffs)]

    def make(self, structure: Structure) -> Flow:
        """Scan for a crystal.

        Parameters
        ----------
        structure
            The crystal.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.ConvergenceDocument`.
        """
        flows: dict[DFTSettings, Flow | Job] = {}
        for one in self.points():
            if one not in flows:
                code = replace(self.judge.code, settings=one)
                judge = replace(self.judge, code=code)
                label = f"{one.cutoff:g} eV, {one.k_spacing:g}/A"
                flows[one] = judge.make([structure], [label])
        outputs: list[Any] = [flows[one].output for one in self.points()]
        ended = conclude_scans(self, structure, outputs)
        ended.name = f"{self.name}, conclude"
        return Flow([*flows.values(), ended], output=ended.output, name=self.name)


@job(output_schema=ConvergenceDocument, config=WHATEVER_COMES)
def conclude_scans(
    maker: DFTConvergenceMaker, structure: Structure, results: list[Any]
) -> ConvergenceDocument:
    """Say which settings are enough.

    Parameters
    ----------
    maker
        What was scanned.
    structure
        The crystal.
    results
        A list with one result for each point; None for one that was lost.
    """
    from elatbot_flows.dft.convergence import convergence_answer, point_of_result
    from elatbot_flows.potentials.validation import blank_result

    base = maker.judge.code.settings
    record, limits = maker.judge.record(), maker.judge.settings
    lost = blank_result(structure, record, limits, None).failed("lost", "its jobs were lost")
    points = [
        point_of_result(lost if found is None else ElasticResult.model_validate(found[0]), one)
        for found, one in zip(results, maker.points(), strict=True)
    ]
    number = len(maker.k_spacings)
    scans = ConvergenceDocument(
        formula=structure.composition.reduced_formula,
        judge=record,
        by_mesh=points[:number],
        by_cutoff=points[number:],
        shear_tolerance=maker.shear_tolerance,
        bulk_tolerance=maker.bulk_tolerance,
        message="",
    )
    return convergence_answer(scans, base)
