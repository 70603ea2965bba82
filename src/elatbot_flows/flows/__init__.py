"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.campaign import CampaignMaker
from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.finetune import FineTuningFlowMaker
from elatbot_flows.flows.predict import PredictManyMaker
from elatbot_flows.flows.solution import SolidSolutionMaker
from elatbot_flows.flows.stages import Stage, assign_stages
from elatbot_flows.flows.stopping import StopRules
from elatbot_flows.flows.verdicts import ExpertIterationMaker, PreferenceTuningMaker

__all__ = [
    "CampaignMaker",
    "ExpertIterationMaker",
    "FineTuningFlowMaker",
    "InverseDesignMaker",
    "PredictManyMaker",
    "PreferenceTuningMaker",
    "SolidSolutionMaker",
    "Stage",
    "StopRules",
    "assign_stages",
]
