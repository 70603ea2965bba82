"""Models that are loaded or made once."""

from __future__ import annotations

import pytest

from elatbot_flows.engines.mini.generator import load_generator
from engines.lessons import lessons, other_lessons
from engines.overfitted import llama_tokenizer, overfit, teach_adapter
from made_once import made_once


@pytest.fixture(scope="session")
def mini():
    return load_generator("elatbot-mini")


@pytest.fixture(scope="session")
def knowing_model(tmp_path_factory, llama_layout):
    """Folder of a model that knows the lessons, in the tokens of Llama 2 or of its kind."""

    def make(folder):
        rows = [lesson.row() for lesson in lessons()]
        overfit(folder, llama_tokenizer(folder, llama_layout), rows)

    return str(made_once(tmp_path_factory, "knowing", make))


@pytest.fixture(scope="session")
def knowing_adapter(knowing_model, tmp_path_factory):
    """Folder of an adapter of that model which knows other answers."""

    def make(folder):
        teach_adapter(folder, knowing_model, [lesson.row() for lesson in other_lessons()])

    return str(made_once(tmp_path_factory, "adapted", make))
