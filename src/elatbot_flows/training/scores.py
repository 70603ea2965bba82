"""How good a generator is on rows it was not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.training.likelihood import design_texts, mean_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from transformers import LlamaForCausalLM

    from elatbot_flows.engines.mini.generator import Generator
    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

__all__ = ["design_scores", "error_scores", "held_out_scores"]


def error_scores(expected: NDArray[np.float64], found: NDArray[np.float64]) -> dict[str, float]:
    """Mean and median absolute error (GPa), R2 and Spearman rank correlation.

    Parameters
    ----------
    expected, found
        Labels and predictions, shape ``(n,)``.
    """
    from scipy.stats import spearmanr

    errors = np.abs(found - expected)
    residual = float(((found - expected) ** 2).sum())
    return {
        "mae": float(errors.mean()),
        "median": float(np.median(errors)),
        "r2": 1.0 - residual / float(((expected - expected.mean()) ** 2).sum()),
        "rho": float(spearmanr(expected, found).statistic),
    }


def design_scores(model: LlamaForCausalLM, rows: Sequence[BulkModulusRow]) -> dict[str, float]:
    """Nats per material given its own bulk modulus and given that of another row.

    The elements are written in the order of the reduced formula.
    """
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = [
        replace(row, bulk_modulus=rows[i].bulk_modulus) for row, i in zip(rows, order, strict=True)
    ]
    return {
        "nll_true": mean_loss(model, design_texts(rows)),
        "nll_shuffled": mean_loss(model, design_texts(shuffled)),
    }


def held_out_scores(
    generator: Generator, model: LlamaForCausalLM, rows: Sequence[BulkModulusRow], mean: float
) -> dict[str, float]:
    """All numbers of the model card.

    Parameters
    ----------
    generator, model
        The generator under test and its weights.
    rows
        Rows it was not trained on, of elements it knows.
    mean
        Mean bulk modulus of its training rows in GPa, the simplest prediction.
    """
    expected = np.array([row.bulk_modulus for row in rows])
    pairs = [(row.formula, row.crystal_system) for row in rows]
    found = np.array([value for value, _ in generator.predict_bulk_modulus(pairs)])
    return {
        **design_scores(model, rows),
        **error_scores(expected, found),
        "mean_mae": float(np.abs(expected - mean).mean()),
    }
