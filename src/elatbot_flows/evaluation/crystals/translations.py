"""Whether a model that writes crystals knows that moving all atoms changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.evaluation.crystals.rates import Draws, Measured, measured
from elatbot_flows.text.crystals import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pymatgen.core import Structure

__all__ = ["increase_under_translation"]


def increase_under_translation(
    structures: Iterable[Structure],
    perplexities: Callable[[Sequence[str]], Sequence[float]],
    *,
    translations: int = 20,
    render: Callable[[Structure], str] = lines.render,
    draws: Draws | None = None,
) -> Measured:
    """Increase of perplexity under translation (IPT; Gruver et al., ICLR 2024).

    For each crystal the mean perplexity of its translated texts less the smallest; then the mean of
    crystals. 0 for a model that finds all of them equally likely. It compares models that share
    tokens; perplexities of others are in other units.

    Parameters
    ----------
    structures
        Crystals.
    perplexities
        Perplexity of each of several texts.
    translations
        Random translations of each crystal, uniform in the cell, at least 2.
    render
        How crystals are written.
    draws
        The bootstrap over crystals; its seed is that of the translations, too.

    Raises
    ------
    ValueError
        For fewer than two translations.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> copper = Structure(Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    >>> increase_under_translation([copper], lambda texts: [3.0 for _ in texts]).value
    0.0
    """
    if translations < 2:
        raise ValueError(f"{translations} translations have no smallest beside others: at least 2")
    draws = draws or Draws()
    rng = np.random.default_rng(draws.seed)
    increases = []
    for structure in structures:
        shifts = rng.random((translations, 3))
        found = np.asarray(perplexities([render(_moved(structure, by)) for by in shifts]))
        increases.append(float(found.mean() - found.min()))
    return measured(np.mean, [increases], draws)


def _moved(structure: Structure, shift: np.ndarray) -> Structure:
    moved = structure.copy()
    moved.translate_sites(range(len(moved)), shift)
    return moved
