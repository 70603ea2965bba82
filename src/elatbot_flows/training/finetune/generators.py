"""A generator of this package that was taught further stays one: its folder says what it knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from elatbot_flows.engines.mini.generator_files import (
    HASHES,
    METADATA,
    WEIGHTS,
    find_folder,
    is_generator,
)
from elatbot_flows.files import sha256_of, write_whole
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.engines.model_card import ModelCard

__all__ = ["stay_generator"]


def stay_generator(base: str, folder: Path, card: ModelCard | None) -> None:
    """Put the metadata of a generator beside weights that were trained on it to generate.

    Designs then ask for the number of elements, and hold answers to what is allowed, as with the
    base. Nothing is done for other bases and tasks.

    Parameters
    ----------
    base
        What was trained on.
    folder
        With whole weights, configuration and tokenizer.
    card
        Of what was trained; its formulas are those of the base too.
    """
    import numpy as np

    if card is None or Task.GENERATION not in card.tasks or not is_generator(base):
        return
    document = json.loads((find_folder(base) / METADATA).read_text())
    document["info"]["weights_sha256"] = sha256_of(folder / WEIGHTS)
    hashes = sorted(int(digits, 16) for digits in card.training_formulas or ())
    np.save(folder / HASHES, np.array(hashes, dtype=np.uint64))
    write_whole(folder / METADATA, json.dumps(document, indent=1) + "\n")
