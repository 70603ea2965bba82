"""A server is asked patiently, and every question comes back exactly once whatever it does."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.text.patterns import MODULUS
from elatbot_flows.text.question import Question, Template
from engines.asking_a_server import GREEDY, QUESTIONS, ask, settings
from engines.fake_server import (
    CARD,
    LORA,
    answer,
    serving,
)


def test_answers_carry_what_drew_them():
    with serving() as server:
        found = ask(server, [Question("", "QA")], Sampling(0.7, samples=2, seed=3))
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
        "structured_outputs": {"regex": f" ?(?:{MODULUS})"},
        "temperature": 0.0,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "max_tokens": 8,
        "n": 1,
        "return_token_ids": True,
    }


@pytest.mark.parametrize(("template", "added"), [("begin", True), ("raw", False)])
def test_vllm_puts_the_token_with_which_texts_begin(template, added):
    with serving() as server:
        ask(server, [Question("", "Q")], GREEDY, template=template)
    ((_, body),) = server.requests
    assert (body["prompt"], body["add_special_tokens"]) == ("Q", added)


@pytest.mark.parametrize(("whole", "pattern"), [(True, "[0-9][0-9]"), (False, "[0-9] [0-9]")])
def test_patterns_have_no_blanks_where_the_vocabulary_has_none(whole, pattern):
    """What vLLM would hold an answer to could not be written; it asks once which one it is."""
    with serving() as server:
        server.whole_words = whole
        engine = ServerSettings(server.url, "tiny", template="raw", concurrency=1).start()
        list(engine.complete([Question("", f"Q{n}", "[0-9] [0-9]") for n in range(3)], GREEDY))
        (path, body), *asked = server.requests
    assert (path, body["prompt"]) == ("/tokenize", " ")
    assert [path for path, _ in asked] == ["/v1/completions"] * 3
    assert {body["structured_outputs"]["regex"] for _, body in asked} == {f" ?(?:{pattern})"}


def test_folders_that_a_server_has_models_from_name_them():
    model, adapter = CARD["root"], f"{LORA['root']}/../lora"
    with serving() as server:
        engine = ServerSettings(server.url, model, adapter, template="elatbot").start()
        asked = Question("", "Q", MODULUS, prefix="12")
        ((completion,),) = dict(engine.complete([asked], GREEDY)).values()
        names = [body["model"] for _, body in server.requests]
    assert names == ["lora"] * 3
    assert (completion.model, completion.adapter) == (model, adapter)


def test_the_beginning_of_an_answer_goes_to_vllm_as_tokens_of_its_own():
    question = Question("", "Q", MODULUS, prefix="12")
    with serving() as server:
        (completion,) = ask(server, [question], GREEDY, template="elatbot")[0]
        *texts, (path, body) = server.requests
    sent = [(p, b["prompt"], b["add_special_tokens"]) for p, b in texts]
    assert sent == [
        ("/tokenize", "Human: Q\nAssistant: ", False),
        ("/tokenize", "12", False),
    ]
    assert (path, body["prompt"]) == ("/v1/completions", [*map(ord, "Human: Q\nAssistant: 12")])
    assert body["structured_outputs"] == {"regex": MODULUS}
    assert completion.prompt == "Human: Q\nAssistant: 12"


def test_a_server_that_makes_no_tokens_is_told_of():
    with serving() as server:
        server.tokenizes = False
        found = ask(server, [Question("", "Q", prefix="12"), Question("", "Q")], GREEDY)
    assert found[0].reason == "prefix_not_supported"
    assert "'tokenizer'" in found[0].message
    assert found[1][0].text == "Q"


@pytest.mark.parametrize(("pattern", "text"), [(MODULUS, "1.5"), (None, " 1.5")])
def test_a_blank_before_a_guided_answer_is_none_of_it(pattern, text):
    choice = {"index": 0, "text": " 1.5", "finish_reason": "stop"}
    with serving(lambda *_: (200, {"choices": [choice]})) as server:
        (completion,) = ask(server, [Question("", "a", pattern)])[0]
    assert completion.text == text


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
