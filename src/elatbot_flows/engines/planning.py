"""What a text model is asked for when materials are wanted for a target."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.mini.plan import Plan
from elatbot_flows.engines.mini.scope import check_target as check_scope
from elatbot_flows.errors import ElatbotError, TargetError
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import MaterialRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["check_target", "plan"]


def check_target(model: TextModel, target: DesignTarget) -> None:
    """Refuse a target that a model cannot be asked for, without loading the model.

    Parameters
    ----------
    model
        Who is asked. Of models whose training rows nobody wrote down only what their dialect can
        say is known.
    target
        What is wanted.

    Raises
    ------
    EngineError
        If the model does not generate.
    TargetError
        If the target is out of reach; names the remedy.
    """
    model.check_task(Task.GENERATION)
    if model.generator is not None:
        check_scope(model.generator, target)
        return
    if model.elements is not None and not target.allowed(model.elements):
        raise TargetError(f"no element that {model.name} knows is left; allow more elements")
    interval = _bounded(model, target)
    try:
        for edge in (interval.low, interval.high):
            model.words.ask_material(MaterialRequest(edge, target.temperature))
    except ElatbotError as error:
        raise TargetError(f"{model.name} cannot be asked for {interval} GPa: {error}") from error


def plan(
    model: TextModel,
    target: DesignTarget,
    n: int,
    *,
    seed: int,
    elements: Collection[str] | None = None,
) -> list[MaterialRequest]:
    """Draw what `n` answers are asked for.

    Models were trained on exact bulk moduli: each answer is asked for one, drawn uniformly from the
    interval that the target implies. Generators of this package are also told the number of
    elements and the elements, see `elatbot_flows.engines.mini.plan.Plan`.

    Parameters
    ----------
    model
        Who is asked.
    target
        What is wanted.
    n
        Number of answers.
    seed
        Same seed, same wishes.
    elements
        Narrows the elements that the target allows; None for no narrowing.

    Raises
    ------
    EngineError, TargetError
        As `check_target`.
    """
    check_target(model, target)
    rng = np.random.default_rng(seed)
    if model.generator is not None:
        wanted = Plan(model.generator, target, elements)
        return [wanted.draw(rng) for _ in range(n)]
    interval = _bounded(model, target)
    values = rng.uniform(interval.low, interval.high, n).round(2).tolist()
    return [MaterialRequest(value, target.temperature) for value in values]


def _bounded(model: TextModel, target: DesignTarget) -> Interval:
    """Bulk moduli to draw from."""
    interval = target.implied_bulk_modulus()
    if interval is None or not (isfinite(interval.low) and isfinite(interval.high)):
        raise TargetError(
            f"{model.name} is asked for exact bulk moduli and the target does not say between "
            "which: give bulk_modulus both ends, for example 150:170"
        )
    return interval
