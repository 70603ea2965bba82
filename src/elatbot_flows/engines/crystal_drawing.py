"""Crystals that a text model writes, every answer accounted for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.crystals.geometry import scaled_to_predicted_volume
from elatbot_flows.crystals.guess import describe_symmetry
from elatbot_flows.engines.ask_all import draw_each
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.drawing import Drawn, broken_limits, draw_materials
from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.symmetry import restore
from elatbot_flows.text.formats.crystals import CRYSTAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pymatgen.core import Structure

    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.crystal_writer import CrystalWishes
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.crystals.questions import CrystalRequest
    from elatbot_flows.text.crystals.written import WrittenCrystal
    from elatbot_flows.text.format import Format
    from elatbot_flows.text.question import Question

__all__ = ["DrawnCrystal", "draw_crystals", "draw_crystals_of", "draw_requests"]


@dataclass(frozen=True)
class DrawnCrystal(Drawn):
    """One answer to a question for a crystal; see `elatbot_flows.engines.drawing.Drawn`.

    Parameters
    ----------
    request
        What was asked for; None if no formula was named to ask for.
    structure
        Primitive cell of the crystal in the symmetry it has within 0.1 A; None if there is none.
    space_group
        Number of it; None if it has none that spglib finds.
    stated_space_group
        The one that the answer, or else the question, states.
    repairs
        What had to be repaired to read the answer.
    named_by
        Answer of the other model that named the formula, if one did.
    """

    request: CrystalRequest | None = None
    structure: Structure | None = None
    space_group: int | None = None
    stated_space_group: int | None = None
    repairs: tuple[str, ...] = ()
    named_by: Completion | None = None


def draw_crystals(
    model: TextModel,
    target: DesignTarget | None,
    n: int,
    *,
    seed: int,
    wishes: CrystalWishes | None = None,
    temperature: float | None = None,
    elements: Collection[str] | None = None,
) -> list[DrawnCrystal]:
    """Let a text model write `n` crystals.

    Parameters
    ----------
    model
        A text model in a dialect that writes crystals.
    target
        Whose limits on elements and sites hold; its moduli are said to models that have words for
        them. None for no limits.
    n
        Number of answers.
    seed
        Same seed, same answers, where the engine can promise it.
    wishes
        What is asked for; None to leave all to the model.
    temperature
        Of the sampling; by default that of the dialect.
    elements
        Narrows the elements that the target allows; None for no narrowing.

    Returns
    -------
    list of DrawnCrystal
        As many as asked for. Those that break the limits or are of another formula than was asked
        for (``"other_formula"``) have a reason.

    Raises
    ------
    TargetError
        If the wishes cannot be said, or no element is left.
    EngineError
        If the model writes no crystals, cannot be loaded, or nothing can be answered any more.
    """
    requests = model.crystal_writer(wishes).plan(target, n, seed=seed, elements=elements)
    sampling = model.sampling(CRYSTAL, temperature=temperature, seed=seed)
    drawn = draw_requests(model, model.engine(), requests, sampling)
    return [_limited(one, target, elements) for one in drawn]


def draw_crystals_of(
    model: TextModel,
    speller: TextModel,
    target: DesignTarget,
    n: int,
    *,
    seed: int,
    wishes: CrystalWishes,
    temperature: float | None = None,
    elements: Collection[str] | None = None,
) -> list[DrawnCrystal]:
    """Let a text model write about `n` crystals of formulas that another one names.

    Parameters
    ----------
    model, target, seed, temperature, elements
        As in `draw_crystals`.
    speller
        A text model that writes formulas for targets.
    n
        Number of answers; a formula that is none is one of them.
    wishes
        In which space groups, with how many formula units; each formula is asked for in all.

    Raises
    ------
    TargetError, EngineError
        As `draw_crystals`, or `elatbot_flows.engines.drawing.draw_materials` of the speller.
    """
    writer = model.crystal_writer(wishes)
    each = writer.requests(named=True)
    number = ceil(n / len(each))
    named = draw_materials(speller, target, number, seed=seed, elements=elements)
    good = [one for one in named if one.reason is None]
    asked = [(replace(wish, formula=one.formula), one) for one in good for wish in each]
    sampling = model.sampling(CRYSTAL, temperature=temperature, seed=seed)
    requests = [request for request, _ in asked]
    requests = writer.aimed(requests, target, np.random.default_rng(seed), elements)
    drawn = draw_requests(model, model.engine(), requests, sampling)
    found = [
        replace(_limited(one, target, elements), named_by=by.completion)
        for one, (_, by) in zip(drawn, asked, strict=True)
    ]
    bad = (vars(one) for one in named if one.reason is not None)
    return [*(DrawnCrystal(**one) for one in bad), *found]


def draw_requests(
    model: TextModel, engine: Engine, requests: Sequence[CrystalRequest], sampling: Sampling
) -> list[DrawnCrystal]:
    """Let `engine` write one crystal for each request, in the words of `model`.

    Parameters
    ----------
    model
        Whose words.
    engine
        Who answers: that of the model, or one around it such as a journal.
    requests
        What is asked for, one after the other.
    sampling
        How answers are drawn; its number of samples is overruled.

    Raises
    ------
    EngineError
        As `elatbot_flows.engines.base.Engine.complete`.
    """
    asked = model.crystal_writer().format
    questions: list[Question | Failure] = []
    for request in requests:
        try:
            questions.append(asked.ask(request))
        except ParseError as error:
            questions.append(Failure(error.reason, str(error)))
    answers = draw_each(engine, questions, sampling)
    return [_read(asked, *pair) for pair in zip(requests, answers, strict=True)]


def _read(
    asked: Format[CrystalRequest, WrittenCrystal],
    request: CrystalRequest,
    answer: Completion | Failure,
) -> DrawnCrystal:
    if isinstance(answer, Failure):
        return DrawnCrystal(None, reason=answer.reason, message=answer.message, request=request)
    try:
        found = asked.read(answer.text, request)
    except ParseError as error:
        cut = answer.finish_reason == "length"
        words = f"{error}; the answer was cut off: raise max_tokens" if cut else str(error)
        return DrawnCrystal(
            None, completion=answer, reason=error.reason, message=words, request=request
        )
    if not asked.sized:
        found = replace(found, structure=scaled_to_predicted_volume(found.structure))
    return _crystal(found, request, answer)


def _crystal(found: WrittenCrystal, request: CrystalRequest, answer: Completion) -> DrawnCrystal:
    """What is told of a crystal that could be read."""
    group = found.space_group()
    formula = str(found.structure.composition.reduced_formula)
    reason = message = system = None
    if group is None:
        structure, reason = found.structure, "no_space_group"
        message = f"spglib finds no symmetry in {formula}, not even the identity"
    else:
        structure = _primitive(found.structure, group)
        system = describe_symmetry(structure)[1]
    if not found.as_stated().get("formula", True):
        reason, message = "other_formula", f"{formula} was written for {found.stated.formula}"
    return DrawnCrystal(
        None,
        completion=answer,
        formula=formula,
        crystal_system=system,
        reason=reason,
        message=message,
        request=request,
        structure=structure,
        space_group=group,
        stated_space_group=found.stated.space_group,
        repairs=found.repairs,
    )


def _primitive(structure: Structure, group: int) -> Structure:
    """Primitive cell, its atoms where the symmetry within 0.1 A wants them."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    restored = restore(structure, group)
    if restored is None:
        return structure
    primitive: Structure = SpacegroupAnalyzer(restored.structure).get_primitive_standard_structure()
    return primitive


def _limited(
    drawn: DrawnCrystal, target: DesignTarget | None, elements: Collection[str] | None
) -> DrawnCrystal:
    """The same, with a reason if it breaks what the target allows."""
    if drawn.structure is None or drawn.reason is not None or target is None:
        return drawn
    broken = broken_limits(str(drawn.formula), target, elements)
    if broken is None and (sites := len(drawn.structure)) > target.max_sites:
        words = f"{drawn.formula} has {sites} sites, at most {target.max_sites} are allowed"
        broken = Failure("too_many_sites", words)
    return drawn if broken is None else replace(drawn, reason=broken.reason, message=broken.message)
