"""What a model without a card was trained for, as far as its name or its README tell."""

from __future__ import annotations

import re
from pathlib import Path

from elatbot_flows.engines.mini.generator_files import SHIPPED, find_folder
from elatbot_flows.engines.model_card import CARD
from elatbot_flows.errors import EngineError
from elatbot_flows.text.elatbot_prompts import Task

__all__ = ["nothing_told", "own_folder", "task_told_by"]

_DFT = (
    Task.TENSOR_FROM_STRUCTURE,
    Task.TENSOR_FROM_WORDS,
    Task.TENSOR_FROM_COMPOSITION,
    Task.TENSOR_FROM_FULL_TEXT,
)
_DATA = {
    "ec_short": Task.TENSOR_FROM_STRUCTURE,
    "only_structure_desc": Task.TENSOR_FROM_WORDS,
    "only_comp_desc": Task.TENSOR_FROM_COMPOSITION,
    "ec_desc": Task.TENSOR_FROM_FULL_TEXT,
    "combined": Task.TENSOR,
}
"""Beginnings of the names that the published training sets have in their README files."""
_ON = re.compile(r"on the (\S{1,100}) dataset")
_PROMPT = re.compile(r"(?:prompt|dft)[-_ ]?(?:prompt[-_ ]?)?([1-4])(?![0-9])", re.IGNORECASE)


def own_folder(model: str | None, adapter: str | None) -> Path | None:
    """Folder of what was trained last, adapter or model; None where it is not on this machine."""
    spec = adapter or model
    if spec in SHIPPED:
        return find_folder(spec)
    folder = Path(spec or "").expanduser()
    return folder if spec and folder.is_dir() else None


def task_told_by(name: str, folder: Path | None = None) -> Task | None:
    """Task that the name of a published adapter or its README tells, None if they do not.

    Parameters
    ----------
    name
        Folder or name, such as ``ElaTBoT-DFT_ft_result_prompt1``.
    folder
        With its ``README.md``, which names the set it was trained on.
    """
    readme = None if folder is None else folder / "README.md"
    if readme is not None and readme.is_file():
        told = _ON.search(readme.read_text(encoding="utf-8", errors="replace"))
        for beginning, task in _DATA.items():
            if told and told[1].startswith(beginning):
                return task
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    found = _PROMPT.search(last)
    return _DFT[int(found[1]) - 1] if found else None


def nothing_told(name: str) -> EngineError:
    """What to say where nothing tells the task of a model."""
    return EngineError(
        f"nothing says what {name} was trained for: say the task (--task), for an adapter of "
        "ElaTBot-DFT tensor_from_structure, tensor_from_words, tensor_from_composition or "
        "tensor_from_full_text (prompt 1 to 4), for ElaTBot tensor or bulk_modulus; or put "
        f"{CARD} beside its weights (elatbot_flows.engines.model_card.write_card)"
    )
