"""What is said to an OpenAI-compatible server, and what its replies mean: nothing is sent here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.sampled import request_seed, sampling_record
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Template, messages, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.text.question import Question

__all__ = ["MalformedReplyError", "Requests", "Structured", "refusal"]

Structured = Literal["vllm", "response_format", "none"]
"""How a server is told the pattern of an answer."""

_TOO_LONG = re.compile(
    r"context.?(?:length|size|window)|maximum.{0,20}(?:length|tokens)|too long|too many tokens",
    re.IGNORECASE,
)
_PATTERN = re.compile(r"regex|grammar|structured|json_?schema|pattern", re.IGNORECASE)


class MalformedReplyError(ValueError):
    """A reply that says it succeeded and is not what was asked for."""


@dataclass(frozen=True)
class Requests:
    """Writes the requests for one model on one server and reads the replies.

    Parameters
    ----------
    model, adapter
        What completions call them.
    asked
        Name the server has for what answers.
    template
        How questions are written.
    structured
        How patterns are asked for.
    vllm
        Whether the server is vLLM and so knows requests that others do not.
    send_seed
        Send the seed with every request that draws.
    """

    model: str
    adapter: str | None
    asked: str
    template: Template
    structured: Structured
    vllm: bool
    send_seed: bool

    @property
    def joins_tokens(self) -> bool:
        """Whether question and beginning of an answer are to be sent as tokens."""
        return self.vllm and self.template is not Template.CHAT

    def prompt(self, question: Question) -> str:
        """Text of a question, before a chat template of the server, and beginning of its answer.

        Raises
        ------
        ParseError
            If the question cannot be written.
        """
        template = Template.RAW if self.template is Template.CHAT else self.template
        return write(question, template) + question.prefix

    def request(
        self,
        question: Question,
        sampling: Sampling,
        prompt: str,
        tokens: Sequence[int] | None = None,
    ) -> dict[str, Any] | Failure:
        """Arguments of ``completions.create`` of `openai`, or why there are none.

        With ``messages`` they belong to chats. What is not of the common interface is in
        ``extra_body``.

        Parameters
        ----------
        question
            What to ask.
        sampling
            How answers are drawn.
        prompt
            Text of the question.
        tokens
            Token numbers to send instead of the text.
        """
        pattern = self._pattern(question)
        chat = self.template is Template.CHAT and tokens is None
        if question.prefix and ("response_format" in pattern or (chat and not self.vllm)):
            return Failure(
                "prefix_not_supported",
                "this server cannot be told the beginning of an answer: leave the prefix out, or "
                "use vLLM with structured='vllm'",
            )
        body = self._settings(sampling, prompt)
        extra = self._extra(sampling) | pattern
        if chat:
            body["messages"] = messages(question)
            if question.prefix:
                body["messages"].append({"role": "assistant", "content": question.prefix})
                extra |= {"add_generation_prompt": False, "continue_final_message": True}
        else:
            body["prompt"] = prompt if tokens is None else list(tokens)
            if self.vllm:
                extra["add_special_tokens"] = self.template is Template.BEGIN
        return body | {"extra_body": extra}

    def _settings(self, sampling: Sampling, prompt: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.asked,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "n": sampling.samples,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        seed = self._seed(sampling, prompt)
        return body if seed is None else body | {"seed": seed}

    def _extra(self, sampling: Sampling) -> dict[str, Any]:
        if not self.vllm:
            return {"top_k": sampling.top_k} if sampling.top_k else {}
        # The defaults of vLLM come from a file of the model.
        drawn = {"top_k": sampling.top_k, "min_p": 0.0, "repetition_penalty": 1.0}
        return drawn | {"return_token_ids": True}

    def _pattern(self, question: Question) -> dict[str, Any]:
        if question.pattern is None or self.structured == "none":
            return {}
        if self.structured == "vllm":
            return {"structured_outputs": {"regex": question.loose_pattern}}
        answer = {"type": "string", "pattern": f"^(?:{question.pattern})$"}
        schema = {
            "type": "object",
            "properties": {"answer": answer},
            "required": ["answer"],
            "additionalProperties": False,
        }
        wanted = {"name": "answer", "schema": schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}

    def _seed(self, sampling: Sampling, prompt: str) -> int | None:
        """Seed to send; the likeliest answer needs none."""
        if not self.send_seed or sampling.temperature == 0:
            return None
        return request_seed(sampling.seed, prompt)

    def read(
        self, reply: dict[str, Any], question: Question, sampling: Sampling, prompt: str
    ) -> list[Completion]:
        """Completions in the reply to `request`.

        Raises
        ------
        MalformedReplyError
            If they are not all there.
        """
        guided = question.pattern is not None and self.structured != "none"
        try:
            choices = sorted(reply["choices"], key=lambda choice: choice["index"])
            usage = reply.get("usage") or {}
            completion = partial(self._completion, usage=usage, sampling=sampling, prompt=prompt)
            found = [completion(choice, guided=guided) for choice in choices]
        except (KeyError, TypeError, AttributeError) as error:
            raise MalformedReplyError(f"{type(error).__name__} {error}") from error
        if [c.sampling["index"] for c in found] != list(range(sampling.samples)):
            raise MalformedReplyError(f"{len(found)} answers instead of {sampling.samples}")
        if not guided:
            return found
        unwrap = _unwrap if self.structured == "response_format" else question.tidy
        return [replace(completion, text=unwrap(completion.text)) for completion in found]

    def _completion(
        self,
        choice: dict[str, Any],
        *,
        usage: dict[str, Any],
        sampling: Sampling,
        prompt: str,
        guided: bool,
    ) -> Completion:
        text = choice["text"] if "text" in choice else choice["message"]["content"] or ""
        tokens = choice.get("token_ids")
        alone = usage.get("completion_tokens", 0) if sampling.samples == 1 else 0
        seed = self._seed(sampling, prompt)
        more = {} if seed is None else {"request_seed": seed}
        return Completion(
            text=text,
            model=self.model,
            prompt=prompt,
            seed=sampling.seed,
            sampling=sampling_record(sampling, choice["index"], guided=guided, **more),
            prompt_tokens=usage.get("prompt_tokens", 0),
            completion_tokens=alone if tokens is None else len(tokens),
            adapter=self.adapter,
            finish_reason=choice.get("finish_reason"),
        )


def _unwrap(text: str) -> str:
    """Answer inside of its JSON object; an object that was cut off stays as it is."""
    try:
        return str(json.loads(text)["answer"])
    except (ValueError, KeyError, TypeError):
        return text


def refusal(status: int, message: str) -> Failure:
    """What a refused request (HTTP status 400 to 499) means for its question.

    Raises
    ------
    EngineError
        If every other question would be refused as well.
    """
    if status in {401, 403}:
        raise EngineError(
            f"the server refuses the key (HTTP {status}: {message}): api_key_env has to name the "
            "environment variable that holds a valid one"
        )
    if status == 404:
        raise EngineError(f"the server does not have what is asked for: {message}")
    if "chat template" in message.lower():
        raise EngineError(
            f"the model on the server has no chat template ({message}): choose the template it was "
            "trained with, or start the server with --chat-template FILE"
        )
    if status == 413 or _TOO_LONG.search(message):
        return Failure("prompt_too_long", message)
    if _PATTERN.search(message):
        return Failure("pattern_not_supported", message)
    return Failure("refused", f"HTTP {status}: {message}")
