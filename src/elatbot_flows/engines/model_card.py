"""What a text model was trained for, as its card ``elatbot.json`` says it.

A published adapter is a folder of weights that answers in one way alone. With a card beside them
nobody has to say, or can say wrongly, how it is to be asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import EngineError, ParseError
from elatbot_flows.text.alloy import simplest_formula
from elatbot_flows.text.dialects import find_dialect, formats_of
from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CARD", "ModelCard", "hash_formulas", "read_card", "write_card"]

CARD = "elatbot.json"
"""File name of a card."""
_VERSION = 1
_DIGITS = 16


@dataclass(frozen=True)
class ModelCard:
    """What a model or an adapter was trained for, and on what.

    Parameters
    ----------
    dialect
        A name of `elatbot_flows.text.dialects.dialects`.
    tasks
        Tasks of the dialect that were trained, the most important one first.
    elements
        Symbols of the elements in the training rows; None for not known.
    split
        How training and test rows were told apart, in words or JSON.
    data_sha256
        Hash of the file of training rows.
    training_formulas
        `hash_formulas` of the materials trained on; None for not known.

    Raises
    ------
    EngineError
        If the dialect or a task is unknown, there is no task, or an element or a hash is none.
    """

    dialect: str
    tasks: tuple[str, ...]
    elements: tuple[str, ...] | None = None
    split: Any = None
    data_sha256: str | None = None
    training_formulas: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("tasks", "elements", "training_formulas"):
            if getattr(self, name) is not None:  # JSON has no tuples
                object.__setattr__(self, name, tuple(getattr(self, name)))
        try:
            known = formats_of(self.dialect)
        except ParseError as error:
            raise EngineError(str(error)) from error
        if not self.tasks or (strange := sorted(set(self.tasks) - set(known))):
            said = f"no task {strange[0]!r}" if self.tasks else "no task at all"
            raise EngineError(f"{said}: {self.dialect} knows {', '.join(known)}")
        if strange := sorted(set(self.elements or ()) - set(element_symbols())):
            raise EngineError(f"{strange[0]!r} is no chemical element")
        if not all(re.fullmatch("[0-9a-f]{16}", each) for each in self.training_formulas or ()):
            raise EngineError("hashes of formulas have sixteen hexadecimal digits each")

    def is_unseen(self, formula: str) -> bool | None:
        """Whether a formula is in none of the training rows; None if nobody wrote them down.

        Raises
        ------
        ParseError
            If the formula cannot be read.
        """
        if self.training_formulas is None:
            return None
        return hash_formulas([formula])[0] not in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.training_formulas or ())

    def check_dialect(self, dialect: str) -> None:
        """Refuse a dialect other than that of the training; they may differ in what they forgive.

        Raises
        ------
        EngineError
            If questions or answers would look different.
        """
        wanted, own = find_dialect(dialect), find_dialect(self.dialect)
        if dialect != self.dialect and (wanted.template, getattr(wanted, "answers", dialect)) != (
            own.template,
            getattr(own, "answers", self.dialect),
        ):
            raise EngineError(
                f"it was trained in the dialect {self.dialect!r}, not {dialect!r}: leave the "
                "dialect out"
            )


def hash_formulas(formulas: Iterable[str]) -> tuple[str, ...]:
    """Hashes of reduced formulas, sorted and without repeats, 16 hexadecimal digits each.

    Alloys whose amounts have decimals are told apart as well, see
    `elatbot_flows.text.alloy.simplest_formula`.

    Raises
    ------
    ParseError
        If a formula cannot be read.
    """
    from elatbot_flows.training.data.bulk_modulus import formula_hash

    numbers = {formula_hash(simplest_formula(formula)) for formula in formulas}
    return tuple(f"{number:0{_DIGITS}x}" for number in sorted(numbers))


def write_card(folder: str | Path, card: ModelCard) -> Path:
    """Put a card beside the weights of a model or an adapter.

    Parameters
    ----------
    folder
        With the weights.
    card
        What to say of them.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = mkdtemp()  # where save_pretrained wrote the adapter
    >>> card = ModelCard("elatbot", ("tensor_from_structure",), ("Al", "Ni"), "by formula, 95/5")
    >>> read_card(write_card(folder, card).parent) == card
    True
    """
    path = Path(folder) / CARD
    path.write_text(json.dumps({"format_version": _VERSION, **asdict(card)}, indent=1) + "\n")
    return path


def read_card(folder: str | Path | None) -> ModelCard | None:
    """Card in a folder, None where there is none.

    Raises
    ------
    EngineError
        If it cannot be read; names the file and the remedy.
    """
    path = Path(folder or "") / CARD
    if folder is None or not path.is_file():
        return None
    try:
        return _card(json.loads(path.read_text()))
    except (EngineError, ValueError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{path} is no card of a model ({error}): write it with "
            "elatbot_flows.engines.model_card.write_card, or take it away and say dialect and task"
        ) from error


def _card(document: dict[str, Any]) -> ModelCard:
    version = document.pop("format_version", None)
    if version != _VERSION:
        raise EngineError(f"its format_version is {version}, not {_VERSION}")
    if strange := sorted(set(document) - {field.name for field in fields(ModelCard)}):
        raise EngineError(f"it has an entry {strange[0]!r}")
    return ModelCard(**document)
