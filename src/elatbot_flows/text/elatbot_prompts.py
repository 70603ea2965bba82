"""The questions ElaTBot was trained on: instruction and input of every task.

ElaTBot-DFT has one adapter for each of four kinds of description and answers with a tensor at 0 K;
ElaTBot answers all other tasks with one adapter. Instructions are facts of the trained models
(Digital Discovery 2025, doi:10.1039/D5DD00061K), trailing blanks included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text import (
    composition_text,
    generation_text,
    infill_text,
    structure_text,
    temperature_text,
)
from elatbot_flows.text.literal import parse_number, render_number

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["Prompt", "Task", "full_text", "parse", "render", "split_full_text"]


class Task(StrEnum):
    """What is asked, and from what description."""

    TENSOR_FROM_STRUCTURE = "tensor_from_structure"
    """ElaTBot-DFT, type 1: symmetry and conventional cell."""
    TENSOR_FROM_WORDS = "tensor_from_words"
    """ElaTBot-DFT, type 2: text of robocrystallographer."""
    TENSOR_FROM_COMPOSITION = "tensor_from_composition"
    """ElaTBot-DFT, type 3: composition text."""
    TENSOR_FROM_FULL_TEXT = "tensor_from_full_text"
    """ElaTBot-DFT, type 4: composition text and text of robocrystallographer."""
    TENSOR = "tensor"
    """ElaTBot: full text at 0 K, or the text for finite temperature."""
    BULK_MODULUS = "bulk_modulus"
    """ElaTBot: Voigt bulk modulus from the same texts."""
    INFILL = "infill"
    """ElaTBot: formula from composition."""
    GENERATION = "generation"
    """ElaTBot: formula and crystal system from bulk modulus."""


@dataclass(frozen=True)
class Prompt:
    """A question in two parts.

    Parameters
    ----------
    instruction
        What to do; empty for generation.
    input
        What to do it with.
    """

    instruction: str
    input: str


_DFT_TAIL = (
    "directly and accurately with scientific logic. Answer without any other comments, "
    "descriptions, or explanations. The answer should be a 6x6 Python matrix. "
)
_AT = "K temperature accurately and directly using scientific logic. Provide the answer "
_ONLY = "without additional comments, descriptions, or explanations. "
_FIXED = {
    Task.TENSOR_FROM_STRUCTURE: "Given a material's symmetry and conventional cell structure, "
    f"predict the elastic tensor of it {_DFT_TAIL}The material information is presented in JSON "
    "format. ",
    Task.TENSOR_FROM_WORDS: "Given a material's crystal structure description, predict the elastic "
    f"tensor of it {_DFT_TAIL}",
    Task.TENSOR_FROM_COMPOSITION: "Given a material's composition description, predict the elastic "
    f"tensor of it {_DFT_TAIL}",
    Task.TENSOR_FROM_FULL_TEXT: "Given a material description, predict the elastic tensor of it "
    f"{_DFT_TAIL}",
    Task.INFILL: "Below is a partial description of a material where the chemical formula has been "
    "replaced with the string '[MASK]'. ",
    Task.GENERATION: "",
}
_WITH_TEMPERATURE = {
    Task.TENSOR: (
        "Given a material description, predict its elastic tensor at ",
        f"{_AT}as a 6x6 Python matrix {_ONLY}",
    ),
    Task.BULK_MODULUS: (
        "Given a material description, predict its Voigt bulk modulus (unit: GPa) at ",
        f"{_AT}in the form of individual numerical value {_ONLY}",
    ),
}
_NUMBER = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,6})?")


def render(task: Task, text: str, temperature: float = 0.0) -> Prompt:
    """Put a task in words.

    Parameters
    ----------
    task
        What is asked.
    text
        Description of the material, written by the module of its format.
    temperature
        In K, for `Task.TENSOR` and `Task.BULK_MODULUS`.

    Raises
    ------
    ParseError
        With reason ``"wrong_temperature"`` for one that the task cannot state.
    """
    if task not in _WITH_TEMPERATURE:
        if temperature != 0:
            raise ParseError(
                f"the instruction of task {task} states no temperature",
                reason="wrong_temperature",
            )
        return Prompt(_FIXED[task], text)
    before, after = _WITH_TEMPERATURE[task]
    number = render_number(temperature)
    if not _NUMBER.fullmatch(number):
        raise ParseError(f"{temperature} K cannot be written", reason="wrong_temperature")
    return Prompt(f"{before}{number}{after}", text)


def parse(prompt: Prompt) -> tuple[Task, float]:
    """Tell the task and its temperature (K), and check that the input has the format of the task.

    The temperature of a generation task is in its input and zero here.

    Raises
    ------
    ParseError
        With reason ``"unknown_instruction"`` or one of the format of the input.
    """
    task, temperature = _task(prompt.instruction)
    _check(task, temperature, prompt.input)
    return task, temperature


def _task(instruction: str) -> tuple[Task, float]:
    for task, fixed in _FIXED.items():
        if instruction == fixed:
            return task, 0.0
    for task, (before, after) in _WITH_TEMPERATURE.items():
        number = instruction.removeprefix(before).removesuffix(after)
        if instruction == f"{before}{number}{after}" and _NUMBER.fullmatch(number):
            return task, parse_number(number)
    raise ParseError(
        f"{instruction[:80]!r} is no instruction of ElaTBot", reason="unknown_instruction"
    )


def _check(task: Task, temperature: float, text: str) -> None:
    if task is Task.TENSOR_FROM_STRUCTURE:
        structure_text.parse(text)
    elif task is Task.TENSOR_FROM_COMPOSITION:
        composition_text.parse(text)
    elif task is Task.INFILL:
        infill_text.parse(text)
    elif task is Task.GENERATION:
        generation_text.parse(text)
    elif task is Task.TENSOR_FROM_WORDS:
        if not text.strip():
            raise ParseError("the description is empty", reason="no_description")
    elif task is Task.TENSOR_FROM_FULL_TEXT or temperature == 0:
        split_full_text(text)
    else:
        temperature_text.parse(text)


def full_text(structure: Structure, words: str | None = None) -> str:
    """Composition text followed by a description in words (prompt type 4).

    Parameters
    ----------
    structure
        Any cell of the crystal.
    words
        Text of robocrystallographer; None to have it written now, which takes seconds to minutes.

    Raises
    ------
    StructureError
        See `elatbot_flows.text.robocrys_text.describe`.
    """
    if words is None:
        from elatbot_flows.text import robocrys_text

        words = robocrys_text.describe(structure)
    return composition_text.render(composition_text.describe(structure)) + words


def split_full_text(text: str) -> tuple[composition_text.CompositionText, str]:
    """Take apart what `full_text` puts together.

    Raises
    ------
    ParseError
        With reason ``"no_description"`` or one of the composition text.
    """
    facts, words = composition_text.parse_beginning(text)
    if not words.strip():
        raise ParseError(
            "no description of the structure follows the composition text",
            reason="no_description",
        )
    return facts, words
