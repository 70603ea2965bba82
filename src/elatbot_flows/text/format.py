"""One kind of question to a text model: how it is asked, how answers are read, how it is taught.

A model is told by its dialect, a question by its task; `elatbot_flows.text.dialects` finds the
format of both. A new task, or a new dialect, is one module in `elatbot_flows.text.formats`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from elatbot_flows.errors import ParseError
from elatbot_flows.text.question import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elatbot_flows.text.material import Material
    from elatbot_flows.text.question import Limits, Question

__all__ = ["About", "AnyFormat", "Dialect", "Format", "MaterialRequest", "require_zero"]

RequestT = TypeVar("RequestT")
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class About:
    """A question about a material.

    Parameters
    ----------
    material
        The material.
    temperature
        K.
    """

    material: Material
    temperature: float = 0.0


@dataclass(frozen=True)
class MaterialRequest:
    """A material that is wanted.

    Parameters
    ----------
    bulk_modulus
        Voigt bulk modulus, GPa; None to leave it open, which only the compact dialect can.
    temperature
        K.
    number, elements
        How many different elements, and which to choose from; None to leave them open. Only the
        compact dialect can say them.
    limits
        What the answer is held to, where the engine can.
    shear_modulus, crystal_system
        GPa, and one of `elatbot_flows.targets.CRYSTAL_SYSTEMS`; None to leave them open. Only the
        compact dialect can say them.
    """

    bulk_modulus: float | None
    temperature: float = 0.0
    number: int | None = None
    elements: tuple[str, ...] | None = None
    limits: Limits | None = None
    shear_modulus: float | None = None
    crystal_system: str | None = None


@dataclass(frozen=True)
class Dialect:
    """What all questions to a kind of model have in common.

    Parameters
    ----------
    name
        Its name.
    template
        How the model was trained to see a question.
    """

    name: str
    template: Template

    @property
    def stop(self) -> tuple[str, ...]:
        """Texts that end an answer."""
        return ("\nHuman:",) if self.template is Template.ELATBOT else ()


class Format(ABC, Generic[RequestT, AnswerT]):
    """A task in a dialect. What cannot be asked or read raises `ParseError`."""

    gives: Literal["tensor", "modulus", "shear_modulus", "formula", "material", "structure"]
    """What `read` gives: a `elatbot_flows.text.tensor_text.TensorAnswer` (GPa), a Voigt bulk
    modulus (GPa), a shear modulus (GPa), a reduced formula, a
    `elatbot_flows.text.compact.Proposal`, or a
    `elatbot_flows.text.crystals.written.WrittenCrystal`."""
    max_tokens: ClassVar[int] = 512
    """What answers need."""
    question_tokens: ClassVar[int | None] = None
    """What questions need at most, where that is little; their answers may then have the rest."""
    boldness: ClassVar[Mapping[str, Any]] = {}
    """Temperature, top_p, top_k and guidance that answers are drawn with by default; else the
    likeliest. Without a guidance in it there is none."""

    says: frozenset[str] | None = None
    """Names of what there are words for, of that which a request may state; None for all."""
    sized: ClassVar[bool] = True
    """Whether crystals that it gives have a size; others get the volume that is predicted."""

    task: str
    """Its name."""
    preferred: bool = False
    """Whether it is asked by default for the elasticity of a material."""
    takes_references: bool = False
    """Whether known values may stand before the question above 0 K."""

    def needs_words(self, temperature: float) -> bool:  # noqa: ARG002
        """Whether a description of robocrystallographer is part of the question (K)."""
        return False

    @abstractmethod
    def ask(self, request: RequestT) -> Question:
        """The question.

        Raises
        ------
        ParseError, TargetError, StructureError
            If it cannot be put in these words, or something is missing for it.
        """

    @abstractmethod
    def read(self, text: str, request: RequestT) -> AnswerT:
        """What an answer to a request says.

        Raises
        ------
        ParseError
            If it cannot be read.
        """

    @abstractmethod
    def write(self, answer: Any, request: RequestT) -> str:
        """The right answer as a model is taught to write it: a tensor, a number, ...

        Raises
        ------
        ParseError, TargetError
            If it cannot be written.
        """

    def training_row(self, request: RequestT, answer: Any) -> tuple[Question, str]:
        """Question and right answer, to teach a model with."""
        return self.ask(request), self.write(answer, request)


def require_zero(temperature: float, who: str) -> None:
    """Refuse a temperature (K) that cannot be stated.

    Raises
    ------
    ParseError
        With reason ``"wrong_temperature"``.
    """
    if temperature != 0:
        raise ParseError(
            f"{who} knows 0 K alone, not {temperature:g} K", reason="wrong_temperature"
        )


AnyFormat = Format[Any, Any]
"""A format, whatever it asks about."""
