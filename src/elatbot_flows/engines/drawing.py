"""Materials that a text model writes for a target, every answer accounted for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.engines.ask_all import draw_each
from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import ParseError
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.compact import Proposal
    from elatbot_flows.text.format import Format, MaterialRequest

__all__ = ["Drawn", "broken_limits", "draw_materials", "draw_with"]


@dataclass(frozen=True)
class Drawn(MSONable):
    """One answer to a question for a material, and what can be read from it.

    Parameters
    ----------
    bulk_modulus, shear_modulus
        Moduli that were asked for, GPa; None if left open.
    completion
        The answer; None if there is none.
    formula
        Reduced formula.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    reason, message
        Why the answer is missing, cannot be read or breaks the request, for programs and for
        people; None if it is good. One that breaks the request
        (``"element_not_allowed"``, ``"too_many_elements"``, ``"too_many_sites"``,
        ``"fractional_formula"``) still has its formula and crystal system.
    """

    bulk_modulus: float | None
    shear_modulus: float | None = None
    completion: Completion | None = None
    formula: str | None = None
    crystal_system: str | None = None
    reason: str | None = None
    message: str | None = None


def draw_materials(
    model: TextModel,
    target: DesignTarget,
    n: int,
    *,
    seed: int,
    temperature: float | None = None,
    elements: Collection[str] | None = None,
    guided: bool = False,
    guidance: float | None = None,
) -> list[Drawn]:
    """Let a text model write `n` materials for a target.

    Parameters
    ----------
    model
        Any text model that generates. Generators of this package are held to the allowed elements,
        the number of elements and of sites while they write, wherever transformers runs them.
        Other answers that break them come back with a reason.
    target
        What is wanted.
    n
        Number of answers.
    seed
        Same seed, same answers, where the engine can promise it.
    temperature
        Of the sampling; by default that of the dialect.
    elements
        Narrows the elements that the target allows; None for no narrowing.
    guided
        Whether answers are held to the format of the dialect.
    guidance
        How much more closely than they were taught answers follow the moduli
        (`elatbot_flows.engines.base.Sampling`); by default that of the dialect, where the engine
        can.

    Returns
    -------
    list of Drawn
        As many as asked for, in the order of the draws.

    Raises
    ------
    TargetError
        If the target is out of reach (`elatbot_flows.engines.planning.Writer.check`), or no element
        is left.
    EngineError
        If the model does not generate, cannot be loaded, or nothing can be answered any more.
    """
    how = {"temperature": temperature, "seed": seed, "guidance": guidance}
    sampling = model.sampling(Task.GENERATION, **how)
    return draw_with(model, model.engine(), target, n, sampling, elements=elements, guided=guided)


def draw_with(
    model: TextModel,
    engine: Engine,
    target: DesignTarget,
    n: int,
    sampling: Sampling,
    *,
    elements: Collection[str] | None = None,
    guided: bool = False,
) -> list[Drawn]:
    """Let `engine` write materials in the words of `model`; see `draw_materials`.

    Parameters
    ----------
    model
        Whose words, and whose knowledge of what can be asked for.
    engine
        Who answers: that of the model, or one around it such as a journal.
    target, n, elements, guided
        As in `draw_materials`.
    sampling
        How answers are drawn; its seed draws the questions too, its number of samples is
        overruled.

    Raises
    ------
    TargetError, EngineError
        As `draw_materials`.
    """
    writer = model.writer()
    wishes = writer.plan(target, n, seed=sampling.seed, elements=elements)
    questions = [writer.format.ask(wish) for wish in wishes]
    if not guided:
        questions = [replace(question, pattern=None) for question in questions]
    answers = draw_each(engine, questions, sampling)
    read = [
        _read(writer.format, wish, answer) for wish, answer in zip(wishes, answers, strict=True)
    ]
    return [_checked(drawn, target, elements) for drawn in read]


def _read(
    asked: Format[MaterialRequest, Proposal], wish: MaterialRequest, answer: Completion | Failure
) -> Drawn:
    moduli = (wish.bulk_modulus, wish.shear_modulus)
    if isinstance(answer, Failure):
        return Drawn(*moduli, reason=answer.reason, message=answer.message)
    try:
        found = asked.read(answer.text, wish)
    except ParseError as error:
        return Drawn(*moduli, answer, reason=error.reason, message=str(error))
    return Drawn(*moduli, answer, found.formula, found.crystal_system)


def _checked(drawn: Drawn, target: DesignTarget, elements: Collection[str] | None) -> Drawn:
    """The same, with a reason if it breaks the request."""
    if drawn.formula is None:
        return drawn
    broken = broken_limits(drawn.formula, target, elements)
    return drawn if broken is None else replace(drawn, reason=broken.reason, message=broken.message)


def broken_limits(
    formula: str, target: DesignTarget, elements: Collection[str] | None
) -> Failure | None:
    """What a target does not allow in a formula, if anything.

    Parameters
    ----------
    formula
        Reduced formula.
    target, elements
        As in `draw_materials`.
    """
    from pymatgen.core import Composition

    amounts = Composition(formula).get_el_amt_dict()
    free = set(target.allowed(amounts if elements is None else set(amounts) & set(elements)))
    return _broken(formula, amounts, free, target)


def _broken(
    formula: str, amounts: dict[str, float], free: set[str], target: DesignTarget
) -> Failure | None:
    """What is wrong with a formula, if anything."""
    if unwanted := sorted(set(amounts) - free):
        return Failure("element_not_allowed", f"{formula} holds {', '.join(unwanted)}")
    if target.max_elements is not None and len(amounts) > target.max_elements:
        wanted = f"at most {target.max_elements} are allowed"
        return Failure("too_many_elements", f"{formula} has {len(amounts)} elements, {wanted}")
    # Some formulas name molecules, H2 or H2O2, whose crystals need only half of the atoms.
    whole = all(float(amount).is_integer() for amount in amounts.values())
    atoms = sum(amounts.values()) / (gcd(*map(int, amounts.values())) if whole else 1)
    if atoms > target.max_sites:
        wanted = f"at most {target.max_sites} sites are allowed"
        return Failure("too_many_sites", f"{formula} has {atoms:g} atoms, {wanted}")
    if target.temperature == 0 and not all(float(x).is_integer() for x in amounts.values()):
        return Failure("fractional_formula", f"{formula} has no whole number of atoms in any cell")
    return None
