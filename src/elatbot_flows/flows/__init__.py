"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.campaign import CampaignMaker
from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.finetune import FineTuningFlowMaker
from elatbot_flows.flows.predict import PredictManyMaker
from elatbot_flows.flows.stages import Stage, assign_stages
from elatbot_flows.flows.stopping import StopRules

__all__ = [
    "CampaignMaker",
    "FineTuningFlowMaker",
    "InverseDesignMaker",
    "PredictManyMaker",
    "Stage",
    "StopRules",
    "assign_stages",
]
