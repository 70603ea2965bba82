"""Questions of every task with right answers, few enough to be learned by heart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.documents import TaskRecord
from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.symmetric import SymmetricMatrices
from elatbot_flows.errors import ParseError
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.material import Material
from engines.tiny_models import words_for

GREEDY = Sampling(max_tokens=300, stop=("\nHuman:",))
EACH = 3
"""Lessons of each kind."""
TENSORS = (
    ("tensor from structure", "elatbot", Task.TENSOR_FROM_STRUCTURE, 0),
    ("tensor from words", "elatbot", Task.TENSOR_FROM_WORDS, 0),
    ("tensor from composition", "elatbot", Task.TENSOR_FROM_COMPOSITION, 0),
    ("tensor from full text", "elatbot", Task.TENSOR_FROM_FULL_TEXT, 0),
    ("tensor at 0 K", "elatbot", Task.TENSOR, 0),
    ("tensor at 300 K", "elatbot", Task.TENSOR, 300),
    ("constants", "elatbot-constants", Task.TENSOR_FROM_COMPOSITION, 0),
)
PLAIN = ("NiAl", "Ti3Al", "MgZn2", "AlFe2Si", "CoTi", "Nb5Si3")
NESTED = ("Mg(ScGa)2", "Ba(FeAs)2", "Y(CuSi)2", "Mg(AlO2)2", "Ca(ZnGe)2", "Sr(NiP)2")
ALLOYS = ("Ga1.58Cu98.42", "Ti11Al14", "Ni3Al", "Al7.2Cu92.8", "Fe3Pt", "Ag9.6Mg90.4")
SYSTEMS = ("Cubic", "Tetragonal", "Orthorhombic", "Trigonal", "Hexagonal", "Monoclinic")


@dataclass(frozen=True)
class Lesson:
    """A question with its right answer.

    Parameters
    ----------
    kind
        Task, and what is special about it.
    dialect, task
        As formats know them.
    request, answer
        As `Format.training_row` takes them.
    """

    kind: str
    dialect: str
    task: str
    request: Any
    answer: Any

    @property
    def format(self):
        """Format of the task."""
        return formats_of(self.dialect)[self.task]

    def row(self):
        """Question and answer in words."""
        return self.format.training_row(self.request, self.answer)

    def record(self, number, split="train"):
        """The same for a training."""
        question, text = self.row()
        about = isinstance(self.request, About)
        return TaskRecord(
            record_id=f"r{number}",
            dialect=self.dialect,
            task=self.task,
            instruction=question.instruction,
            input=question.input,
            answer=text,
            formula=self.request.material.formula if about else self.answer.formula,
            source=f"i-{number}",
            split=split,
        )

    def knows(self, text):
        """Whether an answer says what is right."""
        try:
            found = self.format.read(text, self.request)
        except ParseError:
            return False
        right = self.format.read(self.row()[1], self.request)
        if self.format.gives == "tensor":
            return np.array_equal(found.tensor, right.tensor)
        return found == right


def lessons(each=EACH):
    """Questions and answers of all tasks."""
    rng = np.random.default_rng(3)
    cells = crystals(9 * each)
    found = [
        Lesson(kind, dialect, task, _about(task, cells, kelvin), tensor(rng))
        for kind, dialect, task, kelvin in TENSORS
        for _ in range(each)
    ]
    found += [
        Lesson(kind, "elatbot", task, _about(task, cells, kelvin), _modulus(rng))
        for kind, task, kelvin in (
            ("bulk modulus at 0 K", Task.BULK_MODULUS, 0),
            ("bulk modulus at 300 K", Task.BULK_MODULUS, 300),
        )
        for _ in range(each)
    ]
    for kind, formulas in (("infill", PLAIN), ("infill with parentheses", NESTED)):
        materials = [Material(Composition(formula)) for formula in formulas[:each]]
        found += [Lesson(kind, "elatbot", Task.INFILL, About(m), m.formula) for m in materials]
    for kind, formulas, kelvin in (
        ("generation", PLAIN, 0),
        ("generation with parentheses", NESTED, 0),
        ("generation at 300 K", ALLOYS, 300),
    ):
        for formula, system in zip(formulas[:each], SYSTEMS[:each], strict=True):
            right = Proposal(Composition(formula).reduced_formula, system)
            wish = MaterialRequest(_modulus(rng), kelvin)
            found.append(Lesson(kind, "elatbot", Task.GENERATION, wish, right))
    return found


def other_lessons():
    """Some of the same questions with the answers of one another, for an adapter to learn."""
    kinds = ("tensor from composition", "bulk modulus at 300 K", "generation")
    return exchanged([lesson for lesson in lessons() if lesson.kind in kinds])


def exchanged(asked):
    """The same questions, each with the answer to the next one of its kind."""
    found = []
    for kind in dict.fromkeys(lesson.kind for lesson in asked):
        some = [lesson for lesson in asked if lesson.kind == kind]
        found += [
            replace(one, answer=other.answer)
            for one, other in zip(some, some[1:] + some[:1], strict=True)
        ]
    return found


def compact_lessons(each=EACH):
    """Questions and answers of all tasks of the compact dialect."""
    rng = np.random.default_rng(4)
    found = []
    for kind, task, formulas in (
        ("bulk modulus", Task.BULK_MODULUS, PLAIN),
        ("shear modulus", "shear_modulus", PLAIN),
        ("constants", Task.TENSOR, PLAIN),
        ("infill", Task.INFILL, PLAIN),
        ("generation", Task.GENERATION, PLAIN),
    ):
        for formula in formulas[:each]:
            about = About(Material(Composition(formula), system="Cubic"))
            modulus = float(rng.integers(40, 300))
            answer = {
                Task.TENSOR: tensor(rng),
                Task.INFILL: formula,
                Task.GENERATION: Proposal(Composition(formula).reduced_formula, "Cubic"),
            }.get(task, modulus)
            asked = MaterialRequest(modulus) if task == Task.GENERATION else about
            found.append(Lesson(kind, "compact-2", task, asked, answer))
    return found


def questions(asked, *, guided):
    """Questions of lessons, with the patterns of their answers if these are wanted."""
    found = [lesson.row()[0] for lesson in asked]
    return found if guided else [replace(question, pattern=None) for question in found]


def count_right(asked, texts):
    """Lessons of each kind that were answered right.

    Parameters
    ----------
    asked
        Lessons.
    texts
        An answer to each, None where there is none.
    """
    counts = {lesson.kind: 0 for lesson in asked}
    for lesson, text in zip(asked, texts, strict=True):
        counts[lesson.kind] += text is not None and lesson.knows(text)
    return counts


def answers(engine, asked, *, guided, sampling=GREEDY):
    """Likeliest answer of an engine to each lesson, None where it failed.

    Parameters
    ----------
    engine
        Asks for what is there, see `elatbot_flows.engines.base.Engine`.
    asked
        Lessons.
    guided
        Whether answers are held to their format, matrices row by row.
    sampling
        How answers are drawn.
    """
    engine = SymmetricMatrices(engine) if guided else engine
    found = dict(engine.complete(questions(asked, guided=guided), sampling))
    texts = [found[place] for place in range(len(asked))]
    return [None if isinstance(text, Failure) else text[0].text for text in texts]


def crystals(count):
    """Invented crystals of the CsCl type, no formula twice."""
    rng = np.random.default_rng(0)
    metals = ["Al", "Ti", "Fe", "Co", "Ni", "Cu", "Zr", "Nb", "Pd", "Pt", "Mg", "Zn"]
    pairs = [(a, b) for i, a in enumerate(metals) for b in metals[:i]]
    for place in rng.permutation(len(pairs))[:count]:
        cell = Lattice.cubic(round(float(rng.uniform(2.8, 3.4)), 3))
        yield Structure(cell, list(pairs[place]), [[0, 0, 0], [0.5, 0.5, 0.5]])


def tensor(rng):
    """Whole numbers, as the published ones, of a cubic crystal; C12 may be negative."""
    c11, c44 = rng.integers(100, 500), rng.integers(20, 100)
    found = np.diag([c11] * 3 + [c44] * 3).astype(float)
    found[:3, :3] += (1 - np.eye(3)) * rng.integers(-30, 90)
    return found


def _about(task, cells, kelvin):
    """The next crystal; where the question shows its cell, a primitive one is given."""
    structure = next(cells)
    words = words_for(structure, 1)
    if task is Task.TENSOR_FROM_STRUCTURE:
        body_centred = structure.lattice.a / 2 * (np.ones((3, 3)) - 2 * np.eye(3))
        structure = Structure(body_centred, [structure[0].specie], [[0, 0, 0]])
    return About(Material.from_structure(structure, words), float(kelvin))


def _modulus(rng):
    return round(float(rng.uniform(20, 400)), 2)
