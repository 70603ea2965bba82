"""Text models behind an OpenAI-compatible server, above all ``vllm serve``."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from monty.json import MSONable

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.asking import Asker
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.sampled import refuse_guidance
from elatbot_flows.engines.server import background
from elatbot_flows.engines.server.api import Requests, Structured
from elatbot_flows.engines.server.client import Client, connect
from elatbot_flows.engines.server.models import ServedModel, base_url, look_up
from elatbot_flows.engines.tokenizer_loading import load_tokenizer, read_template
from elatbot_flows.errors import EngineError, ParseError
from elatbot_flows.text.question import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.question import Question

__all__ = ["ServerEngine", "ServerSettings"]

_LOOK_UP_TIMEOUT, _LOOK_UP_RETRIES = 10.0, 2
"""A server that is not there at all is told of within seconds."""


@dataclass(frozen=True)
class ServerSettings(MSONable):
    """Which model of which server is asked, and how.

    Parameters
    ----------
    url
        Address up to ``/v1``, which is added to an address without path.
    model
        Name the server has for the model, or the folder it has it from.
    adapter
        The same of a LoRA adapter of the model, which then answers.
    template
        How questions are written. `Template.CHAT` leaves the chat template to the server unless a
        tokenizer is given.
    api_key_env
        Name of the environment variable with the key, where the server wants one. The key itself
        is never stored.
    concurrency
        Requests under way at the same time.
    timeout
        Seconds until a request without reply is sent again.
    retries
        How often a request is sent again before its question is given up.
    patience
        Seconds to wait for a server that goes away during a run or is still loading its model.
    tokenizer
        Folder or hub name of the model's tokenizer. With it, questions are sent as token numbers
        and those too long are found without asking.
    structured
        How patterns are enforced: ``"vllm"``, by ``"response_format"`` as JSON, or ``"none"``.
    seed
        ``"request"`` sends the seed with each request that draws, ``"engine"`` leaves it to the
        server. vLLM on CPU stops at seeds unless it runs with ``--no-enable-chunked-prefill``.
    """

    url: str
    model: str
    adapter: str | None = None
    template: Template = Template.ELATBOT
    api_key_env: str | None = None
    concurrency: int = 32
    timeout: float = 600.0
    retries: int = 6
    patience: float = 300.0
    tokenizer: str | None = None
    structured: Structured = "vllm"
    seed: Literal["request", "engine"] = "request"

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", read_template(self.template))
        object.__setattr__(self, "url", base_url(self.url))
        if self.concurrency < 1 or self.retries < 0 or self.timeout <= 0 or self.patience < 0:
            raise EngineError(
                "a server needs concurrency >= 1, retries >= 0, timeout > 0 and patience >= 0"
            )
        if self.structured not in {"vllm", "response_format", "none"}:
            raise EngineError("structured is 'vllm', 'response_format' or 'none'")
        if self.seed not in {"request", "engine"}:
            raise EngineError("seed is 'request' or 'engine'")

    def start(self) -> ServerEngine:
        """Ask the server for its models.

        Raises
        ------
        EngineError
            If it cannot be reached, refuses the key or lacks the model or adapter.
        """
        return ServerEngine(self)


class ServerEngine:
    """A model behind a server; see `elatbot_flows.engines.base.Engine`.

    Parameters
    ----------
    settings
        Which model of which server.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._key = _read_key(settings.api_key_env)
        self._served = background.run(self._look_up)
        self._asker = self._load_asker()
        self._words: bool | None = None
        if settings.structured == "vllm" and not self._served.vllm:
            raise EngineError(
                f"{settings.url} does not say that it is vLLM: choose structured="
                "'response_format' or, if it cannot follow patterns, 'none'"
            )
        self._requests = Requests(
            settings.model,
            settings.adapter,
            self._served.asked,
            settings.template,
            settings.structured,
            vllm=self._served.vllm,
            send_seed=settings.seed == "request",
        )

    def _load_asker(self) -> Asker | None:
        """What turns questions into tokens, if this is not left to the server."""
        name, template = self._settings.tokenizer, self._settings.template
        if name is None:
            return None
        tokenizer = load_tokenizer(name, template)
        return Asker(tokenizer, template, self._served.context_length, guided=False)

    async def _look_up(self) -> ServedModel:
        settings = self._settings
        async with connect(settings.url, self._key, _LOOK_UP_TIMEOUT, _LOOK_UP_RETRIES) as api:
            client = Client(api, settings.patience)
            return await look_up(client, settings.model, settings.adapter)

    @property
    def record(self) -> TextModelRecord:
        """Who answers. Servers batch as they please, so none is called reproducible."""
        settings, served = self._settings, self._served
        return TextModelRecord(
            engine="server",
            engine_version=served.version,
            name=settings.model,
            template=str(settings.template),
            adapter=settings.adapter,
            context_length=served.context_length,
            reproducible=False,
            settings={
                "url": settings.url,
                "root": served.root,
                "adapter_root": served.adapter_root,
                "structured": settings.structured,
                "seed": settings.seed,
                "tokenizer": settings.tokenizer,
            },
        )

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions as the server does, in whatever order it does.

        Raises
        ------
        EngineError
            If the server is gone for longer than ``patience`` or refuses everything, or guidance
            is asked for.
        """
        refuse_guidance(sampling)
        return background.stream(partial(self._answer_all, questions, sampling))

    async def _answer_all(
        self, questions: Sequence[Question], sampling: Sampling, put: Callable[[Any], None]
    ) -> None:
        settings = self._settings
        places = iter(range(len(questions)))
        async with connect(settings.url, self._key, settings.timeout, settings.retries) as api:
            client = Client(api, settings.patience)

            async def work() -> None:
                for place in places:
                    put((place, await self._answer(client, questions[place], sampling)))

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(settings.concurrency, len(questions))):
                        group.create_task(work())
            except ExceptionGroup as errors:  # all workers meet the same obstacle
                raise errors.exceptions[0] from None

    async def _answer(
        self, client: Client, question: Question, sampling: Sampling
    ) -> list[Completion] | Failure:
        written = await self._write(client, question, sampling)
        if isinstance(written, Failure):
            return written
        prompt, tokens = written
        if question.pattern and await self._writes_words(client):
            question = question.in_words()
        request = self._requests.request(question, sampling, prompt, tokens)
        if isinstance(request, Failure):
            return request
        answer: list[Completion] | Failure = await client.ask(
            request, lambda reply: self._requests.read(reply, question, sampling, prompt)
        )
        return answer

    async def _writes_words(self, client: Client) -> bool:
        """Whether the vocabulary of a model, asked in its own words by vLLM, has no blank."""
        settings = self._settings
        if settings.structured != "vllm" or settings.template is not Template.RAW:
            return False
        if self._words is None:
            self._words = await client.tokens(self._served.asked, " ") == ()
        return self._words

    async def _write(
        self, client: Client, question: Question, sampling: Sampling
    ) -> tuple[str, tuple[int, ...] | None] | Failure:
        """Text of a question and, where the text does not tell them, its tokens."""
        if self._asker is None:
            try:
                return await self._with_prefix(client, question)
            except ParseError as error:
                return Failure(error.reason, str(error))
        asked = self._asker.ask(question, sampling.max_tokens)
        return asked if isinstance(asked, Failure) else (asked.text, asked.tokens)

    async def _with_prefix(
        self, client: Client, question: Question
    ) -> tuple[str, tuple[int, ...] | None] | Failure:
        """Text, and the tokens of vLLM where an answer is begun.

        Models learned question and answer as tokens of their own: in Llama 2's, the blank that
        ends a question is another token than the one that begins an answer.
        """
        text = self._requests.prompt(question)
        if not (question.prefix and self._requests.joins_tokens):
            return text, None
        parts = []
        for part in (text.removesuffix(question.prefix), question.prefix):
            tokens = await client.tokens(self._served.asked, part)
            if isinstance(tokens, Failure):
                return tokens
            parts.append(tokens)
        return text, parts[0] + parts[1]


def _read_key(name: str | None) -> str | None:
    if name is None:
        return None
    key = os.environ.get(name)
    if not key:
        raise EngineError(f"the environment variable {name} holds no key for the server: set it")
    return key
