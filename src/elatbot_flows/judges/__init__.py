"""Judges: crystals in, one elastic result for each out."""

from elatbot_flows.judges.base import Judge
from elatbot_flows.judges.dft import DFTElasticMaker
from elatbot_flows.judges.dft_convergence import DFTConvergenceMaker
from elatbot_flows.judges.potential import PotentialJudge

__all__ = ["DFTConvergenceMaker", "DFTElasticMaker", "Judge", "PotentialJudge"]
