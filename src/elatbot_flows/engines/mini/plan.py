"""What the samples of one call ask for: conditions drawn from a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.mini.grammar import MaterialGrammar
from elatbot_flows.errors import GeneratorError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import LONGEST_LIST, Condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.mini.generator_files import GeneratorInfo
    from elatbot_flows.targets import DesignTarget

__all__ = ["Plan", "check_systems"]

_MOST_ELEMENTS = 9


def check_systems(systems: Sequence[str]) -> None:
    """Refuse what is no crystal system.

    Raises
    ------
    GeneratorError
        If a name is unknown or there is none.
    """
    wrong = [system for system in systems if system not in CRYSTAL_SYSTEMS]
    if wrong or not systems:
        raise GeneratorError(
            f"{', '.join(map(repr, wrong)) or 'an empty list'} is no crystal system; "
            f"choose from {', '.join(CRYSTAL_SYSTEMS)}"
        )


class Plan:
    """Draws what each sample is asked for.

    Parameters
    ----------
    info
        What the generator knows.
    target
        What is wanted.
    systems
        Crystal systems allowed; None for all.
    elements
        Narrows the elements that the target allows; None for no narrowing.

    Raises
    ------
    TargetError
        If no element is left.
    GeneratorError
        If `systems` is empty or holds an unknown name.
    """

    def __init__(
        self,
        info: GeneratorInfo,
        target: DesignTarget,
        systems: tuple[str, ...] | None,
        elements: tuple[str, ...] | None,
    ) -> None:
        if systems is not None:
            check_systems(systems)
        allowed = target.allowed(info.elements)
        self._allowed = tuple(e for e in allowed if elements is None or e in elements)
        if not self._allowed:
            raise TargetError("no element is left; give elements that the target allows")
        # Nearly all elements are as good as no list; a list too long for the prompt is shown,
        # and enforced, in random parts.
        self._listed = 2 * len(self._allowed) <= len(info.elements)
        self._edges = _modulus_edges(info, target)
        self._most_atoms = target.max_sites
        self._numbers = _number_shares(info, len(self._allowed), target)
        self._systems = systems
        rows = np.array([info.rows_by_system.get(system, 0) + 1.0 for system in systems or ()])
        self._system_shares = rows / rows.sum()

    def draw(self, rng: np.random.Generator) -> tuple[Condition, MaterialGrammar]:
        """Draw the condition of one sample, with the grammar that enforces it."""
        elements = self._allowed
        if self._listed:
            elements = tuple(rng.permutation(elements)[:LONGEST_LIST].tolist())
        number = int(rng.choice(len(self._numbers), p=self._numbers)) + 1
        modulus = None if self._edges is None else float(rng.uniform(*self._edges))
        system = str(rng.choice(self._systems, p=self._system_shares)) if self._systems else None
        condition = Condition(modulus, number, elements if self._listed else None, system)
        systems = (system,) if system else CRYSTAL_SYSTEMS
        return condition, MaterialGrammar(elements, number, systems, self._most_atoms)


def _modulus_edges(info: GeneratorInfo, target: DesignTarget) -> tuple[float, float] | None:
    """Bulk moduli to ask for: what the target implies, cut to what the generator knows."""
    interval = target.implied_bulk_modulus()
    if interval is None:
        return None
    low, high = np.clip(
        (interval.low, interval.high), info.bulk_modulus_low, info.bulk_modulus_high
    )
    return float(low), float(high)


def _number_shares(info: GeneratorInfo, allowed: int, target: DesignTarget) -> np.ndarray:
    """How often to ask for 1, 2, ... elements; for 1 only if there is no choice."""
    most = target.max_elements or _MOST_ELEMENTS
    highest = min(allowed, most, target.max_sites, _MOST_ELEMENTS)
    if highest == 1:
        return np.ones(1)
    rows = np.array([*info.rows_by_number, *[0] * _MOST_ELEMENTS][:highest], dtype=float)
    rows[0] = 0.0
    if not rows.any():
        rows[-1] = 1.0
    return np.asarray(rows / rows.sum())
