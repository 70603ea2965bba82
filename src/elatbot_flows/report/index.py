"""A small page that links the reports of all runs in a folder."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MARK", "write_index"]

MARK = "<!-- list of runs, written anew at every run -->"
"""First line of the pages that may be written anew."""

_PAGE = """{mark}
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Runs</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto; }}
</style></head>
<body><h1>Runs in this folder</h1><ul>{items}</ul></body>
</html>
"""


def write_index(folder: Path, page: str) -> Path | None:
    """Write ``report.html`` with a link to every run, the newest first.

    Parameters
    ----------
    folder
        Holds one folder for each run.
    page
        Name of the page in these folders.

    Returns
    -------
    Path or None
        The page; None if there is one that somebody else wrote, which is left alone.
    """
    index = folder / "report.html"
    if index.exists() and not index.read_text(encoding="utf-8").startswith(MARK):
        return None
    reports = sorted(folder.glob(f"*/{page}"), key=lambda path: (-path.stat().st_mtime, path))
    items = "".join(_item(report) for report in reports)
    write_whole(index, _PAGE.format(mark=MARK, items=items))
    return index


def _item(report: Path) -> str:
    run = escape(report.parent.name)
    words = ""
    if (summary := report.parent / "summary.txt").is_file():
        words = f": {escape(summary.read_text(encoding='utf-8').strip())}"
    return f'<li><a href="{quote(report.parent.name)}/{report.name}">{run}</a>{words}</li>'
