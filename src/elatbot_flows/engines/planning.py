"""What a text model is asked for when materials are wanted for a target."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.mini.plan import Plan
from elatbot_flows.engines.mini.scope import check_target
from elatbot_flows.errors import ElatbotError, TargetError
from elatbot_flows.text.format import MaterialRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.engines.mini.generator_files import GeneratorInfo
    from elatbot_flows.targets import DesignTarget, Interval
    from elatbot_flows.text.compact import Proposal
    from elatbot_flows.text.format import Format

__all__ = ["Writer"]


@dataclass(frozen=True)
class Writer:
    """A text model as somebody who writes materials.

    Parameters
    ----------
    name
        What to call it.
    format
        How it is asked for materials.
    generator
        What is known of its training rows, if this package made it. Of others only what their
        format can say is known.
    elements
        Symbols of the elements it was trained on; None if nobody wrote them down.
    """

    name: str
    format: Format[MaterialRequest, Proposal]
    generator: GeneratorInfo | None = None
    elements: tuple[str, ...] | None = None

    def check(self, target: DesignTarget) -> None:
        """Refuse a target that the model cannot be asked for, without loading it.

        Raises
        ------
        TargetError
            If the target is out of reach; names the remedy.
        """
        if self.generator is not None:
            check_target(self.generator, target)
            return
        if self.elements is not None and not target.allowed(self.elements):
            raise TargetError(f"no element that {self.name} knows is left; allow more elements")
        interval = self._bounded(target)
        try:
            for edge in (interval.low, interval.high):
                self.format.ask(MaterialRequest(edge, target.temperature))
        except ElatbotError as error:
            raise TargetError(f"{self.name} cannot be asked for {interval} GPa: {error}") from error

    def plan(
        self,
        target: DesignTarget,
        n: int,
        *,
        seed: int,
        elements: Collection[str] | None = None,
    ) -> list[MaterialRequest]:
        """Draw what `n` answers are asked for.

        Models were trained on exact bulk moduli: each answer is asked for one, drawn uniformly
        from the interval that the target implies. Generators of this package are also told the
        number of elements and the elements, see `elatbot_flows.engines.mini.plan.Plan`.

        Parameters
        ----------
        target
            What is wanted.
        n
            Number of answers.
        seed
            Same seed, same requests.
        elements
            Narrows the elements that the target allows; None for no narrowing.

        Raises
        ------
        TargetError
            As `check`, or if no element is left.
        """
        self.check(target)
        rng = np.random.default_rng(seed)
        if self.generator is not None:
            wanted = Plan(self.generator, target, elements)
            return [wanted.draw(rng) for _ in range(n)]
        interval = self._bounded(target)
        values = rng.uniform(interval.low, interval.high, n).round(2).tolist()
        return [MaterialRequest(value, target.temperature) for value in values]

    def _bounded(self, target: DesignTarget) -> Interval:
        """Bulk moduli to draw from."""
        interval = target.implied_bulk_modulus()
        if interval is None or not (isfinite(interval.low) and isfinite(interval.high)):
            raise TargetError(
                f"{self.name} is asked for exact bulk moduli and the target does not say between "
                "which: give bulk_modulus both ends, for example 150:170"
            )
        return interval
