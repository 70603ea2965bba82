"""Text engines against the way of the published test script: tokens per second.

That script (ElaTBot, doi:10.1039/D5DD00061K) calls ``generate`` of transformers with two questions
at a time, top_p 0.7 and top_k 50. Two kinds of work: questions for tensors (full texts, no two
alike, temperature 0.01) and samples of one question for materials (temperature 0.95). All engines
get the same questions and the same Llama with random weights, which never ends an answer: every
answer has the same number of tokens.

Processor time is that of this process and of all the processes it started and that have ended.
Where the machine has nothing else to do, time tells more: it shows who uses all cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

TOP = {"top_p": 0.7, "top_k": 50}
TEMPERATURE = {"tensors": 0.01, "materials": 0.95}


def make_model(folder, hidden, layers):
    """A Llama whose token of the end is never the likeliest, its adapter, and its questions."""
    import torch
    from transformers import AutoModelForCausalLM

    from engines.tiny_models import make_adapter, make_tiny_llama

    make_tiny_llama(folder, hidden=hidden, layers=layers, vocabulary=2000, scale=0.06)
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        model.lm_head.weight[model.config.eos_token_id] = 0.0
    model.save_pretrained(folder)
    make_adapter(f"{folder}/adapter", folder, rank=8, scale=0.02)
    return sum(p.numel() for p in model.parameters())


@dataclass(frozen=True)
class Work:
    """Distinct questions, how often each is answered, how hot, and with how many tokens."""

    questions: list
    samples: int
    temperature: float
    tokens: int


def make_work(kind, count, tokens, temperature=None):
    """So many answers of a kind of work."""
    temperature = TEMPERATURE[kind] if temperature is None else temperature
    if kind == "tensors":
        return Work(tensor_questions(count), 1, temperature, tokens)
    from elatbot_flows.text.dialects import formats_of
    from elatbot_flows.text.format import MaterialRequest

    question = formats_of("elatbot")["generation"].ask(MaterialRequest(160.0))
    return Work([question], count, temperature, tokens)


def tensor_questions(count):
    """Questions for a tensor from full texts of different lengths."""
    from elatbot_flows.text.patterns import MATRIX
    from elatbot_flows.text.question import Question
    from engines.tiny_models import crystals, prompt_for

    asked = []
    for place, structure in enumerate(crystals(count, seed=1)):
        prompt = prompt_for(structure, sentences=3 + place % 5)
        asked.append(Question(prompt.instruction, prompt.input, MATRIX))
    return asked


def reference(folder, work, dtype="float32", batch=2, shared=False):
    """``generate`` of transformers, `batch` answers at a time in the order they come.

    With `shared`, a question that all have in common is read once.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from elatbot_flows.text.question import Template, write

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    texts = [write(q, Template.ELATBOT) for q in work.questions for _ in range(work.samples)]
    how = {"do_sample": False}
    if work.temperature:
        how = {"do_sample": True, "temperature": work.temperature, **TOP}

    def run():
        written = 0
        for start in range(0, len(texts), batch):
            inputs = tokenizer(
                texts[start : start + batch],
                return_tensors="pt",
                padding=True,
                add_special_tokens=False,
                return_token_type_ids=False,
            )
            known = {"past_key_values": read_once(model, inputs)} if shared else {}
            answers = model.generate(**inputs, **how, **known, max_new_tokens=work.tokens)
            new = answers[:, inputs["input_ids"].shape[1] :]
            written += new.numel()
            tokenizer.batch_decode(new, skip_special_tokens=True)
        return written

    return run


def read_once(model, inputs):
    """Keys and values of the one question of all rows, but for its last token."""
    import torch

    tokens = inputs["input_ids"]
    with torch.inference_mode():
        cache = model(tokens[:1, :-1], use_cache=True, logits_to_keep=1).past_key_values
    cache.batch_repeat_interleave(len(tokens))
    return cache


def transformers(folder, work, batch=None, **settings):
    """The engine of this package; `batch` gives it so many answers at a time, in their order."""
    from elatbot_flows.engines.base import Failure, Sampling
    from elatbot_flows.engines.transformers.engine import TransformersSettings

    engine = TransformersSettings(folder, **settings).start()
    samples = min(work.samples, batch or work.samples)
    sampling = Sampling(
        temperature=work.temperature, max_tokens=work.tokens, samples=samples, **TOP
    )
    asked = [q for q in work.questions for _ in range(work.samples // samples)]
    size = batch // samples if batch else len(asked)

    def run():
        written = 0
        for start in range(0, len(asked), size):
            for _, answer in engine.complete(asked[start : start + size], sampling):
                if isinstance(answer, Failure):
                    raise SystemExit(answer.message)
                written += sum(completion.completion_tokens for completion in answer)
        return written

    return run


def workers(folder, work, **settings):
    """The same in two processes of one thread each, as ``--workers 2`` runs it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    halves = [
        Work(work.questions[i::2], work.samples, work.temperature, work.tokens)
        if work.samples == 1
        else Work(work.questions, work.samples // 2, work.temperature, work.tokens)
        for i in (0, 1)
    ]
    pool = ProcessPoolExecutor(2, get_context("spawn"), _one_thread)

    def run():
        parts = [pool.submit(_part, folder, half, settings) for half in halves]
        done = [part.result() for part in parts]
        return sum(written for written, _ in done), sum(seconds for _, seconds in done)

    run()  # imports and weights
    return run


def _one_thread():
    import torch

    torch.set_num_threads(1)


def _part(folder, work, settings):
    run = transformers(folder, work, **settings)
    begin = processor_seconds()
    return run(), processor_seconds() - begin


ENGINES = {
    "reference": (reference, {}),
    "reference-bf16": (reference, {"dtype": "bfloat16"}),
    "reference-shared": (reference, {"shared": True}),
    "transformers": (transformers, {"guided": False}),
    "transformers-bf16": (transformers, {"guided": False, "dtype": "bfloat16"}),
    "transformers-2-workers": (workers, {"guided": False}),
    "transformers-guided": (transformers, {"guided": True}),
    "transformers-adapter": (transformers, {"guided": False, "adapter": "adapter"}),
    "transformers-unmerged": (
        transformers,
        {"guided": False, "adapter": "adapter", "merge_adapter": False},
    ),
}
"""Name, what prepares it, and its settings. It gets the folder of a model and the `Work`, and
returns a function that does it and returns the number of tokens written."""

USUAL = [name for name in ENGINES if name != "reference-shared"]
"""Those that can do any work."""


def processor_seconds():
    """Seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def measure(settings):
    """Least of some runs, processor time and time apart, after a short one to warm up."""
    (name,) = settings.engine
    folder = settings.alone
    prepare, how = ENGINES[name]
    how = dict(how)
    if "adapter" in how:
        how["adapter"] = f"{folder}/{how['adapter']}"
    if prepare is transformers and settings.batch_tokens:
        how["batch_tokens"] = settings.batch_tokens
    if settings.batch and prepare is not workers:
        how["batch"] = settings.batch
    prepare(folder, make_work(settings.work, 2, 4), **how)()  # imports
    work = make_work(settings.work, settings.answers, settings.tokens, settings.temperature)
    run = prepare(folder, work, **how)
    results = []
    for _ in range(settings.repeats):
        begin, start = processor_seconds(), time.perf_counter()
        done = run()
        written, elsewhere = done if isinstance(done, tuple) else (done, 0.0)
        spent = {"cpu": processor_seconds() - begin + elsewhere}
        results.append({**spent, "elapsed": time.perf_counter() - start, "tokens": written})
    return {key: min(result[key] for result in results) for key in results[0]}


def table(results, words):
    """Markdown of all results; ratios are to the first engine."""
    base = results[0][1]
    rows = [
        "| engine | tokens | CPU s | tokens per CPU s | ratio | s | tokens per s | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results:
        cells = [name, str(result["tokens"])]
        for seconds in ("cpu", "elapsed"):
            rate = result["tokens"] / result[seconds]
            ratio = rate / (base["tokens"] / base[seconds])
            cells += [f"{result[seconds]:.1f}", f"{rate:.0f}", f"{ratio:.1f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([words, "", *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", action="append", choices=ENGINES, help="may be repeated")
    parser.add_argument("--work", choices=TEMPERATURE, default="tensors")
    parser.add_argument("--answers", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--temperature", type=float, help="0 takes the likeliest tokens")
    parser.add_argument("--batch", type=int, help="answers at a time, for engines alike")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--batch-tokens", type=int, help="of the engines of this package")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--alone", metavar="FOLDER", help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.alone:
        print(json.dumps(measure(settings)))
        return
    with tempfile.TemporaryDirectory() as folder:
        parameters = make_model(folder, settings.hidden, settings.layers)
        results = [(name, _in_own_process(name, folder)) for name in settings.engine or USUAL]
    words = f"{parameters / 1e6:.1f} M parameters, {settings.answers} {settings.work}"
    print(table(results, words))


def _in_own_process(name, folder):
    """One engine after the other, so that none finds the memory of another."""
    rest = [word for word in sys.argv[1:] if word not in ENGINES and word != "--engine"]
    command = [sys.executable, __file__, "--alone", folder, "--engine", name, *rest]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
