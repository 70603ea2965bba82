"""MongoDB for tests: the server that ELATBOT_TEST_MONGODB_URI names, else one of our own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo.uri_parser import parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "mongodb_uri", "place_of"]

_PATIENCE = 60


class Server:
    """A server on this machine that may be killed and started again with what it held.

    Parameters
    ----------
    file
        Where its databases lie.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        folder = str(Path(__file__).parents[1])
        command = [sys.executable, "-m", "mongo_server", str(self.file), str(self.port)]
        self._process = subprocess.Popen(  # noqa: S603 - our own server
            command, cwd=folder, stdin=subprocess.PIPE
        )
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server of the tests does not answer")

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def mongodb_uri(folder: Path) -> Iterator[str]:
    """URI of a MongoDB while inside.

    Parameters
    ----------
    folder
        For the file of our own server.
    """
    if uri := os.environ.get("ELATBOT_TEST_MONGODB_URI"):
        yield uri
        return
    server = Server(folder / "databases.sqlite")
    server.start()
    try:
        yield server.uri
    finally:
        server.kill()


def place_of(uri: str) -> dict[str, Any]:
    """Host, port and, where there are some, name and password, as maggma and FireWorks want them.

    Parameters
    ----------
    uri
        Of a MongoDB.
    """
    parts = parse_uri(uri)
    host, port = parts["nodelist"][0]
    own = {name: parts[name] for name in ("username", "password") if parts[name]}
    return {"host": host, "port": port, **own}
