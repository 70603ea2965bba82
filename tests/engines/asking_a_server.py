"""What the tests of the server's engine share: settings, questions, and answers by place."""

from __future__ import annotations

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.text.question import Question

QUESTIONS = [Question("", f"question {number}") for number in range(40)]
GREEDY = Sampling(max_tokens=8)


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
