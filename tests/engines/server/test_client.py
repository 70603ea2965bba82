"""A server is asked again and waited for, and what never works fails alone."""

from __future__ import annotations

import threading
import time

import pytest

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.errors import EngineError
from engines.asking_a_server import GREEDY, QUESTIONS, ask, assert_all_answered, settings
from engines.fake_server import (
    FakeServer,
    dawdle,
    hang_up,
    serving,
    until_error,
)


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


def test_server_that_was_never_there_is_named_at_once():
    begin = time.monotonic()
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:9.*start the server"):
        ServerSettings("http://127.0.0.1:9", "tiny").start()
    assert time.monotonic() - begin < 5


def test_server_that_is_loading_is_waited_for():
    with serving() as server:
        server.loading = 3
        assert_all_answered(ask(server))
        server.loading = 1000
        with pytest.raises(EngineError, match="raise patience"):
            settings(server, patience=0.1).start()


def test_model_behind_a_proxy_that_is_restarted_is_waited_for():
    def behave(_body, _attempt):
        return (503, {}) if server.loading else None

    with serving(behave) as server:
        stream = settings(server, concurrency=4).start().complete(QUESTIONS, GREEDY)
        pairs = [next(stream)]
        server.loading = 20
        pairs += stream
    assert_all_answered(dict(pairs))
