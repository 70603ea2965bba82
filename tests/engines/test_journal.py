"""A journal keeps every answer through whatever ends the process that wrote it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.journal import Journaled, answer_keys
from elatbot_flows.engines.journal_files import JournalFolder
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question

ROOT = Path(__file__).parents[2]
QUESTIONS = [Question("", f"question {number}") for number in range(30)]
SAMPLING = Sampling(temperature=1.0, samples=2)


class Echo:
    """Answers with the question, last one first, and counts what it is asked."""

    def __init__(self, fail=None, stop_after=None, **record):
        details = {"settings": {"url": "http://a", "dtype": "float32"}} | record
        self.record = TextModelRecord(
            engine="echo", engine_version="1", name="m", template="raw", **details
        )
        self.asked, self.fail, self.stop_after = [], fail or {}, stop_after

    def complete(self, questions, sampling):
        for place in reversed(range(len(questions))):
            if self.stop_after is not None and len(self.asked) == self.stop_after:
                raise EngineError("gone")
            text = questions[place].input
            self.asked.append(text)
            samples = [
                Completion(f"{text} é\ud800 {index}", "m", text, sampling.seed, {"stop": []})
                for index in range(sampling.samples)
            ]
            yield place, self.fail.get(text, samples)


def ask(engine, folder, questions=QUESTIONS, sampling=SAMPLING):
    pairs = list(Journaled(engine, folder).complete(questions, sampling))
    assert sorted(place for place, _ in pairs) == list(range(len(questions)))
    return dict(pairs)


def lines(folder):
    return [line for file in folder.glob("*.jsonl") for line in file.read_bytes().splitlines()]


def test_nothing_is_asked_twice_and_answers_stay_the_same(tmp_path):
    first = ask(Echo(), tmp_path)
    engine = Echo()
    assert ask(engine, tmp_path) == first
    assert engine.asked == []
    assert len(lines(tmp_path)) == 30


def test_an_engine_that_stops_has_lost_nothing(tmp_path):
    with pytest.raises(EngineError, match="gone"):
        ask(Echo(stop_after=12), tmp_path)
    engine = Echo()
    ask(engine, tmp_path)
    assert sorted(engine.asked) == sorted(q.input for q in QUESTIONS[:18])


def test_an_answer_is_on_file_before_it_is_given(tmp_path):
    stream = Journaled(Echo(), tmp_path).complete(QUESTIONS, SAMPLING)
    for number in range(1, 4):
        next(stream)
        assert len(lines(tmp_path)) == number
    stream.close()


def test_failures_that_will_come_back_are_kept_and_others_asked_again(tmp_path):
    kept, passing = Failure("prompt_too_long", "!"), Failure("server_error", "?")
    engine = Echo({"question 1": kept, "question 2": passing})
    assert ask(engine, tmp_path)[2] == passing
    engine = Echo()
    found = ask(engine, tmp_path)
    assert engine.asked == ["question 2"]
    assert found[1] == kept
    assert not isinstance(found[2], Failure)


@pytest.mark.parametrize("cut", [1, 40, 10_000])
def test_a_torn_last_line_is_asked_again(tmp_path, cut):
    ask(Echo(), tmp_path)
    (file,) = tmp_path.glob("*.jsonl")
    data = file.read_bytes()
    last = data.splitlines(keepends=True)[-1]
    file.write_bytes(data[: -min(cut, len(last) - 1)])
    engine = Echo()
    ask(engine, tmp_path)
    assert engine.asked == ["question 0"]
    ask(engine, tmp_path)
    assert len(engine.asked) == 1


def test_rubbish_between_lines_is_passed_over(tmp_path):
    ask(Echo(), tmp_path)
    (file,) = tmp_path.glob("*.jsonl")
    rows = file.read_bytes().splitlines(keepends=True)
    rows[3:5] = [b"\0" * 50 + b"\n", b"[1]\n", b'{"key": 1}\n', b"\xff\n"]
    file.write_bytes(b"".join(rows))
    engine = Echo()
    ask(engine, tmp_path)
    assert len(engine.asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"sampling": replace(SAMPLING, seed=1)},
        {"sampling": replace(SAMPLING, max_tokens=9)},
        {"questions": [Question("Do. ", q.input) for q in QUESTIONS]},
        {"questions": [replace(q, pattern="a") for q in QUESTIONS]},
        {"engine": Echo(adapter="lora")},
        {"engine": Echo(settings={"url": "http://a", "dtype": "bfloat16"})},
    ],
)
def test_whatever_changes_answers_is_asked_anew(tmp_path, other):
    ask(Echo(), tmp_path)
    engine = other.pop("engine", Echo())
    ask(engine, tmp_path, **other)
    assert len(engine.asked) >= 30
    engine.asked.clear()


def test_a_server_may_move(tmp_path):
    ask(Echo(), tmp_path)
    engine = Echo(settings={"url": "http://b", "dtype": "float32"})
    ask(engine, tmp_path)
    assert engine.asked == []


def test_the_same_question_twice_has_two_answers(tmp_path):
    engine = Echo()
    ask(engine, tmp_path, [QUESTIONS[0]] * 3)
    assert len(engine.asked) == 3
    ask(engine, tmp_path, [QUESTIONS[0]] * 4)
    assert len(engine.asked) == 4


def test_keys_do_not_depend_on_the_order_of_questions():
    record = Echo().record
    keys = answer_keys(record, QUESTIONS, SAMPLING)
    assert answer_keys(record, QUESTIONS[::-1], SAMPLING) == keys[::-1]
    assert len(set(keys)) == 30


def test_many_threads_write_whole_lines(tmp_path):
    journal = JournalFolder(tmp_path)

    def write(thread):
        for number in range(50):
            journal.append(f"{thread} {number}", {"text": "x" * 5000})

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    fresh = JournalFolder(tmp_path)
    fresh.refresh()
    assert len(fresh) == 400


def test_journals_of_two_processes_meet_in_one_folder(tmp_path):
    one, two = Journaled(Echo(), tmp_path), Journaled(Echo(), tmp_path)
    list(one.complete(QUESTIONS[:10], SAMPLING))
    engine = Echo()
    two = Journaled(engine, tmp_path)
    list(two.complete(QUESTIONS[:20], SAMPLING))
    assert len(engine.asked) == 10
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


WRITER = """
import sys
from elatbot_flows.engines.journal_files import JournalFolder
journal = JournalFolder(sys.argv[1])
for number in range(10**9):
    journal.append(str(number), {"text": "x" * 3000})
    print(number, flush=True)
"""


def test_killed_writers_leave_every_line_they_finished(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)  # noqa: S603
        for _ in range(2)
    ]
    most = 0
    for writer in writers:
        for _ in range(200):
            most = max(most, int(writer.stdout.readline()))
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
        most = max([most, *(int(line) for line in rest if line.strip())])
        writer.wait()
    journal = JournalFolder(tmp_path)
    journal.refresh()
    assert all(str(number) in journal for number in range(most))
    assert journal["7"]["text"] == "x" * 3000


def test_lines_are_plain_json(tmp_path):
    ask(Echo(), tmp_path)
    line = json.loads(lines(tmp_path)[0])
    assert set(line) == {"key", "completions"}
    assert line["completions"][0]["prompt"] == "question 29"


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="name a folder"):
        JournalFolder(tmp_path / "file")


def test_a_full_disk_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("elatbot_flows.engines.journal_files._write", full)
    with pytest.raises(EngineError, match="make room"):
        ask(Echo(), tmp_path)
