"""A model that knows its answers gives them in vLLM too, guided or not."""

from __future__ import annotations

import pytest

from elatbot_flows.engines.server.engine import ServerSettings
from engines.lessons import EACH, answers, count_right, lessons
from engines.vllm_server import VllmServer, ask_in_process, vllm_python

pytestmark = pytest.mark.slow
ALL = {lesson.kind: EACH for lesson in lessons()}
"""Every lesson is known."""


@pytest.fixture(scope="module")
def server(knowing_model, tmp_path_factory):
    log = tmp_path_factory.mktemp("vllm") / "log"
    server = VllmServer(vllm_python(), knowing_model, None, log).start()
    yield server
    server.kill()


@pytest.mark.parametrize("own_tokens", [False, True])
def test_guidance_spoils_no_answer_of_a_server(knowing_model, server, own_tokens):
    """With a tokenizer here, and with tokens that the server makes."""
    tokenizer = knowing_model if own_tokens else None
    engine = ServerSettings(server.url, "tiny", tokenizer=tokenizer).start()
    for guided in (False, True):
        assert count_right(lessons(), answers(engine, lessons(), guided=guided)) == ALL


def test_guidance_spoils_no_answer_in_process(knowing_model, tmp_path):
    for texts in ask_in_process(vllm_python(), knowing_model, lessons(), tmp_path):
        assert count_right(lessons(), texts) == ALL
