"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.design import InverseDesignMaker
from elatbot_flows.flows.predict import PredictManyMaker

__all__ = ["InverseDesignMaker", "PredictManyMaker"]
