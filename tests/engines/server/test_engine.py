"""A server is asked patiently, and every question comes back exactly once whatever it does."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import pytest

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.server import client as server_client
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.text.patterns import MODULUS
from elatbot_flows.text.question import Question, Template
from engines.fake_server import (
    CARD,
    LORA,
    FakeServer,
    answer,
    dawdle,
    hang_up,
    serving,
    until_error,
)

QUESTIONS = [Question("", f"question {number}") for number in range(40)]
GREEDY = Sampling(max_tokens=8)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait milliseconds where users wait for seconds."""
    monkeypatch.setattr(server_client, "_SHORTEST", 0.005)
    monkeypatch.setattr(server_client, "_LONGEST", 0.02)


def settings(server, **more):
    more = {"template": "raw", "timeout": 5.0, "patience": 5.0, "retries": 3} | more
    return ServerSettings(server.url, "tiny", **more)


def ask(server, questions=QUESTIONS, sampling=GREEDY, **more):
    """Answers by place; each place came exactly once."""
    pairs = list(settings(server, **more).start().complete(questions, sampling))
    assert sorted(place for place, _ in pairs) == list(range(len(questions)))
    return dict(pairs)


def assert_all_answered(found, questions=QUESTIONS):
    for place, question in enumerate(questions):
        assert [c.text for c in found[place]] == [question.input.upper()]


def test_answers_carry_what_drew_them():
    with serving() as server:
        found = ask(server, [Question("", "Q", prefix="A")], Sampling(0.7, samples=2, seed=3))
    (first, second) = found[0]
    assert (first.text, first.prompt, first.seed, first.model) == ("QA", "QA", 3, "tiny")
    assert (first.prompt_tokens, first.finish_reason, first.adapter) == (7, "stop", None)
    assert [c.sampling["index"] for c in (first, second)] == [0, 1]
    assert first.sampling["temperature"] == 0.7


def test_requests_to_vllm_leave_nothing_to_its_defaults():
    with serving() as server:
        ask(server, [Question("Do. ", "Q", MODULUS)], GREEDY, template="elatbot", adapter="lora")
    ((path, body),) = server.requests
    assert path == "/v1/completions"
    assert body == {
        "model": "lora",
        "prompt": "Human: Do. \nQ\nAssistant: ",
        "add_special_tokens": False,
        "structured_outputs": {"regex": MODULUS},
        "temperature": 0.0,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "max_tokens": 8,
        "n": 1,
        "return_token_ids": True,
    }


def test_seeds_differ_between_questions_and_not_between_runs():
    seeds = []
    for _ in range(2):
        with serving() as server:
            ask(server, QUESTIONS[:3], Sampling(1.0, seed=5), concurrency=1)
        seeds.append([body["seed"] for _, body in server.requests])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 3
    with serving() as server:
        ask(server, QUESTIONS[:3], Sampling(1.0, seed=5), seed="engine")
    assert not any("seed" in body for _, body in server.requests)


def test_other_servers_get_only_what_the_interface_has():
    with serving(cards=[{"id": "tiny", "owned_by": "me"}], version=None) as server:
        with pytest.raises(EngineError, match="response_format"):
            settings(server).start()
        question = Question("", "Q", MODULUS)
        ask(server, [question], template="chat", structured="none")
        ask(server, [question], template="chat", structured="response_format")
        record = settings(server, structured="none").start().record
    (path, plain), (_, formatted) = server.requests
    assert path == "/v1/chat/completions"
    assert set(plain) == {"model", "messages", "temperature", "top_p", "max_tokens", "n"}
    schema = formatted["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["answer"]["pattern"] == f"^(?:{MODULUS})$"
    assert (record.engine_version, record.context_length) == ("unknown", None)
    assert not record.reproducible


def test_json_answers_are_unwrapped_and_broken_ones_kept():
    texts = iter(['{"answer": "1.5"}', '{"answer": "1.'])

    def behave(_body, _attempt):
        choice = {"index": 0, "text": next(texts), "finish_reason": "stop"}
        return 200, {"choices": [choice]}

    with serving(behave) as server:
        questions = [Question("", "a", MODULUS), Question("", "b", MODULUS)]
        found = ask(server, questions, structured="response_format", concurrency=1)
    assert [found[0][0].text, found[1][0].text] == ["1.5", '{"answer": "1.']


def test_chat_on_vllm_goes_on_with_a_prefix_and_others_cannot():
    with serving() as server:
        ask(server, [Question("", "Q", prefix="C11=")], template="chat")
    body = server.requests[0][1]
    assert body["messages"][-1] == {"role": "assistant", "content": "C11="}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    with serving(cards=[{"id": "tiny"}]) as server:
        questions = [Question("", "Q", prefix="C11=")]
        found = ask(server, questions, template="chat", structured="none")
    assert found[0].reason == "prefix_not_supported"
    assert server.requests == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(status):
    def behave(_body, attempt):
        return (status, {"error": {"message": "busy"}}) if attempt < 3 else None

    with serving(behave) as server:
        assert_all_answered(ask(server))
    assert set(server.attempts.values()) == {3}


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        (200, b'{"choices": [{"te'),
        (200, {"choices": []}),
        (200, []),
        (200, {"choices": [{"index": 0}]}),
        (302, {}),
    ],
)
def test_broken_replies_are_asked_for_again(fault):
    with serving(lambda _body, attempt: fault if attempt == 1 else None) as server:
        assert_all_answered(ask(server))
    assert set(server.attempts.values()) == {2}


@pytest.mark.parametrize("fault", [hang_up, (500, b"oops"), (200, b"no json")])
def test_a_question_that_never_works_fails_alone(fault):
    def behave(body, _attempt):
        return fault if body["prompt"] == "question 7" else None

    with serving(behave) as server:
        found = ask(server)
    assert found[7].reason == "server_error"
    assert server.attempts['"question 7"'] == 4
    assert sum(isinstance(answer, Failure) for answer in found.values()) == 1


def test_a_request_that_takes_too_long_fails_alone():
    def behave(body, _attempt):
        return dawdle(2.0) if body["prompt"] == "question 7" else None

    with serving(behave) as server:
        found = ask(server, timeout=0.7, retries=1)
    assert found[7].reason == "timeout"
    assert server.attempts['"question 7"'] == 2
    assert_all_answered({**found, 7: found[6]}, [*QUESTIONS[:7], QUESTIONS[6], *QUESTIONS[8:]])


def test_retry_after_is_honoured():
    moments = []

    def behave(_body, attempt):
        moments.append(time.monotonic())
        return (429, {}, {"Retry-After": "0.5"}) if attempt == 1 else None

    with serving(behave) as server:
        ask(server, QUESTIONS[:1])
    assert moments[1] - moments[0] >= 0.5


def test_retry_after_may_be_a_date():
    assert server_client.retry_after({"retry-after": "3"}) == 3
    assert server_client.retry_after({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}) > 1e8
    assert server_client.retry_after({"retry-after": "Fri, 01 Jan 1999 00:00:00 GMT"}) == 0
    assert server_client.retry_after({"retry-after": "soon"}) == 0
    assert server_client.retry_after({}) == 0


def test_delays_grow_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(server_client, "_SHORTEST", 1.0)
    monkeypatch.setattr(server_client, "_LONGEST", 6.0)
    waits = [wait for wait, _ in zip(server_client.delays(), range(5), strict=False)]
    for wait, most in zip(waits, [1, 2, 4, 6, 6], strict=True):
        assert most / 2 <= wait <= most


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
    documents = [engine.record.as_dict(), settings(server, api_key_env="SOME_KEY").as_dict()]
    assert "s3cret" not in json.dumps(documents)


def test_record_says_who_answers():
    with serving() as server:
        record = settings(server, adapter="lora").start().record
    assert (record.engine, record.engine_version, record.context_length) == (
        "server",
        "0.32.0",
        1024,
    )
    assert (record.settings["root"], record.settings["adapter_root"]) == (
        CARD["root"],
        LORA["root"],
    )


def test_server_that_is_restarted_is_waited_for():
    first = FakeServer().start()
    engine = settings(first, concurrency=4, patience=20.0).start()
    stream = engine.complete(QUESTIONS, GREEDY)
    pairs = [next(stream)]
    first.stop()
    seconds = []

    def restart():
        time.sleep(0.5)
        seconds.append(FakeServer(port=first.port).start())

    threading.Thread(target=restart).start()
    pairs += stream
    seconds[0].stop()
    assert sorted(place for place, _ in pairs) == list(range(40))
    assert_all_answered(dict(pairs))


def test_server_that_stays_away_ends_the_run_after_what_it_answered():
    def behave(_body, _attempt):
        return hang_up if len(server.requests) > 10 else None

    server = FakeServer(behave).start()
    engine = settings(server, concurrency=2, patience=0.3).start()
    stream, pairs = engine.complete(QUESTIONS, GREEDY), []
    with pytest.raises(EngineError, match="raise patience"):
        until_error(stream, pairs, lambda count: server.stop() if count == 10 else None)
    assert len(pairs) == 10
    assert not any(isinstance(answer, Failure) for _, answer in pairs)


def test_server_that_hangs_up_on_one_address_does_not_hang_the_client():
    with serving() as server:
        server.version = hang_up
        with pytest.raises(EngineError, match="version"):
            settings(server).start()


def test_server_that_was_never_there_is_named():
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:9"):
        ServerSettings("http://127.0.0.1:9", "tiny", patience=0.1).start()


def test_requests_are_under_way_together_and_no_more_than_asked_for():
    with serving(lambda _body, _attempt: time.sleep(0.02)) as server:
        ask(server, concurrency=5)
    assert server.most_at_once == 5


def test_answers_come_while_others_are_under_way_and_closing_stops_asking():
    with serving(lambda _body, _attempt: time.sleep(0.01)) as server:
        stream = settings(server, concurrency=2).start().complete(QUESTIONS, GREEDY)
        next(stream)
        stream.close()
        time.sleep(0.1)
    assert len(server.requests) <= 6


def test_nothing_asked_is_nothing_answered():
    with serving() as server:
        assert ask(server, []) == {}


def test_a_running_event_loop_does_not_matter():
    async def inside():
        return ask(server, QUESTIONS[:2])

    with serving() as server:
        assert len(asyncio.run(inside())) == 2


def test_settings_are_stored_and_read_again():
    before = ServerSettings("http://host:8000", "tiny", "lora", Template.CHAT, api_key_env="KEY")
    after = ServerSettings.from_dict(json.loads(json.dumps(before.as_dict())))
    assert after == before
    assert hash(after) == hash(before)
    assert after.url == "http://host:8000/v1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "host:8000"},
        {"url": "http://me:password@host"},
        {"url": "http://host/v1?key=1"},
        {"template": "alpaca"},
        {"concurrency": 0},
        {"timeout": 0},
        {"structured": "grammar"},
        {"seed": "none"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(EngineError):
        ServerSettings(**{"url": "http://host", "model": "tiny"} | wrong)


def test_token_numbers_are_sent_and_long_questions_are_not(tmp_path):
    from engines.tiny_models import make_tokenizer

    tokenizer = make_tokenizer(tmp_path, chat=True)
    questions = [Question("", "What is K?", prefix="1"), Question("", "long " * 2000)]
    for template in Template:
        with serving() as server:
            found = ask(server, questions, tokenizer=str(tmp_path), template=template)
        ((path, body),) = server.requests
        assert path == "/v1/completions"
        assert tokenizer.decode(body["prompt"]) == found[0][0].prompt
        assert found[0][0].prompt.endswith("1")
        assert found[1].reason == "prompt_too_long"


def test_fake_server_answers_in_reverse():
    assert answer("/v1/completions", {"prompt": "a", "n": 2})["choices"][0]["index"] == 1
