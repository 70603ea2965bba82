"""vLLM's own server and Python for tests, from the environment that `bootstrap.py vllm` makes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engines.lessons import GREEDY, questions

ROOT = Path(__file__).parents[2]
VARIABLE = "ELATBOT_VLLM_PYTHON"
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # other tests may run on the same cores
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
}
START_LIMIT = 300


def vllm_python():
    """Python that has vLLM; fails where the variable promises one, skips where none is."""
    python = Path(os.environ.get(VARIABLE, ROOT / ".venv-vllm" / "bin" / "python"))
    if not python.is_file():
        if VARIABLE in os.environ:
            pytest.fail(f"{VARIABLE} names {python}, which is not there")
        pytest.skip("there is no vLLM here (python3 bootstrap.py vllm makes it)")
    return str(python)


def environment(**more):
    """Environment of processes that import vLLM and this package."""
    return {**os.environ, **QUIET, "PYTHONPATH": str(ROOT / "src"), **more}


def ask_in_process(python, models, asked, folder, context=1024, sampling=GREEDY):
    """Answers of vLLM in process to lessons, free and guided, for each model.

    For one that is refused there is a text that says why instead.

    Parameters
    ----------
    python
        Of vLLM's environment.
    models
        Pairs of a folder and that of an adapter, or None.
    asked
        Lessons, see `engines.lessons`.
    folder
        Where to put the answers.
    context
        Most tokens of question and answer.
    sampling
        How answers are drawn.
    """
    free, held = ([q.__dict__ for q in questions(asked, guided=g)] for g in (False, True))
    given = {"models": models, "context": context}
    done = subprocess.run(  # noqa: S603
        [python, str(ROOT / "tests" / "vllm_alone.py"), str(folder / "answers.json")],
        input=json.dumps({**given, "free": free, "held": held, "sampling": sampling.__dict__}),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((folder / "answers.json").read_text())


def _adapter(folder):
    return "--enable-lora", "--max-lora-rank", "8", "--lora-modules", f"lora={folder}"


class VllmServer:
    """A process group with vLLM's server for one model and one adapter, or none."""

    def __init__(self, python, model, adapter, log, context=1024):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.log = log
        self.process = None
        self.command = [
            *(python, "-m", "vllm.entrypoints.openai.api_server"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--model", str(model), "--served-model-name", "tiny"),
            *(_adapter(adapter) if adapter else ()),
            *("--dtype", "float32", "--max-model-len", str(context)),
            *("--kv-cache-memory-bytes", str(2**27), "--max-num-seqs", "64"),
            *("--no-enable-chunked-prefill", "--enforce-eager"),
        ]

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command, env=environment(), stdout=log, stderr=log, start_new_session=True
            )
        limit = time.monotonic() + START_LIMIT
        while not self._healthy():
            if self.process.poll() is not None or time.monotonic() > limit:
                self.kill()
                pytest.fail(f"vLLM did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.5)
        return self

    def kill(self):
        """End the process and all that it started, without warning."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def requests_served(self):
        """Number of requests that the server says it has finished."""
        text = self._get("/metrics")
        counts = re.findall(r"^vllm:request_success_total\{.*\} (\S+)$", text, re.MULTILINE)
        return int(sum(map(float, counts)))

    def _healthy(self):
        try:
            self._get("/health")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def _get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.read().decode()
