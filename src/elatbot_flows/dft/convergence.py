"""Which cut-off and which k-mesh are enough, out of scans of both."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import ConvergencePoint
from elatbot_flows.errors import DFTError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.dft.settings import DFTSettings
    from elatbot_flows.documents import ConvergenceDocument, ElasticResult

__all__ = ["converged_settings", "convergence_answer", "enough", "point_of_result"]


def point_of_result(result: ElasticResult, settings: DFTSettings) -> ConvergencePoint:
    """One point of a scan; unstable crystals have one too.

    Parameters
    ----------
    result
        What was computed.
    settings
        With these.
    """
    dft = result.dft
    point = ConvergencePoint(
        cutoff=settings.cutoff,
        k_spacing=settings.k_spacing,
        mesh=dft.frame.mesh if dft and dft.frame else None,
        width=dft.frame.width if dft and dft.frame else None,
        cpu_seconds=dft.cpu_seconds if dft else 0.0,
        message=result.message,
    )
    if result.elastic_tensor is None:
        return point
    tensor = np.array(result.elastic_tensor)
    fields = {
        "bulk_modulus": float(tensor[:3, :3].mean()),
        "shear_constants": [float(tensor[k, k]) for k in (3, 4, 5)],
    }
    return point.model_copy(update=fields)


def enough(points: Sequence[ConvergencePoint], shear: float, bulk: float) -> int | None:
    """Place of the first point from which on nothing changes any more; None if there is none.

    From there on all are within the tolerances of the last one. The last one alone shows nothing,
    nor does a coarser setting that gives the same mesh at the same cut-off.

    Parameters
    ----------
    points
        From the least to the most expensive one.
    shear
        Largest change of shear constants, GPa.
    bulk
        Largest relative change of K.
    """
    found = None
    last = points[-1]
    for place in reversed(range(len(points))):
        if not _agree(points[place], last, shear, bulk):
            break
        if (points[place].mesh, points[place].cutoff) != (last.mesh, last.cutoff):
            found = place
    return found


def _agree(one: ConvergencePoint, last: ConvergencePoint, shear: float, bulk: float) -> bool:
    if one.bulk_modulus is None or last.bulk_modulus is None:
        return False
    change = np.abs(np.subtract(one.shear_constants, last.shear_constants)).max()
    return bool(change <= shear and abs(one.bulk_modulus / last.bulk_modulus - 1) <= bulk)


def convergence_answer(document: ConvergenceDocument, base: DFTSettings) -> ConvergenceDocument:
    """The document with what is enough, if that was found.

    Parameters
    ----------
    document
        Both scans.
    base
        All other settings.
    """
    limits = document.shear_tolerance, document.bulk_tolerance
    mesh, high = enough(document.by_mesh, *limits), enough(document.by_cutoff, *limits)
    spacing = None if mesh is None else document.by_mesh[mesh].k_spacing
    cutoff = None if high is None else document.by_cutoff[high].cutoff
    fields: dict[str, Any] = {"k_spacing": spacing, "cutoff": cutoff}
    if spacing is not None and cutoff is not None:
        fields["settings"] = asdict(replace(base, k_spacing=spacing, cutoff=cutoff))
    within = f"C44, C55, C66 within {limits[0]:g} GPa and K within {limits[1]:.0%}"
    said = [
        "no distance of k-points was shown to be enough"
        if spacing is None or mesh is None
        else f"k-points {spacing:g}/A apart ({_mesh(document.by_mesh[mesh])})",
        "no cut-off was shown to be enough" if cutoff is None else f"a cut-off of {cutoff:g} eV",
    ]
    fields["message"] = f"for {within}: {' and '.join(said)}"
    return document.model_copy(update=fields)


def _mesh(point: ConvergencePoint) -> str:
    return " x ".join(map(str, point.mesh or ()))


def converged_settings(document: ConvergenceDocument) -> DFTSettings:
    """Settings that were found to be enough, for a code.

    Raises
    ------
    DFTError
        If none were.
    """
    from elatbot_flows.dft.settings import DFTSettings

    if document.settings is None:
        raise DFTError(document.message)
    return DFTSettings(**document.settings)
