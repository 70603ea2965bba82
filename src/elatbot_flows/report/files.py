"""Write the report of a run: page, figure and one crystal per candidate that passed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.files import write_whole
from elatbot_flows.report.figure import report_figure
from elatbot_flows.report.html import report_page
from elatbot_flows.report.index import write_index
from elatbot_flows.report.sentences import result_sentence
from elatbot_flows.report.words import target_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.documents import CandidateDocument

__all__ = ["ReportFiles", "write_report"]

_PAGE = "report.html"
_STRUCTURES = "structures"
_SYMPREC = 0.01


@dataclass(frozen=True)
class ReportFiles:
    """What was written.

    Parameters
    ----------
    folder
        Folder of the run, below the one that was given.
    html
        Self-contained HTML page.
    figure
        The figure of the page as PNG.
    structures
        Symmetrised CIF files of the candidates that passed, best first.
    index
        Page above that links the reports of all runs; None if somebody else's page is there.
    """

    folder: Path
    html: Path
    figure: Path
    structures: tuple[Path, ...]
    index: Path | None


def write_report(result: DesignResult, folder: Path) -> ReportFiles:
    """Write page, figure and crystals into ``<folder>/<run_id>/``, and link them above.

    Nothing of another run is touched; the same run writes the same files again.

    Parameters
    ----------
    result
        Result of a run.
    folder
        Where to write; made if absent.

    Returns
    -------
    ReportFiles
        The paths.
    """
    run = result.document.run
    own = folder / re.sub(r"[^A-Za-z0-9]+", "_", run.run_id)[:80]
    own.mkdir(parents=True, exist_ok=True)
    structures = _write_structures(result.passed, own / _STRUCTURES)
    links = {key: f"{_STRUCTURES}/{path.name}" for key, path in structures.items()}
    page, figure = own / _PAGE, own / "report.png"
    write_whole(page, report_page(result, links))
    report_figure(result).savefig(figure, dpi=150, facecolor="white")
    words = f"{'; '.join(target_words(run.target))}. {result_sentence(result)}\n"
    (own / "summary.txt").write_text(words, encoding="utf-8")
    index = write_index(folder, _PAGE)
    return ReportFiles(own, page, figure, tuple(structures.values()), index)


def _write_structures(candidates: Sequence[CandidateDocument], folder: Path) -> dict[str, Path]:
    """Write the crystals; return the paths by identifier of the candidate."""
    from pymatgen.io.cif import CifWriter

    folder.mkdir(exist_ok=True)
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
