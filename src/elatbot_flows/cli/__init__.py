"""The command line: ``elatbot design``, ``query``, ``validate`` and ``evaluate``."""

from elatbot_flows.cli.app import app, main

__all__ = ["app", "main"]
