"""Descriptions of crystals in words, kept so that a job that goes on asks the same questions.

Robocrystallographer takes seconds to minutes for a crystal and may choose other words in another
process; answers in a journal would not be found again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from elatbot_flows.errors import StructureError
from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.jobs.ask.materials import Asked

__all__ = ["with_words"]


def with_words(asked: Asked, task: str, model: TextModel, folder: Path) -> Asked:
    """A material with its description, if its question needs one.

    Parameters
    ----------
    asked
        The material.
    task, model
        What is asked of whom.
    folder
        Where descriptions are kept, one file for each crystal.
    """
    needed = model.format(task).needs_words(asked.temperature)
    material = asked.material
    if not needed or material is None or material.crystal is None or material.words is not None:
        return asked
    try:
        words = _words(material.crystal, folder)
    except StructureError:
        return asked  # putting the question in words fails alike, and says why
    return replace(asked, material=replace(material, words=words))


def _words(crystal: Structure, folder: Path) -> str:
    """The description, written now unless it was before."""
    from elatbot_flows.text import robocrys_text

    path = folder / f"{_key(crystal)}.txt"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    words = robocrys_text.describe(crystal)
    write_whole(path, words)
    return words


def _key(crystal: Structure) -> str:
    """Hash of cell, species and places."""
    facts = [
        crystal.lattice.matrix.tolist(),
        [str(site.specie) for site in crystal],
        crystal.frac_coords.tolist(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
