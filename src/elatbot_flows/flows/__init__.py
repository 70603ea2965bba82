"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.campaign import CampaignMaker
from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.predict import PredictManyMaker
from elatbot_flows.flows.stopping import StopRules

__all__ = ["CampaignMaker", "InverseDesignMaker", "PredictManyMaker", "StopRules"]
