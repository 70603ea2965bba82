"""An engine that says what it was told to, counts what it is asked, and may die on the way."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MSONable

import samples
from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.text_model import TextModel
from elatbot_flows.jobs import PredictElasticMaker
from elatbot_flows.text.question import Template, write

COPPER = samples.fcc("Cu", 3.6)
CUBIC = str(
    [
        [240.0, 150.0, 150.0, 0.0, 0.0, 0.0],
        [150.0, 240.0, 150.0, 0.0, 0.0, 0.0],
        [150.0, 150.0, 240.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 120.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 120.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 120.0],
    ]
)
"""A tensor as a model writes it: K = 180 GPa, G_V = 90 GPa."""


@dataclass(frozen=True)
class ScriptedSettings(MSONable):
    """What to say, and to which question.

    Parameters
    ----------
    replies
        Pairs of a text that is looked for in the question, and the answers to it, sample by
        sample and round again. The first that fits is taken.
    log
        File that gets a line for every answer.
    longest
        Longest question in characters.
    fatal
        File whose number says after how many answers the process dies; it is removed then.
    weights
        What the record says of the weights.
    """

    replies: tuple = (("", (CUBIC,)),)
    log: str | None = None
    longest: int = 100_000
    fatal: str | None = None
    weights: str = "0" * 64
    model: str = "scripted"
    template: Template = Template.ELATBOT

    def __post_init__(self):
        pairs = tuple((needle, tuple(answers)) for needle, answers in self.replies)
        object.__setattr__(self, "replies", pairs)
        object.__setattr__(self, "template", Template(self.template))

    def start(self):
        return ScriptedEngine(self)


class ScriptedEngine:
    def __init__(self, settings):
        self.settings = settings
        self.record = TextModelRecord(
            engine="scripted",
            engine_version="1",
            name=settings.model,
            template=str(settings.template),
            weights_sha256=settings.weights,
        )

    def complete(self, questions, sampling):
        for place in reversed(range(len(questions))):  # in its own order
            prompt = write(questions[place], self.settings.template)
            if len(prompt) > self.settings.longest:
                yield place, Failure("prompt_too_long", "shorten it")
                continue
            self._log()
            yield place, [self._answer(prompt, i, sampling) for i in range(sampling.samples)]

    def _answer(self, prompt, index, sampling):
        answers = next(a for needle, a in self.settings.replies if needle in prompt)
        text = answers[index % len(answers)]
        return Completion(
            text=text,
            model="scripted 1",
            prompt=prompt,
            seed=sampling.seed,
            sampling={"temperature": sampling.temperature, "index": index},
            prompt_tokens=len(prompt.split()),
            completion_tokens=len(text.split()),
            finish_reason="length" if text.endswith("...") else "stop",
        )

    def _log(self):
        if self.settings.log is None:
            return
        log = Path(self.settings.log)
        with log.open("a") as stream:
            stream.write("answer\n")
        fatal = self.settings.fatal and Path(self.settings.fatal)
        if fatal and fatal.exists() and asked(log) > int(fatal.read_text()):
            fatal.unlink()
            os._exit(1)


def asked(log):
    """How many answers were given, over all processes."""
    return len(Path(log).read_text().split()) if Path(log).exists() else 0


def scripted(replies=None, **settings):
    """A text model with a script, in the words of ElaTBot."""
    given = {} if replies is None else {"replies": tuple(replies)}
    return TextModel(ScriptedSettings(**given, **settings))


def output_of(job_or_flow, uuid=None):
    store = JobStore(MemoryStore())
    responses = run_locally(job_or_flow, store=store, log=False, ensure_success=True)
    document = store.query_one({"uuid": uuid or job_or_flow.uuid})
    json.dumps(document["output"], allow_nan=False)
    return responses[uuid or job_or_flow.uuid][1].output


def predict(materials, *columns, model=None, **settings):
    settings = {"task": "tensor_from_structure"} | settings
    maker = PredictElasticMaker(model=model or scripted(), **settings)
    return output_of(maker.make(materials, *columns))
