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


class Handler(BaseHTTPRequestHandler):
    """One connection to a `FakeServer`."""

    protocol_version = "HTTP/1.1"
    owner = None

    def setup(self):
        super().setup()
        self.owner.connections.append(self.connection)

    def log_message(self, *args):
        pass

    def reply(self, status, content, headers=None):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        key = self.owner.key
        self.owner.headers.append(dict(self.headers))
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            self.reply(401, {"error": {"message": "bad key"}})
        elif self.path == "/v1/models" and self.owner.loading:
            self.owner.loading -= 1
            self.reply(503, {"error": {"message": "Loading model"}})
        elif self.path == "/v1/models":
            self.reply(200, {"object": "list", "data": self.owner.cards})
        elif self.path == "/version" and callable(self.owner.version):
            self.owner.version(self)
        elif self.path == "/version" and self.owner.version:
            self.reply(200, {"version": self.owner.version})
        else:
            self.reply(404, {"error": {"message": "Not Found"}})

    def do_POST(self):
        self.owner.headers.append(dict(self.headers))
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        attempt = self.owner.begin(self.path, body)
        try:
            wanted = self.owner.behave(body, attempt)
            if self.path == "/tokenize" and self.owner.tokenizes:
                text = body["prompt"].strip() if self.owner.whole_words else body["prompt"]
                self.reply(200, {"tokens": list(map(ord, text))})
            elif self.path == "/tokenize":
                self.reply(404, {"detail": "Not Found"})
            elif callable(wanted):
                wanted(self)
            else:
                self.reply(*(wanted or (200, answer(self.path, body))))
        finally:
            self.owner.end()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # with the usual 5, connections wait a second


class FakeServer:
    """Answers every prompt with its own text in capitals.

    `behave(body, attempt)` may return None for the usual answer, a pair of status and content, a
    triple with headers, or a function that is given the `Handler`. `requests` holds what was asked.
    """

    def __init__(self, behave=None, cards=(CARD, LORA), version="0.32.0", key=None, port=0):
        self.behave = behave or (lambda body, attempt: None)
        self.cards, self.version, self.key = list(cards), version, key
        self.requests, self.attempts, self.connections = [], Counter(), []
        self.headers = []
        self.tokenizes, self.whole_words = True, False
        self.most_at_once, self.now = 0, 0
        self.loading = 0  # so many times more that the list of models is refused
        self.lock = threading.Lock()
        self.http = _Http(("127.0.0.1", port), type("_Handler", (Handler,), {"owner": self}))
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def begin(self, path, body):
        """Note a request and return how often it has come."""
        name = json.dumps(body.get("prompt", body.get("messages")))
        with self.lock:
            self.requests.append((path, body))
            self.attempts[name] += 1
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
            return self.attempts[name]

    def end(self):
        with self.lock:
            self.now -= 1

    def start(self):
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def until_error(stream, seen, act):
    """Append what a stream yields, and act on the number there is, until it raises."""
    for pair in stream:
        seen.append(pair)
        act(len(seen))


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
