"""A model that knows its answers gives them in vLLM too, guided or not."""

from __future__ import annotations

import shutil

import pytest
from transformers import AutoTokenizer

from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.engines.transformers.engine import TransformersSettings
from engines.lessons import EACH, answers, count_right, lessons, other_lessons
from engines.vllm_server import VllmServer, ask_in_process, vllm_python

pytestmark = pytest.mark.slow


def count_all(asked):
    """What `count_right` says where every lesson is known."""
    return {lesson.kind: EACH for lesson in asked}


ALL = count_all(lessons())


@pytest.fixture(scope="module")
def server(knowing_model, knowing_adapter, tmp_path_factory):
    log = tmp_path_factory.mktemp("vllm") / "log"
    server = VllmServer(vllm_python(), knowing_model, knowing_adapter, log).start()
    yield server
    server.kill()


@pytest.mark.parametrize("own_tokens", [False, True])
def test_guidance_spoils_no_answer_of_a_server(knowing_model, server, own_tokens):
    """With a tokenizer here, and with tokens that the server makes."""
    tokenizer = knowing_model if own_tokens else None
    engine = ServerSettings(server.url, "tiny", tokenizer=tokenizer).start()
    for guided in (False, True):
        assert count_right(lessons(), answers(engine, lessons(), guided=guided)) == ALL


def test_an_adapter_of_a_server_says_what_it_learned(server):
    engine = ServerSettings(server.url, "tiny", "lora").start()
    for guided in (False, True):
        texts = answers(engine, other_lessons(), guided=guided)
        assert count_right(other_lessons(), texts) == count_all(other_lessons())


def test_guidance_spoils_no_answer_in_process(knowing_model, tmp_path):
    for texts in ask_in_process(vllm_python(), [(knowing_model, None)], lessons(), tmp_path):
        assert count_right(lessons(), texts) == ALL


def test_an_adapter_says_the_same_merged_and_apart(knowing_model, knowing_adapter, tmp_path):
    """Two adapters of one model, which one vLLM serves; then one that is part of the weights."""
    copy = shutil.copytree(knowing_adapter, tmp_path / "copy")
    loaded = TransformersSettings(knowing_model, knowing_adapter).start()
    loaded.weights().save_pretrained(tmp_path / "merged")
    AutoTokenizer.from_pretrained(knowing_model).save_pretrained(tmp_path / "merged")
    models = [(knowing_model, knowing_adapter), (knowing_model, str(copy))]
    models.append((str(tmp_path / "merged"), None))
    *apart, free, held = ask_in_process(vllm_python(), models, other_lessons(), tmp_path)
    whole = [free, held]
    assert apart == whole * 2
    right = [lesson.row()[1] for lesson in other_lessons()]
    assert [text.removeprefix(" ") for text in whole[0]] == whole[1] == right
