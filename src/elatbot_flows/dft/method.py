"""All that a judge decides about its density functional calculations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.potentials.finite_strain import STRAIN_MAGNITUDES

if TYPE_CHECKING:
    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import MethodRecord
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["DFTMethod"]


@dataclass(frozen=True)
class DFTMethod(MSONable):
    """All that a judge decides about its density functional calculations.

    Parameters
    ----------
    code
        Who computes, with functional, cut-off and k-points.
    thresholds
        Of relaxations and gates.
    strain
        Length of the strain of a perturbation (Mandel).
    displacement
        How far the atom moves that moves farthest in a perturbation, A.
    max_core_hours
        Crystals that should take longer are refused; None for no limit.
    """

    code: DFTCode
    thresholds: ValidationSettings
    strain: float
    displacement: float
    max_core_hours: float | None = None

    @property
    def finite_strains(self) -> bool:
        """Whether strained cells with relaxed ions are computed, not perturbed ones as they are."""
        return self.thresholds.method == "finite_strain"

    def record(self) -> MethodRecord:
        """The code, with all that decides its numbers."""
        steps: dict[str, object] = {"strain": self.strain, "displacement": self.displacement}
        if self.finite_strains:
            steps = {"strains": list(STRAIN_MAGNITUDES)}
        return self.code.record(steps | {"thresholds": asdict(self.thresholds)})
