"""What a teacher says of crystals: second derivatives at rest, and a frame far from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.symmetry import crystal_symmetry, mandel_from_matrix
from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials.coordinates import evaluate
from elatbot_flows.potentials.linear_response import measure_hessian
from elatbot_flows.potentials.measuring import primitive_cell
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry
from elatbot_flows.training.data.bulk_modulus import formula_hash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.training.potential.material import Lesson

__all__ = ["Label", "label_all", "label_of", "read_labels"]

_SYMPREC = 1e-2
_FARTHEST = 0.06
"""Strain from the crystal as given to the teacher's own; a longer one is another crystal."""
_FAR_STRAIN, _FAR_VOLUME, _FAR_SHIFT = 0.03, 0.03, 0.06
"""Of the frame far from rest: strains (volume: linear) and displacements (A), one deviation."""


@dataclass(frozen=True)
class Label:
    """A crystal at rest and how its energy changes around it, by a teacher.

    Parameters
    ----------
    source, formula
        As in the lesson.
    structure
        Primitive cell that counts as at rest (pymatgen's dictionary): the crystal as given if it
        has moduli, else as the teacher relaxed it.
    hessian
        Second derivatives at the teacher's own minimum, shape (6 + 3 n, 6 + 3 n); eV, Mandel
        strain and displacement in A.
    bulk_modulus, shear_modulus
        As in the lesson, GPa.
    magnetic
        Whether an element orders magnetically.
    far
        Coordinates of a frame far from rest, shape (6 + 3 n,).
    far_energy, far_gradient
        Energy (eV) and its gradient there, less those at rest.
    """

    source: str
    formula: str
    structure: dict[str, Any]
    hessian: list[list[float]]
    bulk_modulus: float | None
    shear_modulus: float | None
    magnetic: bool
    far: list[float]
    far_energy: float
    far_gradient: list[float]


def label_all(
    lessons: Sequence[Lesson], teacher: Potential, path: Path
) -> tuple[list[Label], dict[str, int]]:
    """Labels of all lessons, each written to a file as soon as it is known.

    Lessons that the file has are not labelled again; what cannot be labelled is counted by reason.

    Raises
    ------
    ElatbotError
        If the file is of another teacher, or not one label is left.
    """
    done = _read(path, str(teacher.weights_sha256))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        if not path.stat().st_size:
            stream.write(json.dumps({"teacher_sha256": str(teacher.weights_sha256)}) + "\n")
        for lesson in lessons:
            if lesson.source not in done:
                done[lesson.source] = found = label_of(lesson, teacher)
                line = {"source": lesson.source, "reason": found}
                line = line if isinstance(found, str) else asdict(found)
                stream.write(json.dumps(line) + "\n")
                stream.flush()
    known = [done[lesson.source] for lesson in lessons]
    labels = [label for label in known if isinstance(label, Label)]
    if not labels:
        raise ElatbotError(f"the teacher {teacher.name} could label none of {len(known)} crystals")
    reasons = [reason for reason in known if isinstance(reason, str)]
    return labels, {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def read_labels(path: Path) -> list[Label]:
    """The labels of a file."""
    found = _read(path, None).values()
    return [label for label in found if isinstance(label, Label)]


def _read(path: Path, teacher_sha256: str | None) -> dict[str, Label | str]:
    """Labels and reasons by source; a last line that was not finished is cut off."""
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    head, *lines = [json.loads(line) for line in whole.splitlines()] or [{}]
    if head and teacher_sha256 not in (None, head["teacher_sha256"]):
        raise ElatbotError(f"{path} holds labels of another teacher: give another folder")
    return {line["source"]: line["reason"] if "reason" in line else Label(**line) for line in lines}


def label_of(lesson: Lesson, teacher: Potential) -> Label | str:
    """The label of one lesson, or the reason why there is none.

    Reasons: ``unknown_element``, ``not_converged``, ``another_crystal`` (the teacher's own minimum
    is far from a crystal that is given as at rest), ``calculation_error``.
    """
    if {e.symbol for e in lesson.structure.composition} - set(teacher.elements):
        return "unknown_element"
    try:
        start, _ = primitive_cell(lesson.structure, _SYMPREC)
        symmetry = crystal_symmetry(start, _SYMPREC)
        ended = relax_in_symmetry(
            start, teacher, symmetry, max_force=2e-3, max_stress=0.1, max_steps=100
        )
        if not ended.converged:
            return "not_converged"
        known = lesson.bulk_modulus is not None
        if known and _strain_between(start, ended.structure) > _FARTHEST:
            return "another_crystal"
        hessian, _ = measure_hessian(ended.structure, teacher, symmetry)
        return _label(lesson, start if known else ended.structure, hessian, teacher)
    except Exception:  # noqa: BLE001 - potentials raise what they like on odd crystals
        return "calculation_error"


def _label(
    lesson: Lesson, structure: Structure, hessian: NDArray[np.float64], teacher: Potential
) -> Label:
    far = _far(lesson, len(structure))
    rest, there = (evaluate(structure, place, teacher) for place in (0 * far, far))
    return Label(
        source=lesson.source,
        formula=lesson.formula,
        structure=structure.as_dict(),
        hessian=_rounded(hessian),
        bulk_modulus=lesson.bulk_modulus,
        shear_modulus=lesson.shear_modulus,
        magnetic=lesson.is_magnetic,
        far=_rounded(far),
        far_energy=there.energy - rest.energy,
        far_gradient=_rounded(there.gradient - rest.gradient),
    )


def _far(lesson: Lesson, sites: int) -> NDArray[np.float64]:
    """Where the frame far from rest is, the same in every run."""
    rng = np.random.default_rng(formula_hash(lesson.source, salt="far frame"))
    strain = rng.normal(size=6) * _FAR_STRAIN / 6**0.5
    strain[:3] += rng.normal() * _FAR_VOLUME
    return np.concatenate([strain, _FAR_SHIFT * rng.normal(size=3 * sites)]).round(5)


def _strain_between(first: Structure, second: Structure) -> float:
    """Length of the strain that turns one cell into the other."""
    turn = np.linalg.solve(first.lattice.matrix, second.lattice.matrix)
    return float(np.linalg.norm(mandel_from_matrix(0.5 * (turn + turn.T) - np.eye(3))))


def _rounded(values: NDArray[np.float64]) -> Any:
    return np.round(values, 5).tolist()
