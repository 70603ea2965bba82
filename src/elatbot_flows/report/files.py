"""Write the report of a run: page, figure and one crystal per validated candidate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.report.figure import report_figure
from elatbot_flows.report.html import report_page
from elatbot_flows.report.words import validated

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.documents import CandidateDocument, DesignDocument

__all__ = ["ReportFiles", "write_report"]

_STRUCTURES = "structures"
_SYMPREC = 0.01
_WRITTEN_HERE = re.compile(r"\d+-\w+\.cif")


@dataclass(frozen=True)
class ReportFiles:
    """What was written.

    Parameters
    ----------
    html
        Self-contained HTML page.
    figure
        The figure of the page as PNG.
    structures
        Symmetrised CIF files of the validated candidates, best first.
    """

    html: Path
    figure: Path
    structures: tuple[Path, ...]


def write_report(document: DesignDocument, folder: Path) -> ReportFiles:
    """Write ``report.html``, ``report.png`` and ``structures/<rank>-<formula>.cif``.

    Files of an earlier report in the same folder are replaced.

    Parameters
    ----------
    document
        Result of a design run.
    folder
        Where to write; made if absent.

    Returns
    -------
    ReportFiles
        The paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    structures = _write_structures(validated(document), folder / _STRUCTURES)
    links = {key: f"{_STRUCTURES}/{path.name}" for key, path in structures.items()}
    page, figure = folder / "report.html", folder / "report.png"
    page.write_text(report_page(document, links), encoding="utf-8")
    report_figure(document).savefig(figure, dpi=150, facecolor="white")
    return ReportFiles(page, figure, tuple(structures.values()))


def _write_structures(candidates: list[CandidateDocument], folder: Path) -> dict[str, Path]:
    """Write the crystals; return the paths by identifier of the candidate."""
    from pymatgen.io.cif import CifWriter

    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if _WRITTEN_HERE.fullmatch(old.name):
            old.unlink()
    digits = len(str(len(candidates)))
    paths = {}
    for rank, candidate in enumerate(candidates, start=1):
        if candidate.structure is None:
            continue
        name = re.sub(r"[^A-Za-z0-9]+", "_", candidate.formula or "unknown")[:80]
        path = folder / f"{rank:0{digits}d}-{name}.cif"
        CifWriter(candidate.structure, symprec=_SYMPREC).write_file(path)
        paths[candidate.candidate_id] = path
    return paths
