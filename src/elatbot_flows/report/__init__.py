"""What people look at after a run: a page, a figure, crystals and tables in a terminal."""

from elatbot_flows.report.console import render_candidates, render_materials, render_summary
from elatbot_flows.report.files import ReportFiles, write_report

__all__ = ["ReportFiles", "render_candidates", "render_materials", "render_summary", "write_report"]
