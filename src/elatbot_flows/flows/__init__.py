"""Routes: Makers that wire jobs into flows."""

from elatbot_flows.flows.design import InverseDesignMaker

__all__ = ["InverseDesignMaker"]
