"""What a server refuses, and what is done about it."""

from __future__ import annotations

import json

import pytest

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question
from engines.asking_a_server import QUESTIONS, ask, settings
from engines.fake_server import (
    serving,
)


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (
            400,
            "This model's maximum context length is 1024 tokens. However, ...",
            "prompt_too_long",
        ),
        (400, "the request exceeds the available context size", "prompt_too_long"),
        (413, "Payload Too Large", "prompt_too_long"),
        (400, "Grammar error: at 1(8): invalid regex", "pattern_not_supported"),
        (422, "n is too high", "refused"),
    ],
)
def test_one_refused_question_leaves_the_others_alone(status, message, reason):
    def behave(body, _attempt):
        wrong = body["prompt"] == "question 7"
        return (status, {"error": {"message": message}}) if wrong else None

    with serving(behave) as server:
        found = ask(server)
    assert found[7].reason == reason
    assert message in found[7].message
    assert sum(isinstance(answer, Failure) for answer in found.values()) == 1
    assert server.attempts['"question 7"'] == 1


def test_a_question_that_is_no_text_fails_alone():
    with serving() as server:
        found = ask(server, [Question("", "half a letter \ud800"), *QUESTIONS])
    assert found[0].reason == "refused"
    assert not any(isinstance(found[place], Failure) for place in range(1, 41))


def test_a_question_that_cannot_be_written_is_not_sent():
    with serving() as server:
        found = ask(server, [Question("", "two\nlines")], template="elatbot")
    assert found[0].reason == "ambiguous"
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (401, "no", "api_key_env"),
        (404, "The model `tiny` does not exist.", "does not exist"),
        (400, "default chat template is no longer allowed", "--chat-template"),
    ],
)
def test_what_every_question_would_meet_ends_the_run(status, message, remedy):
    def behave(_body, _attempt):
        return status, {"error": {"message": message}}

    with serving(behave) as server, pytest.raises(EngineError, match=remedy):
        ask(server)
    assert len(server.requests) <= len(QUESTIONS)


def test_wrong_names_list_what_there_is():
    with serving() as server:
        with pytest.raises(EngineError, match="'tiny', 'lora'"):
            ServerSettings(server.url, "other").start()
        with pytest.raises(EngineError, match="--lora-modules"):
            settings(server, adapter="other").start()
        with pytest.raises(EngineError, match="belong together"):
            settings(server, adapter="tiny").start()
        with pytest.raises(EngineError, match="ends with /v1"):
            ServerSettings(server.url + "/v2", "tiny").start()


def test_key_comes_from_the_environment_and_is_stored_nowhere(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "s3cret")
    with serving(key="s3cret") as server:
        engine = settings(server, api_key_env="SOME_KEY").start()
        with pytest.raises(EngineError, match="api_key_env"):
            settings(server).start()
        with pytest.raises(EngineError, match="OTHER_KEY"):
            settings(server, api_key_env="OTHER_KEY").start()
    documents = [engine.record.model_dump(), settings(server, api_key_env="SOME_KEY").as_dict()]
    assert "s3cret" not in json.dumps(documents)


@pytest.mark.parametrize("wanted", [None, "OUR_KEY"])
def test_keys_for_another_service_stay_here_and_no_key_is_logged(monkeypatch, caplog, wanted):
    """The `openai` package would send what these variables hold to every server."""
    names = ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"]
    for name in names:
        monkeypatch.setenv(name, "pr1vate")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OUR_KEY", "s3cret")
    caplog.set_level("DEBUG")
    with serving(lambda _body, attempt: (500, {}) if attempt == 1 else None) as server:
        ask(server, QUESTIONS[:2], api_key_env=wanted)
    assert all(server.headers)
    assert "pr1vate" not in str(server.headers)
    assert ("s3cret" in str(server.headers)) == (wanted is not None)
    assert "pr1vate" not in caplog.text
    assert "s3cret" not in caplog.text
