"""Whether adapters of our own training say by every engine what they learned, apart and merged.

A Llama with random weights is taught questions of every task by `fine_tune`, then an adapter of it
the same questions with other answers, which is merged. Engines are given folders alone: cards say
how they are asked. For the compact dialect the base is elatbot-mini.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from engines.lessons import (  # noqa: E402
    GREEDY,
    answers,
    compact_lessons,
    count_right,
    exchanged,
    lessons,
)

TAUGHT = {
    "elatbot": None,
    "elatbot-constants": ("tensor from composition", "tensor from structure", "tensor at 300 K"),
    "elatbot-chat": ("tensor from composition", "bulk modulus at 0 K", "generation", "infill"),
}
"""Kinds of questions by dialect, None for all."""
ENGINES = ("transformers", "vllm", "server")


def asked_in(dialect):
    """Lessons of a dialect, with answers that its base does not know."""
    if dialect == "compact-2":
        return exchanged(compact_lessons())
    mine = [lesson for lesson in lessons() if lesson.dialect == "elatbot"]
    kinds = TAUGHT[dialect]
    chosen = [lesson for lesson in mine if kinds is None or lesson.kind in kinds]
    return exchanged([replace(lesson, dialect=dialect) for lesson in chosen])


def base_of(dialect, folder):
    """Model that an adapter is trained on; a Llama is trained from scratch where none is there."""
    if dialect == "compact-2":
        return "elatbot-mini"
    from transformers import AutoTokenizer

    from elatbot_flows.training.finetune import FineTuning, fine_tune
    from engines.tiny_models import CHAT_TEMPLATE
    from training.finetune.small import small_llama

    if not (folder / "plan").is_dir():
        tokenizer = AutoTokenizer.from_pretrained(small_llama(folder / "plan", context=2048))
        tokenizer.chat_template = CHAT_TEMPLATE
        tokenizer.save_pretrained(folder / "plan")
    settings = FineTuning(
        method="scratch", epochs=80, learning_rate=6e-3, batch_size=4, device="cpu", eval_every=1000
    )
    mine = [lesson for lesson in lessons() if lesson.dialect == "elatbot"]
    records = [lesson.record(n) for n, lesson in enumerate(mine)]
    return fine_tune(records, str(folder / "plan"), folder / "base", settings).model


def adapter_of(dialect, asked, folder, epochs):
    """Document of an adapter that was taught lessons and merged."""
    from elatbot_flows.training.finetune import FineTuning, fine_tune, merge

    settings = FineTuning(
        epochs=epochs, learning_rate=1e-3 if dialect == "compact-2" else 4e-3, batch_size=4,
        warmup_steps=5, device="cpu", eval_every=1000,
    )  # fmt: skip
    records = [lesson.record(n) for n, lesson in enumerate(asked)]
    trained = fine_tune(records, base_of(dialect, folder), folder / dialect, settings)
    return trained if trained.merged else merge(trained, records)


def answered(engine, trained, spec, asked, python):
    """Answers free and guided of what a folder names."""
    from elatbot_flows.engines.text_model import text_model
    from engines.vllm_server import VllmServer, ask_in_process

    context = 128 if trained.dialect == "compact-2" else 2048
    sampling = replace(GREEDY, max_tokens=min(300, context // 2))
    if engine == "vllm":
        scratch = Path(trained.folder)
        models = [(spec, None)]
        return ask_in_process(python, models, asked, scratch, context=context, sampling=sampling)
    if engine == "transformers":
        more = {} if spec == trained.merged else {"merge_adapter": False}
        model = text_model(spec, **more).engine()
        return [answers(model, asked, guided=guided, sampling=sampling) for guided in (False, True)]
    base, adapter = (spec, None) if spec == trained.merged else (trained.model, spec)
    server = VllmServer(python, base, adapter, Path(trained.folder) / "log", context).start()
    try:
        model = text_model(spec, engine="server", url=server.url).engine()
        return [answers(model, asked, guided=guided, sampling=sampling) for guided in (False, True)]
    finally:
        server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="of vLLM's environment")
    parser.add_argument("--dialect", action="append", choices=(*TAUGHT, "compact-2"))
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--epochs", type=int, default=100, help="of the adapters")
    parser.add_argument("--keep", type=Path, help="folder for the models, taught if it is empty")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        for dialect in given.dialect or (*TAUGHT, "compact-2"):
            asked = asked_in(dialect)
            trained = adapter_of(dialect, asked, folder, given.epochs)
            same = trained.merged_same or {}
            print(f"{dialect}: loss {trained.best_loss:.4f}, merged: {same}", flush=True)
            for engine in given.engine or ENGINES:
                for what, spec in (("adapter", trained.adapter), ("merged", trained.merged)):
                    for how, texts in zip(
                        ("free", "guided"),
                        answered(engine, trained, spec, asked, given.python),
                        strict=True,
                    ):
                        right = count_right(asked, texts)
                        total = f"{sum(right.values())} of {len(asked)}"
                        print(
                            f"| {dialect} | {engine} | {what} | {how} | {total} |",
                            right,
                            flush=True,
                        )


if __name__ == "__main__":
    main()
