"""Requests to one server, sent again where that can help, and waiting while it is down."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.server.api import MalformedReplyError, refusal
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx2

__all__ = ["Client", "connect", "delays", "retry_after"]

logger = logging.getLogger(__name__)

_GONE = {502, 503, 504}
"""Status of a proxy, or of a server that is still loading, for a model that is not there."""
_BUSY = {408, 425, 429}
_SHORTEST, _LONGEST = 0.5, 30.0
_PROBE_TIMEOUT = 10.0


def delays() -> Iterator[float]:
    """Seconds to wait before the next attempt: doubling, up to half a minute, with jitter."""
    delay = _SHORTEST
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311 - only spreads requests in time
        delay = min(2 * delay, _LONGEST)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a reply asks to wait (RFC 9110, 10.2.3); 0 if it does not say."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def connect(url: str, key: str | None, timeout: float, connections: int) -> httpx2.AsyncClient:
    """Open a pool of connections to a server."""
    import httpx2

    return httpx2.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx2.Timeout(timeout, connect=_PROBE_TIMEOUT, pool=None),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=connections),
    )


@dataclass
class Client:
    """Requests to one server by many tasks of one event loop.

    Parameters
    ----------
    http
        From `connect`.
    retries
        How often a request is sent again before it is given up.
    patience
        Seconds to wait for a server that does not answer at all.
    """

    http: httpx2.AsyncClient
    retries: int
    patience: float
    _seen: float = field(default=0.0, init=False)
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def get(self, path: str) -> httpx2.Response:
        """Read an address, waiting for the server if it is down.

        Raises
        ------
        EngineError
            If it stays down for longer than it is waited for.
        """
        import httpx2

        why = ""
        for _ in range(self.retries + 1):
            await self._until_alive(why)
            try:
                return await self.http.get(path, timeout=_PROBE_TIMEOUT)
            except httpx2.TransportError as error:
                why = repr(error)
                await asyncio.sleep(_SHORTEST)
        raise EngineError(
            f"the server at {self.http.base_url} answers, but not at {path} ({why}): see its log"
        )

    async def post(
        self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], Any]
    ) -> Any:
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
        import httpx2

        failure = Failure("server_error", "never sent")
        waits = delays()
        for _ in range(self.retries + 1):
            wait = next(waits)
            try:
                reply = await self.http.post(path, json=body)
                self._seen = time.monotonic()
                if reply.status_code < 400:
                    return read(_content(reply))
                failure = _failure(reply)
                if failure.reason != "server_error":
                    return failure
                await asyncio.sleep(max(wait, min(retry_after(reply.headers), self.patience)))
                if reply.status_code in _GONE:
                    await self._until_alive(failure.message)
            except MalformedReplyError as error:
                failure = Failure("server_error", f"the server sent a malformed reply: {error}")
                await asyncio.sleep(wait)
            except httpx2.TimeoutException as error:
                seconds = self.http.timeout.read
                failure = Failure(
                    "timeout", f"no reply within {seconds:g} s: raise timeout or ask for less"
                )
                await self._until_alive(repr(error))
            except httpx2.TransportError as error:
                failure = Failure(
                    "server_error",
                    f"the connection broke off while this was answered ({error!r}); the log of the "
                    "server says why",
                )
                await self._until_alive(repr(error))
                await asyncio.sleep(wait)
        return failure

    async def _until_alive(self, why: str) -> None:
        """Return as soon as the server answers anything; only one task knocks at a time."""
        lost = time.monotonic()
        async with self._probing:
            if self._seen > lost:
                return
            for number, wait in enumerate(delays()):
                status = await self._status()
                if status is not None and status not in _GONE:
                    self._seen = time.monotonic()
                    return
                waited = time.monotonic() - lost
                if waited >= self.patience:
                    raise EngineError(
                        f"the server at {self.http.base_url} did not answer for {waited:.0f} s"
                        f"{f' ({why})' if why else ''}: start it again and repeat the run, or "
                        "raise patience"
                    )
                if number == 0:
                    logger.warning(
                        "no answer from %s: waiting up to %g s", self.http.base_url, self.patience
                    )
                await asyncio.sleep(min(wait, self.patience - waited))

    async def _status(self) -> int | None:
        import httpx2

        try:
            return (await self.http.get("models", timeout=_PROBE_TIMEOUT)).status_code
        except httpx2.TransportError:
            return None


def _content(reply: httpx2.Response) -> dict[str, Any]:
    try:
        content = reply.json()
    except ValueError as error:
        raise MalformedReplyError(f"{error}: {reply.text[:100]!r}") from error
    if reply.status_code >= 300 or not isinstance(content, dict):
        raise MalformedReplyError(f"HTTP {reply.status_code}: {reply.text[:100]!r}")
    return content


def _failure(reply: httpx2.Response) -> Failure:
    """What an error status says; ``"server_error"`` if it may be different next time."""
    message = _message(reply)
    if reply.status_code >= 500 or reply.status_code in _BUSY:
        return Failure("server_error", f"HTTP {reply.status_code}: {message}")
    return refusal(reply.status_code, message)


def _message(reply: httpx2.Response) -> str:
    """Words of the server about an error, which have no common form."""
    try:
        content = reply.json()
        error = content.get("error", content) if isinstance(content, dict) else content
        message = error.get("message", error) if isinstance(error, dict) else error
    except ValueError:
        message = reply.text
    return str(message)[:500] or reply.reason_phrase
