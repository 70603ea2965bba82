"""From the answers of a model to the numbers of a document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity import (
    Moduli,
    Projection,
    moduli_from_tensor,
    project_on_laue_class,
    smallest_eigenvalue,
    symmetry_of_structure,
)
from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.jobs.ask.asking import plain
from elatbot_flows.jobs.ask.materials import failure_of
from elatbot_flows.uncertainty.samples import summarize_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.format import About, Format
    from elatbot_flows.text.material import Material

__all__ = [
    "Reading",
    "commonest",
    "modulus_fields",
    "read",
    "shear_fields",
    "symmetry_of",
    "tensor_fields",
]

_LARGEST_MODULUS = 1000.0  # GPa; the published training texts leave out what is above. Diamond: 443
_LARGEST_CONSTANT = 2000.0  # GPa; the largest of 706 published tensors is 1380
_ROUNDING = 1e-12
_SINGULAR = 1e-10
_SYMPREC = 0.1
_SPREAD = ("bulk_modulus", "shear_modulus", "youngs_modulus")


@dataclass(frozen=True, eq=False)
class Reading:
    """One answer and what could be read from it.

    Parameters
    ----------
    completion
        The answer.
    tensor
        GPa, shape (6, 6), if that was asked for.
    modulus
        Voigt bulk modulus, GPa: of the tensor, or the number itself.
    shear
        Shear modulus, GPa, if that was asked for.
    repairs
        What had to be repaired.
    failure
        Why nothing could be read.
    """

    completion: Completion
    tensor: NDArray[np.float64] | None = None
    modulus: float | None = None
    repairs: tuple[str, ...] = ()
    failure: Failure | None = None
    shear: float | None = None

    def document(self) -> dict[str, Any]:
        """The completion word for word, and what became of it."""
        found = plain(self.completion) | {
            "bulk_modulus_voigt": self.modulus,
            "repairs": list(self.repairs),
        }
        if self.failure is not None:
            found |= {"reason": self.failure.reason, "message": self.failure.message}
        return found


def read(completion: Completion, asked: Format[About, Any], about: About) -> Reading:
    """Read an answer to a question for a tensor or a modulus."""
    try:
        answer = asked.read(completion.text, about)
        if asked.gives == "tensor":
            _require_possible(answer.tensor[:3, :3].sum() / 9, answer.tensor)
        else:
            _require_possible(answer, ())
            _require_positive(answer)
    except ElatbotError as error:
        failure = failure_of(error)
        if completion.finish_reason == "length":
            cut = f"the answer was cut off after {completion.completion_tokens} tokens"
            failure = Failure(failure.reason, f"{failure.message}; {cut}: raise max_tokens")
        return Reading(completion, failure=failure)
    if asked.gives == "modulus":
        return Reading(completion, modulus=answer)
    if asked.gives == "shear_modulus":
        return Reading(completion, shear=answer)
    voigt = float(answer.tensor[:3, :3].sum() / 9)
    return Reading(completion, answer.tensor, voigt, answer.repairs)


def _require_possible(modulus: float, constants: ArrayLike) -> None:
    """Refuse what no solid has: such numbers are slips, and one of them spoils a mean (GPa)."""
    if abs(modulus) > _LARGEST_MODULUS:
        raise _out_of_range(f"a modulus of {modulus:g} GPa", _LARGEST_MODULUS)
    if (largest := float(np.abs(constants).max(initial=0.0))) > _LARGEST_CONSTANT:
        raise _out_of_range(f"an elastic constant of {largest:g} GPa", _LARGEST_CONSTANT)


def _require_positive(modulus: float) -> None:
    if modulus <= 0:
        raise ParseError(f"no solid has a modulus of {modulus:g} GPa", "out_of_range")


def _out_of_range(what: str, largest: float) -> ParseError:
    return ParseError(f"no solid has {what}: answers above {largest:g} are slips", "out_of_range")


def commonest(failures: Sequence[Failure]) -> Failure:
    """The failure with the reason that most have; the first of these."""
    ((reason, _),) = Counter(failure.reason for failure in failures).most_common(1)
    return next(failure for failure in failures if failure.reason == reason)


def symmetry_of(material: Material) -> str | None:
    """Symmetry of the tensor of a material; None if neither crystal nor system is known.

    Crystals are looked at with the tolerance of the training texts, 0.1 A.
    """
    if material.crystal is not None:
        return symmetry_of_structure(material.crystal, _SYMPREC)
    return material.system.lower() if material.system else None


def modulus_fields(values: Sequence[float | None]) -> dict[str, Any]:
    """Fields of a document from bulk moduli (Voigt, GPa); None for answers that are unreadable."""
    summary = summarize_samples(values)
    return {
        "bulk_modulus": summary.mean,
        "bulk_modulus_average": "voigt",
        "bulk_modulus_voigt": summary.mean,
        "bulk_modulus_std": summary.std,
        "scor": summary.scor,
    }


def shear_fields(values: Sequence[float | None]) -> dict[str, Any]:
    """Fields of a document from shear moduli (GPa); None for answers that are unreadable."""
    summary = summarize_samples(values)
    return {
        "shear_modulus": summary.mean,
        "shear_modulus_std": summary.std,
        "scor": summary.scor,
    }


def tensor_fields(
    tensors: Sequence[NDArray[np.float64] | None], symmetry: str | None, *, project: bool
) -> dict[str, Any]:
    """Fields of a document from elastic tensors of several answers.

    The mean tensor is projected. The main axis may be any of x, y and z: of the tetragonal
    crystals with published tensors about a fifth have another one than the convention says.

    Parameters
    ----------
    tensors
        GPa, shape (6, 6) each; None for answers that are unreadable, at least one is not.
    symmetry
        One of `elatbot_flows.elasticity.laue.SYMMETRIES`, or None if it is not known.
    project
        Whether tensors are projected on the symmetry.
    """
    raw = np.asarray(summarize_samples(tensors).mean)
    found: dict[str, Any] = {"symmetry": symmetry, "raw_tensor": raw.tolist()}
    final, each = raw, list(tensors)
    if symmetry is not None:
        projection = _project(raw, symmetry)
        found["symmetry_distance"] = projection.distance
        if project:
            final = projection.tensor
            each = [None if t is None else _project(t, symmetry).tensor for t in tensors]
    found |= {"elastic_tensor": final.tolist()} | _moduli(final) | _spread(each)
    lowest = smallest_eigenvalue(final)
    stable = lowest > _SINGULAR * float(np.abs(final).max())
    return found | {"smallest_eigenvalue": lowest, "born_stable": stable}


def _project(tensor: NDArray[np.float64], symmetry: str) -> Projection:
    """The nearest symmetric tensor; one that is symmetric stays as it is, to the last digit."""
    found = project_on_laue_class(tensor, symmetry, any_main_axis=True)
    return found if found.distance > _ROUNDING else Projection(tensor, 0.0)


def _spread(tensors: Sequence[NDArray[np.float64] | None]) -> dict[str, Any]:
    """Standard deviations over the answers; of moduli over those that have them."""
    summary = summarize_samples(tensors)
    if summary.std is None:
        return {}
    found = {f"{name}_std": summary.moduli_std.get(name) for name in _SPREAD}
    return found | {"elastic_tensor_std": np.asarray(summary.std).tolist(), "scor": summary.scor}


def _moduli(tensor: NDArray[np.float64]) -> dict[str, float | str | None]:
    """Moduli of a tensor; of an unstable one those alone that need no compliance."""
    if smallest_eigenvalue(tensor) > _SINGULAR * np.abs(tensor).max():
        moduli = moduli_from_tensor(tensor)
        names = [field.name for field in fields(Moduli)]
        return {name: getattr(moduli, name) for name in names} | {"bulk_modulus_average": "vrh"}
    axial, mixed = tensor[:3, :3].trace(), tensor[[0, 0, 1], [1, 2, 2]].sum()
    shear = tensor[3:, 3:].trace()
    return {
        "bulk_modulus_voigt": float((axial + 2 * mixed) / 9),
        "shear_modulus_voigt": float((axial - mixed + 3 * shear) / 15),
    }
