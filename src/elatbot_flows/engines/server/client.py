"""One server, asked through the `openai` package, and waited for while it is away."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.server.api import MalformedReplyError, refusal
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from openai import APIError, APIStatusError, AsyncOpenAI

__all__ = ["Client", "connect", "is_gone", "words"]

logger = logging.getLogger(__name__)

_GONE = {0, 502, 503, 504}
"""No reply, or status of a proxy or of a server that is still loading: the model is not there."""
_MAY_PASS = {408, 425, 429}
_ODD = {425, *range(300, 400)}
"""Status that may pass, after which `openai` does not send a request again."""
_CONNECT_TIMEOUT = 5.0
_PROBE_TIMEOUT = 10.0
_SHORTEST, _LONGEST = 0.5, 8.0


def connect(url: str, key: str | None, timeout: float, retries: int) -> AsyncOpenAI:
    """Open a pool of connections to a server.

    Keys and names for OpenAI's own service in the environment (``OPENAI_API_KEY``, ...) are not
    sent to it.
    """
    from openai import AsyncOpenAI, Timeout

    return AsyncOpenAI(
        base_url=url,
        api_key=key or "EMPTY",
        organization="",
        project="",
        timeout=Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT), pool=None),
        max_retries=retries,
    )


@dataclass
class Client:
    """Questions of many tasks of one event loop to one server.

    Parameters
    ----------
    api
        From `connect`. It sends requests again after HTTP 408, 409, 429, 5xx and broken
        connections, not before ``Retry-After``.
    patience
        Seconds to wait for a server that went away or is still loading.
    """

    api: AsyncOpenAI
    patience: float
    _missed: float = field(default=0.0, init=False)
    _knocking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def ask(self, body: dict[str, Any], read: Callable[[dict[str, Any]], Any]) -> Any:
        """Send a request until it succeeds, and return what `read` makes of the reply.

        Returns
        -------
        object
            What `read` returns, or a `Failure`.

        Raises
        ------
        EngineError
            If the server is gone for longer than it is waited for, or would refuse every request.
        """
        place = self.api.chat if "messages" in body else self.api

        async def send() -> str:
            reply = await place.completions.with_raw_response.create(**body)
            return str(reply.text)

        return await self._send(send, read)

    async def tokens(self, model: str, text: str) -> tuple[int, ...] | Failure:
        """Token numbers of a text without special tokens, as vLLM has them for a model.

        Raises
        ------
        EngineError
            As `ask`.
        """
        from openai import NotFoundError

        # It stands beside, not below, the OpenAI-compatible interface.
        address = str(self.api.base_url).rstrip("/").removesuffix("/v1") + "/tokenize"
        body = {"model": model, "prompt": text, "add_special_tokens": False}

        async def send() -> str:
            return str(await self.api.post(address, cast_to=str, body=body))

        try:
            found: tuple[int, ...] | Failure = await self._send(send, _tokens)
        except EngineError as error:
            if not isinstance(error.__context__, NotFoundError):
                raise
            return Failure(
                "prefix_not_supported",
                f"the beginning of an answer goes to a server as tokens, and nothing at {address} "
                "makes them: give the setting 'tokenizer' the folder of the model's tokenizer",
            )
        return found

    async def _send(
        self, send: Callable[[], Awaitable[str]], read: Callable[[dict[str, Any]], Any]
    ) -> Any:
        """Send until it succeeds; see `ask`."""
        from openai import APIError

        failure = Failure("server_error", "never sent")
        for _, wait in zip(range(self.api.max_retries + 1), _delays(), strict=False):
            began = time.monotonic()
            try:
                return read(_content(await send()))
            except UnicodeEncodeError as error:
                return Failure("refused", f"the question is no text: {error}")
            except MalformedReplyError as error:
                failure = Failure("server_error", f"the server sent a malformed reply: {error}")
            except APIError as error:
                failure = _failure(error)
                if not (_status(error) in _ODD or await self._was_away(error, began)):
                    return failure
            await asyncio.sleep(wait)
        return failure

    async def until_there(self, error: APIError) -> None:
        """Return as soon as the server answers; the error says why it is waited for.

        Raises
        ------
        EngineError
            If it stays away for longer than it is waited for.
        """
        noticed = time.monotonic()
        async with self._knocking:  # one task for all
            for wait in _delays():
                if await self._is_there():
                    return
                self._missed = time.monotonic()
                if self._missed >= noticed + self.patience:
                    raise EngineError(
                        f"the server at {self.api.base_url} did not answer for "
                        f"{self._missed - noticed:.0f} s ({error.__cause__ or error!r}): start it "
                        "again and repeat the run, or raise patience"
                    )
                logger.warning("no answer from %s: waiting", self.api.base_url)
                await asyncio.sleep(min(wait, noticed + self.patience - self._missed))

    async def _was_away(self, error: APIError, began: float) -> bool:
        """Whether the server was away since a request began; it is back when this returns."""
        if not is_gone(error):
            return False
        await self.until_there(error)
        return self._missed > began or type(error.__cause__).__name__ == "ConnectError"

    async def _is_there(self) -> bool:
        """Whether the server answers anything that does not mean that its model is not there."""
        from openai import APIError

        probe = self.api.with_options(max_retries=0, timeout=_PROBE_TIMEOUT)
        try:
            await probe.models.with_raw_response.list()
        except APIError as error:
            return not is_gone(error)
        return True


def is_gone(error: APIError) -> bool:
    """Whether an error means that the server, or a model behind it, is not there at the time."""
    return _status(error) in _GONE


def words(error: APIStatusError) -> str:
    """What a server says about an error, which has no common form."""
    said = error.body.get("message", error.body) if isinstance(error.body, dict) else error.body
    return str(said or error.message)[:500]


def _delays() -> Iterator[float]:
    """Seconds to wait before the next attempt: doubling, up to a limit."""
    delay = _SHORTEST
    while True:
        yield delay
        delay = min(2 * delay, _LONGEST)


def _status(error: APIError) -> int:
    """HTTP status; 0 where a connection broke off or no reply came."""
    return int(getattr(error, "status_code", 0))


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise MalformedReplyError(f"{error}: {text[:100]!r}") from error
    if not isinstance(content, dict):
        raise MalformedReplyError(repr(text[:100]))
    return content


def _tokens(content: dict[str, Any]) -> tuple[int, ...]:
    try:
        return tuple(map(int, content["tokens"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedReplyError(repr(str(content)[:100])) from error


def _failure(error: APIError) -> Failure:
    """What an error means for its question; ``"server_error"`` if it may be different next time."""
    from openai import APIStatusError, APITimeoutError

    if isinstance(error, APITimeoutError):
        seconds = error.request.extensions["timeout"]["read"]
        return Failure("timeout", f"no reply within {seconds:g} s: raise timeout or ask for less")
    if not isinstance(error, APIStatusError):
        return Failure(
            "server_error",
            f"the connection broke off while this was answered ({error.__cause__!r}); the log of "
            "the server says why",
        )
    status = error.status_code
    if status < 400 or status >= 500 or status in _MAY_PASS:
        return Failure("server_error", f"HTTP {status}: {words(error)}")
    return refusal(status, words(error))
