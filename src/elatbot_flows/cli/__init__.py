"""The command line: ``elatbot design``, ``elatbot query``, ``elatbot validate``."""

from elatbot_flows.cli.app import app, main

__all__ = ["app", "main"]
