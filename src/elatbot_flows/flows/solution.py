"""From a solid solution to the mean and the spread of its moduli."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from jobflow import Flow, Maker

from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.solution import approximate, pool
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.judges import PotentialJudge

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.judges import Judge

__all__ = ["SolidSolutionMaker"]


def _judges() -> list[Judge]:
    return [PotentialJudge(potential="7net-0"), PotentialJudge(potential="7net-l3i5")]


@dataclass
class SolidSolutionMaker(Maker):
    """Judge ordered approximants of a solid solution together.

    Special quasi-random structures stand for the alloy (`elatbot_flows.crystals.solutions`); every
    judge relaxes them and computes their tensors, and the document has mean and spread.

    Parameters
    ----------
    name
        Name of the flow.
    judges
        Makers that end in one `ElasticResult` for each crystal.
    count, most_atoms, tolerance, seed
        Of the approximants; see `elatbot_flows.crystals.solutions.approximants`.

    Examples
    --------
    >>> flow = SolidSolutionMaker().make("Mo0.5W0.5 bcc")
    >>> [job.name for job in flow.jobs]
    ['approximate', 'judge', 'judge', 'pool']
    """

    name: str = "solid solution"
    judges: list[Judge] = field(default_factory=_judges)
    count: int = 3
    most_atoms: int = 16
    tolerance: float = 0.02
    seed: int = 0

    def make(self, alloy: str | Structure) -> Flow:
        """Make the flow.

        Parameters
        ----------
        alloy
            As ``"Ni0.7Al0.3 fcc"``, a crystal with shared sites, or a reference to one.

        Returns
        -------
        Flow
            Its output is a `elatbot_flows.documents.solution.SolidSolutionDocument`.

        Raises
        ------
        TargetError
            If nobody judges.
        """
        if not self.judges:
            raise TargetError("nobody judges the approximants: give a judge at least")
        found = in_stage(
            approximate(alloy, self.count, self.most_atoms, self.tolerance, self.seed), "build"
        )
        crystals, names = cast("Any", found.output.structures), cast("Any", found.output.names)
        said = [in_stage(judge.make(crystals, names), "judge") for judge in self.judges]
        records = [judge.record() for judge in self.judges]
        pooled = in_stage(pool(found.output, [one.output for one in said], records), "conclude")
        return Flow([found, *said, pooled], output=pooled.output, name=self.name)
