"""What several answers to the same question have in common.

LLaMP (Chiang et al., arXiv:2401.17244) scores self-consistency by SCoR, which is exp(-spread) times
the share of valid answers. There the spread is the standard error in the unit of the quantity, so
that GPa and Pa give different scores, and more samples a better one. Here it is the standard
deviation over the magnitude of the mean, which has neither fault. A model may be consistent and
wrong: see `elatbot_flows.uncertainty.predictions` for errors against known values.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from elatbot_flows.elasticity.mandel import mandel_from_voigt
from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.errors import ParseError, UncertaintyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Answer", "SampleSummary", "scor", "summarize_samples", "summarize_texts"]

Answer: TypeAlias = "float | NDArray[np.float64]"
"""A number, or a tensor of shape (6, 6) in Voigt order."""

_LARGEST = 1e100  # squares and sums of it are still finite
_MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")


@dataclass(frozen=True, eq=False)
class SampleSummary:
    """Answers of one model to one question.

    Parameters
    ----------
    n_asked, n_parsed
        Answers asked for, and those that could be read.
    mean
        Of the answers that could be read; None without any.
    std
        Sample standard deviation, for tensors of every component; None for fewer than two.
    mode, n_mode
        Most frequent answer, the first of several as frequent, and how often it was given.
    relative_spread
        Standard deviation (of the population) over the magnitude of the mean, for tensors in the
        norm of rank four, which does not depend on axes; None for fewer than two answers,
        infinite if the answers differ and their mean is zero.
    moduli_mean, moduli_std
        For tensors: Hill's averages by name, over the positive definite answers, and their sample
        standard deviations (empty for fewer than two).
    n_moduli
        Positive definite answers.
    rejected
        How many answers could not be read, by reason.
    """

    n_asked: int
    n_parsed: int
    mean: Answer | None = None
    std: Answer | None = None
    mode: Answer | None = None
    n_mode: int = 0
    relative_spread: float | None = None
    moduli_mean: dict[str, float] = field(default_factory=dict)
    moduli_std: dict[str, float] = field(default_factory=dict)
    n_moduli: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    @property
    def parsed_fraction(self) -> float:
        """Share of answers that could be read, LLaMP's confidence."""
        return self.n_parsed / self.n_asked

    @property
    def precision(self) -> float | None:
        """exp(-relative spread), from 0 to 1, LLaMP's CoP; None for fewer than two answers."""
        return None if self.relative_spread is None else math.exp(-self.relative_spread)

    @property
    def scor(self) -> float | None:
        """Precision times parsed fraction: 0 without an answer, None with one, as it has none."""
        if self.n_parsed == 0:
            return 0.0
        if self.relative_spread is None:
            return None
        return scor(self.relative_spread, self.n_parsed, self.n_asked)


def scor(spread: float, n_parsed: int, n_asked: int) -> float:
    """Self-consistency of reasoning: exp(-spread) times the share of answers that could be read.

    Parameters
    ----------
    spread
        Not negative; LLaMP's own numbers have the standard error in the unit of the quantity.
    n_parsed, n_asked
        Answers.

    Raises
    ------
    UncertaintyError
        If the spread is negative or not a number, or the counts are impossible.
    """
    if not spread >= 0 or not 0 <= n_parsed <= n_asked or n_asked == 0:
        raise UncertaintyError(
            f"spread {spread} of {n_parsed} answers to {n_asked} questions is impossible; give a "
            "spread from 0 and as many questions as answers at least"
        )
    return math.exp(-spread) * n_parsed / n_asked


def summarize_texts(texts: Sequence[str], parse: Callable[[str], ArrayLike]) -> SampleSummary:
    """Read answers and summarize them.

    Parameters
    ----------
    texts
        Answers to the same question.
    parse
        Reads one, such as `elatbot_flows.text.tensor_text.parse`; a `ParseError` rejects it.
    """
    samples: list[ArrayLike | None] = []
    reasons: Counter[str] = Counter()
    for text in texts:
        try:
            samples.append(parse(text))
        except ParseError as error:
            samples.append(None)
            reasons[error.reason] += 1
    return summarize_samples(samples, dict(reasons))


def summarize_samples(
    samples: Sequence[ArrayLike | None], rejected: dict[str, int] | None = None
) -> SampleSummary:
    """Summarize answers to the same question.

    Parameters
    ----------
    samples
        Numbers, or tensors of shape (6, 6); None for answers that could not be read. Answers that
        are not finite or exceed 1e100 count as such, with the reason ``"not_finite"``.
    rejected
        Counts by reason of the answers that are None; by default all are ``"unparsed"``.

    Raises
    ------
    UncertaintyError
        If there are no samples, or numbers and tensors are mixed.
    """
    if not len(samples):
        raise UncertaintyError("there are no samples; ask the model once at least")
    given = [np.asarray(sample, dtype=float) for sample in samples if sample is not None]
    parsed = [sample for sample in given if (np.abs(sample) < _LARGEST).all()]
    missing, infinite = len(samples) - len(given), len(given) - len(parsed)
    reasons = {"unparsed": missing} if rejected is None and missing else dict(rejected or {})
    if infinite:
        reasons["not_finite"] = reasons.get("not_finite", 0) + infinite
    if not parsed:
        return SampleSummary(len(samples), 0, rejected=reasons)
    shapes = {sample.shape for sample in given}
    if len(shapes) > 1 or not shapes <= {(), (6, 6)}:
        raise UncertaintyError(
            f"answers have the shapes {sorted(shapes)}; give numbers alone or 6x6 tensors alone"
        )
    answers = np.array(parsed)
    several = len(answers) > 1
    mode, n_mode = _most_frequent(parsed)
    return SampleSummary(
        n_asked=len(samples),
        n_parsed=len(answers),
        mean=_plain(_mean(answers)),
        std=_plain(_std(answers)) if several else None,
        mode=_plain(mode),
        n_mode=n_mode,
        relative_spread=_relative_spread(answers) if several else None,
        rejected=reasons,
        **(_moduli(answers) if answers.ndim == 3 else {}),
    )


def _mean(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean; equal answers are their own mean, to the last digit."""
    return np.asarray(answers[0] + (answers - answers[0]).mean(axis=0))


def _std(answers: NDArray[np.float64], ddof: int = 1) -> NDArray[np.float64]:
    return np.asarray((answers - answers[0]).std(axis=0, ddof=ddof))


def _relative_spread(answers: NDArray[np.float64]) -> float:
    scaled = mandel_from_voigt(answers) if answers.ndim == 3 else answers
    spread = float(np.linalg.norm(_std(scaled, ddof=0)))
    magnitude = float(np.linalg.norm(_mean(scaled)))
    if spread == 0:
        return 0.0
    return spread / magnitude if magnitude > 0 else math.inf


def _most_frequent(parsed: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], int]:
    counts = Counter((sample + 0.0).tobytes() for sample in parsed)
    wanted, n = counts.most_common(1)[0]
    return next(sample for sample in parsed if (sample + 0.0).tobytes() == wanted), n


def _moduli(tensors: NDArray[np.float64]) -> dict[str, Any]:
    """Hill's averages of the positive definite tensors."""
    definite = [t for t in tensors if smallest_eigenvalue(t) > 1e-10 * np.abs(t).max()]
    found = [moduli_from_tensor(tensor) for tensor in definite]
    columns = {name: np.array([getattr(moduli, name) for moduli in found]) for name in _MODULI}
    return {
        "n_moduli": len(found),
        "moduli_mean": {n: float(_mean(c)) for n, c in columns.items() if len(c)},
        "moduli_std": {n: float(_std(c)) for n, c in columns.items() if len(c) > 1},
    }


def _plain(value: NDArray[np.float64]) -> Answer:
    return float(value) if value.ndim == 0 else value
