"""A text model as jobs name it: an engine's settings, and how the model was trained to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.latest import latest
from elatbot_flows.engines.mini.generator_files import describe_generator, is_generator
from elatbot_flows.engines.model_card import ModelCard, read_card
from elatbot_flows.engines.told_tasks import nothing_told, own_folder
from elatbot_flows.errors import EngineError
from elatbot_flows.text.dialects import find_dialect, formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.question import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.base import Engine, EngineSettings
    from elatbot_flows.engines.crystal_writer import CrystalWishes, CrystalWriter
    from elatbot_flows.engines.mini.generator import Generator
    from elatbot_flows.engines.mini.generator_files import GeneratorInfo
    from elatbot_flows.engines.planning import Writer
    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.format import Format

__all__ = ["TextModel"]


@dataclass(frozen=True)
class TextModel(MSONable):
    """A text model: where it runs, and the words it knows.

    Parameters
    ----------
    settings
        Settings of the engine; loaded once per process.
    dialect
        A name of `elatbot_flows.text.dialects.dialects`.
    elements
        Symbols of the elements it was trained on; None if nobody wrote them down.
    trained_for
        Tasks it was trained for, the most important one first; None if nobody wrote them down.
    usual_task
        What to ask by default, where it was not written down but is told by its name or README.

    Raises
    ------
    EngineError
        If settings and dialect have different templates.
    ParseError
        With reason ``"unknown_dialect"``.
    """

    settings: EngineSettings
    dialect: str = "elatbot"
    elements: tuple[str, ...] | None = None
    trained_for: tuple[str, ...] | None = None
    usual_task: str | None = None

    def __post_init__(self) -> None:
        for name in ("elements", "trained_for"):
            if getattr(self, name) is not None:  # JSON has no tuples
                object.__setattr__(self, name, tuple(getattr(self, name)))
        template = getattr(self.settings, "template", self.template)
        if template != self.template:
            raise EngineError(
                f"the dialect {self.dialect!r} is written in the template "
                f"'{self.template}', not '{template}': change one of them"
            )

    @property
    def name(self) -> str:
        """What the engine calls the model, without the folders it lies in."""
        model = str(getattr(self.settings, "model", "the model"))
        return model.rstrip("/").rpartition("/")[2] if Path(model).is_dir() else model

    @property
    def template(self) -> Template:
        """How it was trained to see a question."""
        return find_dialect(self.dialect).template

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it can be asked."""
        known = tuple(formats_of(self.dialect))
        return known if self.trained_for is None else self.trained_for

    def format(self, task: str) -> Format[Any, Any]:
        """How a task is asked of it and its answers are read.

        Raises
        ------
        EngineError
            If the model does not know it.
        """
        if task not in self.tasks:
            known = "knows" if self.trained_for is None else "was trained for"
            raise EngineError(
                f"{self.name} cannot be asked for {task}: it {known} "
                f"{', '.join(sorted(self.tasks))}; choose one of these, or give another model"
            )
        return formats_of(self.dialect)[task]

    def engine(self) -> Engine:
        """The engine; the latest one stays in memory.

        Raises
        ------
        EngineError
            As `elatbot_flows.engines.base.EngineSettings.start`.
        """
        return latest(self.settings, lambda settings: settings.start())

    @cached_property
    def generator(self) -> GeneratorInfo | None:
        """What is known of the training rows, if this package made the model.

        Raises
        ------
        GeneratorError
            If a folder with ``generator.json`` is incomplete.
        """
        spec, settings = str(getattr(self.settings, "model", "")), self.settings
        elsewhere = getattr(settings, "url", None) or getattr(settings, "adapter", None)
        ours = not elsewhere and self.template is Template.RAW and is_generator(spec)
        return describe_generator(spec) if ours else None

    @cached_property
    def card(self) -> ModelCard | None:
        """What is written down of its training beside its weights, if they lie on this machine.

        Raises
        ------
        EngineError
            If it cannot be read.
        """
        model, adapter = (getattr(self.settings, name, None) for name in ("model", "adapter"))
        return read_card(own_folder(model, adapter))

    def sampling(self, task: str, **given: Any) -> Sampling:
        """How answers to a task are drawn unless `given` says otherwise; loads the model.

        Parameters
        ----------
        task
            What is asked.
        given
            Fields of `Sampling`; None for the default of the dialect. Answers get as many tokens
            as the task needs, but not more than half of what the model can keep in view, or what
            questions that are known to be short leave of it. Guidance of the dialect is left out
            where the engine cannot.

        Raises
        ------
        EngineError
            If the model cannot be loaded, a number is out of range, or guidance is asked for that
            model or engine cannot give.
        """
        asked, context = self.format(task), self.engine().record.context_length
        room = max(context // 2, context - (asked.question_tokens or context)) if context else None
        longest = asked.max_tokens if room is None else min(asked.max_tokens, room)
        fields = {
            "max_tokens": longest,
            "stop": find_dialect(self.dialect).stop,
            **asked.boldness,
        }
        if not getattr(self.settings, "steers", False):
            fields.pop("guidance", None)
        if given.get("guidance") and "guidance" not in fields:
            raise EngineError(
                f"{self.name} cannot be asked for {task} under guidance, which takes a model that "
                "was taught to leave conditions out, such as elatbot-mini, in transformers"
            )
        return Sampling(**fields | {k: v for k, v in given.items() if v is not None})

    @property
    def writes_crystals(self) -> bool:
        """Whether what it generates are whole crystals and not formulas."""
        return Task.GENERATION not in self.tasks and CRYSTAL in self.tasks

    def writer(self) -> Writer:
        """The model as somebody who writes materials.

        Raises
        ------
        EngineError
            If it does not generate.
        """
        from elatbot_flows.engines.planning import Writer

        return Writer(self.name, self.format(Task.GENERATION), self.generator, self.elements)

    def crystal_writer(self, wishes: CrystalWishes | None = None) -> CrystalWriter:
        """The model as somebody who writes crystals.

        Parameters
        ----------
        wishes
            What it is asked for; None to leave all to it.

        Raises
        ------
        EngineError
            If it writes none.
        """
        from elatbot_flows.engines.crystal_writer import CrystalWishes, CrystalWriter

        asked: Any = self.format(CRYSTAL)
        return CrystalWriter(self.name, asked, self.elements, wishes or CrystalWishes())

    def check_target(self, target: DesignTarget) -> None:
        """Refuse a target it cannot be asked for, without loading it.

        Raises
        ------
        EngineError
            If it does not generate.
        TargetError
            As `elatbot_flows.engines.planning.Writer.check`.
        """
        (self.crystal_writer() if self.writes_crystals else self.writer()).check(target)

    def is_unseen(self, formula: str) -> bool | None:
        """Whether a formula is in none of its training rows; None if nobody wrote them down.

        Raises
        ------
        ParseError
            If the formula cannot be read.
        """
        known = self._known() or self.card
        return None if known is None else known.is_unseen(formula)

    def expected_moduli(
        self, materials: Sequence[tuple[str, str]]
    ) -> list[tuple[float, float]] | None:
        """Voigt bulk moduli it expects, computed exactly instead of drawn, if it can.

        Parameters
        ----------
        materials
            Pairs of formula and crystal system.

        Returns
        -------
        list of (float, float) or None
            Mean and standard deviation in GPa of each; None for models that can only be asked
            (`elatbot_flows.jobs.PredictModulusMaker`).

        Raises
        ------
        GeneratorError, ParseError
            If an element or a crystal system is unknown to it, or a formula cannot be read.
        """
        known = self._known()
        return None if known is None else known.predict_bulk_modulus(materials)

    def _known(self) -> Generator | None:
        if self.generator is None:
            return None
        from elatbot_flows.engines.mini.generator import load_generator

        return load_generator(str(getattr(self.settings, "model", "")))

    def check_task(self, task: str | None) -> str:
        """The task to ask for: `task`, or the one that the model is known to have been trained for.

        Raises
        ------
        EngineError
            If the model does not know it, or none is given and nothing tells which one is right:
            adapters of ElaTBot-DFT were trained for one task each.
        """
        if task is not None:
            return self.format(task).task
        if self.trained_for is not None:
            return self.trained_for[0]
        if self.usual_task is not None:
            return self.usual_task
        usual = [each.task for each in formats_of(self.dialect).values() if each.preferred]
        if usual and Task.TENSOR not in usual:
            return usual[0]
        raise nothing_told(self.name)
