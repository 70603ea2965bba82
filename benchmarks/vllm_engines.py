"""VLLM, in process and as a server, on the work of text_engines.py: tokens per second.

Processor time is that of all processes of vLLM together, and for the server also of the client; the
start and a first question are not counted. The same model, questions and number of tokens as in
text_engines.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import text_engines
from text_engines import ROOT, TOP, make_model, make_work

ENGINES = ("vllm", "vllm-adapter", "server", "server-adapter")


def session_seconds(session):
    """Processor seconds of all living processes of a session (Linux)."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def sampling_of(work):
    """Settings of a `Sampling` for the work."""
    return {
        "temperature": work.temperature,
        "max_tokens": work.tokens,
        "samples": work.samples,
        **TOP,
    }


def count(engine, questions, sampling):
    """Ask and return the number of tokens written."""
    from elatbot_flows.engines.base import Failure, Sampling

    written = 0
    for _, answer in engine.complete(questions, Sampling(**sampling)):
        if isinstance(answer, Failure):
            raise SystemExit(answer.message)
        written += sum(completion.completion_tokens for completion in answer)
    return written


def answer_lines():
    """Load vLLM as the first line says and, for each number after it, ask so many questions."""
    from elatbot_flows.engines.vllm.engine import VllmSettings
    from elatbot_flows.text.question import Question

    settings = json.loads(sys.stdin.readline())
    engine = VllmSettings(**settings["engine"], max_model_len=2048, kv_cache_gb=1.0).start()
    questions = [Question(**question) for question in settings["questions"]]
    for line in sys.stdin:
        asked = questions[: int(line)]
        print("tokens", count(engine, asked, settings["sampling"]), flush=True)


def in_process(python, folder, work, adapter):
    """Processor seconds and tokens in a process of vLLM's Python."""
    from engines.vllm_server import environment

    questions = [{**asdict(question), "pattern": None} for question in work.questions]
    settings = {
        "engine": {"model": folder, "adapter": adapter, "dtype": "bfloat16"},
        "questions": questions,
        "sampling": sampling_of(work),
    }
    process = subprocess.Popen(  # noqa: S603
        [python, __file__, "--alone"],
        env=environment(
            PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'benchmarks'}",
            OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "1"),
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    process.stdin.write(json.dumps(settings) + "\n")
    for number in (1, len(questions)):  # the first includes what is done once
        begin, start = session_seconds(process.pid), time.perf_counter()
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        line = next(line for line in process.stdout if line.startswith("tokens"))
        elapsed = time.perf_counter() - start
        spent = session_seconds(process.pid) - begin
    process.communicate()
    return spent, elapsed, int(line.split()[1])


def by_server(python, folder, work, adapter):
    """The same by a server; the time of the client is part of it."""
    from elatbot_flows.engines.server.engine import ServerSettings
    from elatbot_flows.text.question import Question
    from engines.vllm_server import VllmServer

    questions = [Question(q.instruction, q.input) for q in work.questions]
    server = VllmServer(python, folder, f"{folder}/adapter", Path(folder) / "log")
    swap = {"float32": "bfloat16", "1024": "2048", str(2**27): str(2**30), "64": "128"}
    server.command = [swap.get(word, word) for word in server.command if word != "--enforce-eager"]
    server.start()
    try:
        name = "lora" if adapter else None
        engine = ServerSettings(server.url, "tiny", name, concurrency=64).start()
        count(engine, questions[:1], sampling_of(work))
        begin, start = session_seconds(server.process.pid) + own_seconds(), time.perf_counter()
        written = count(engine, questions, sampling_of(work))
        elapsed = time.perf_counter() - start
        return session_seconds(server.process.pid) + own_seconds() - begin, elapsed, written
    finally:
        server.kill()


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="of vLLM's environment")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--work", choices=text_engines.TEMPERATURE, default="tensors")
    parser.add_argument("--answers", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.alone:
        answer_lines()
        return
    work = make_work(settings.work, settings.answers, settings.tokens)
    with tempfile.TemporaryDirectory() as folder:
        make_model(folder, 256, 5)
        for name in settings.engine or ENGINES:
            adapter = f"{folder}/adapter" if name.endswith("-adapter") else None
            run = by_server if name.startswith("server") else in_process
            seconds, elapsed, tokens = run(settings.python, folder, work, adapter)
            cells = [f"{x:.1f} | {tokens / x:.0f}" for x in (seconds, elapsed)]
            print(f"| {name} | {tokens} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
