"""A small OpenAI-compatible server for tests, which misbehaves as it is told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CARD = {"id": "tiny", "owned_by": "vllm", "root": "/models/tiny", "max_model_len": 1024}
LORA = {"id": "lora", "owned_by": "vllm", "root": "/models/lora", "parent": "tiny"}


class FakeServer:
    """Answers every prompt with its own text in capitals.

    `behave(body, attempt)` may return None for the usual answer, a pair of status and content, a
    triple with headers, or a function that is given the handler. `requests` holds what was asked.
    """

    def __init__(self, behave=None, cards=(CARD, LORA), version="0.32.0", key=None, port=0):
        self.behave = behave or (lambda body, attempt: None)
        self.cards, self.version, self.key = list(cards), version, key
        self.requests, self.attempts, self.connections = [], Counter(), []
        self.most_at_once, self.now = 0, 0
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def _handler(server):  # noqa: N805 - self is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                server.connections.append(self.connection)

            def log_message(self, *args):
                pass

            def reply(self, status, content, headers=None):
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if server.key and self.headers.get("Authorization") != f"Bearer {server.key}":
                    self.reply(401, {"error": {"message": "bad key"}})
                elif self.path == "/v1/models":
                    self.reply(200, {"object": "list", "data": server.cards})
                elif self.path == "/version" and server.version:
                    self.reply(200, {"version": server.version})
                else:
                    self.reply(404, {"error": {"message": "Not Found"}})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                name = json.dumps(body.get("prompt", body.get("messages")))
                with server.lock:
                    server.requests.append((self.path, body))
                    server.attempts[name] += 1
                    attempt = server.attempts[name]
                    server.now += 1
                    server.most_at_once = max(server.most_at_once, server.now)
                try:
                    wanted = server.behave(body, attempt)
                    if callable(wanted):
                        wanted(self)
                    else:
                        self.reply(*(wanted or (200, answer(self.path, body))))
                finally:
                    with server.lock:
                        server.now -= 1

        return Handler

    def start(self):
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(behave=None, **kwargs):
    server = FakeServer(behave, **kwargs).start()
    try:
        yield server
    finally:
        server.stop()


def answer(path, body):
    """The usual answer to a request."""
    if path.endswith("/chat/completions"):
        text = body["messages"][0]["content"].upper()
        choice = {"message": {"role": "assistant", "content": text}}
    else:
        prompt = body["prompt"]
        choice = {"text": prompt.upper() if isinstance(prompt, str) else str(len(prompt))}
    choices = [
        {"index": index, "finish_reason": "stop", **choice} for index in range(body.get("n", 1))
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": 3 * len(choices)}
    return {"choices": choices[::-1], "usage": usage}


def hang_up(handler):
    """Close the connection without an answer."""
    handler.close_connection = True
    handler.connection.close()


def dawdle(seconds):
    """Answer after some time."""

    def later(handler):
        time.sleep(seconds)
        handler.reply(200, {"choices": []})

    return later
