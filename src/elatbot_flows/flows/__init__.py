"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.predict import PredictManyMaker
from elatbot_flows.flows.stages import Stage, assign_stages

__all__ = ["InverseDesignMaker", "PredictManyMaker", "Stage", "assign_stages"]
