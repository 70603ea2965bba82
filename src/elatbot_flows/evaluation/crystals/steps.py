"""The funnel: how many crystals get how far, and why the others do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.evaluation.crystals.rates import Draws, Rate, rate
from elatbot_flows.evaluation.crystals.validity import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymatgen.core import Structure

    from elatbot_flows.evaluation.crystals.generated import GeneratedCrystal
    from elatbot_flows.evaluation.crystals.outcomes import Outcome

__all__ = ["BEFORE", "Examined", "Step", "examined", "funnel"]

BEFORE = {
    "parsed": None,
    "valid": "parsed",
    "relaxed": "valid",
    "passed": "relaxed",
    "metastable": "passed",
    "stable": "passed",
    "on_target": "passed",
    "on_target_metastable": "on_target",
}
"""The step that each step takes crystals from."""


@dataclass(frozen=True)
class Step(MSONable):
    """How many crystals came through a step.

    Parameters
    ----------
    of_all
        Of everything submitted.
    of_previous
        Of those that came through the step before (see `BEFORE`).
    reasons
        Why the others of the step before did not, by reason.
    """

    of_all: Rate
    of_previous: Rate
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Examined:
    """A try with what was found."""

    crystal: GeneratedCrystal
    checks: dict[str, bool]
    outcome: Outcome | None

    @property
    def there(self) -> Structure:
        """The crystal, where there is one."""
        if self.crystal.structure is None:
            raise ValueError(f"{self.crystal.source} has no crystal")
        return self.crystal.structure

    @property
    def apart(self) -> bool:
        """Whether there is a crystal whose atoms are apart, as CDVAE asks."""
        return self.crystal.structure is not None and self.checks["apart"]

    @property
    def valid(self) -> bool:
        """Whether there is a crystal that passes all checks that apply."""
        return self.crystal.structure is not None and all(self.checks.values())

    def reason(self, step: str) -> str:
        """Why it did not come through a step."""
        if step == "parsed":
            return str(self.crystal.reason)
        if step == "valid":
            failed = [name for name, fine in self.checks.items() if not fine]
            return str(self.crystal.reason or f"not_{failed[0]}")
        if self.outcome is None:
            return "not_tried"
        if step in {"relaxed", "passed"}:
            return self.outcome.reason or "not_tried"
        return "target_missed" if step == "on_target" else self.outcome.status or "not_tried"

    def line(self) -> dict[str, Any]:
        """What is told of it as plain values."""
        crystal, outcome = self.crystal, self.outcome
        formula = None
        if crystal.structure is not None:
            formula = crystal.structure.composition.reduced_formula
        line: dict[str, Any] = {
            "source": crystal.source,
            "formula": formula,
            "parsed": crystal.parsed,
        }
        line |= {"valid": self.valid, "checks": self.checks, "reason": crystal.reason}
        if outcome is None:
            return line | {"message": crystal.message}
        physics = {name: getattr(outcome, name) for name in ("relaxed", "passed", "status", "hit")}
        return line | {"message": crystal.message} | physics | {"failure": outcome.reason}


def examined(crystal: GeneratedCrystal, outcome: Outcome | None) -> Examined:
    """Look at a try.

    Parameters
    ----------
    crystal
        The try.
    outcome
        What physics says of it.
    """
    return Examined(crystal, checked(crystal), outcome)


def funnel(
    tries: Sequence[Examined], *, physics: bool, draws: Draws | None = None
) -> dict[str, Step]:
    """Steps in order: parsed and valid; with `physics`, all others that were asked for.

    Parameters
    ----------
    tries
        Everything submitted.
    physics
        Whether potentials were asked.
    draws
        The bootstrap of the intervals.
    """
    names = ["parsed", "valid"]
    if physics:
        names += ["relaxed", "passed"]
        outcomes = [each.outcome for each in tries if each.outcome is not None]
        placed = any(outcome.status is not None for outcome in outcomes)
        targeted = any(outcome.hit is not None for outcome in outcomes)
        names += ["metastable", "stable"] * placed + ["on_target"] * targeted
        names += ["on_target_metastable"] * (placed and targeted)
    steps: dict[str, Step] = {}
    through: dict[str | None, list[Examined]] = {None: list(tries)}
    for name in names:
        before = through[BEFORE[name]]
        through[name] = [each for each in before if _TESTS[name](each)]
        count = len(through[name])
        others = Counter(each.reason(name) for each in before if not _TESTS[name](each))
        steps[name] = Step(
            of_all=rate(count, len(tries), draws),
            of_previous=rate(count, len(before), draws),
            reasons=dict(others.most_common()),
        )
    return steps


def _says(test: Callable[[Outcome], bool | None]) -> Callable[[Examined], bool]:
    return lambda each: each.outcome is not None and test(each.outcome) is True


_ON_HULL = ("stable", "metastable")
_TESTS: dict[str, Callable[[Examined], bool]] = {
    "parsed": lambda each: each.crystal.parsed,
    "valid": lambda each: each.valid,
    "relaxed": _says(lambda outcome: outcome.relaxed),
    "passed": _says(lambda outcome: outcome.passed),
    "metastable": _says(lambda outcome: outcome.status in _ON_HULL),
    "stable": _says(lambda outcome: outcome.status == "stable"),
    "on_target": _says(lambda outcome: outcome.hit),
    "on_target_metastable": _says(lambda outcome: outcome.status in _ON_HULL),
}
