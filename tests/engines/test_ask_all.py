"""Lists of questions: order, failures in their places, repeats."""

from __future__ import annotations

from elatbot_flows.engines.ask_all import ask_all, draw_each
from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.text.question import Question
from scripted_engine import asked, scripted

NI, AL = Question("", "Ni"), Question("", "Al")
LOST = Failure("no_structure", "there is none")


def engine(tmp_path, **settings):
    replies = [("Ni", ["1", "2", "3"]), ("Al", ["4", "5"])]
    return scripted(replies, log=str(tmp_path / "log"), **settings).settings.start()


def test_answers_come_in_order_and_repeats_are_asked_once(tmp_path):
    found = ask_all(engine(tmp_path), [AL, LOST, NI, AL], Sampling(temperature=1, samples=2))
    assert found[1] is LOST
    assert [[c.text for c in found[i]] for i in (0, 2, 3)] == [["4", "5"], ["1", "2"], ["4", "5"]]
    assert asked(tmp_path / "log") == 2


def test_no_questions_ask_nobody():
    assert ask_all(None, [], Sampling()) == []
    assert ask_all(None, [LOST], Sampling()) == [LOST]
    assert draw_each(None, [LOST, LOST], Sampling()) == [LOST, LOST]


def test_every_repeat_draws_an_answer_of_its_own(tmp_path):
    questions = [NI, AL, NI, LOST, NI]
    found = draw_each(engine(tmp_path), questions, Sampling(temperature=1))
    assert [c if c is LOST else c.text for c in found] == ["1", "4", "2", LOST, "3"]


def test_without_temperature_repeats_have_the_same_answer(tmp_path):
    found = draw_each(engine(tmp_path), [NI, NI], Sampling())
    assert [c.text for c in found] == ["1", "1"]
    assert asked(tmp_path / "log") == 1


def test_failures_of_the_engine_stay_in_their_places(tmp_path):
    prompt = "Human: Ni\nAssistant: "
    found = draw_each(engine(tmp_path, longest=len(prompt)), [NI, Question("", "Nickel"), NI],
                      Sampling(temperature=1))  # fmt: skip
    assert [getattr(c, "reason", None) for c in found] == [None, "prompt_too_long", None]
