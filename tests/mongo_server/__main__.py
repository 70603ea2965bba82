"""``python -m mongo_server FILE PORT``: serve the databases of a file on this machine alone."""

from __future__ import annotations

import os
import socketserver
import sys
import threading
from contextlib import suppress
from pathlib import Path

from mongo_server.commands import Commands
from mongo_server.wire import read, written


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(ConnectionError):  # of those that were killed
            while (message := read(self.rfile)) is not None:
                with self.server.lock:
                    answer = self.server.commands.answer(message.database, message.command)
                    packed = written(answer, message)
                if message.waits:
                    self.wfile.write(packed)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, port: int) -> None:
        self.commands = Commands(path)
        self.lock = threading.RLock()
        super().__init__(("127.0.0.1", port), _Connection)


def _end_with_parent() -> None:
    """End when whoever started this has ended: its side of the standard input is closed then."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Server(Path(sys.argv[1]), int(sys.argv[2])).serve_forever()
