"""What training costs: tokens a second and peak memory, by size of the model and by method.

Weights and records are invented, which costs the same as real ones. Each row is a process of its
own; the first steps are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

SIZES = {
    "mini": {"hidden_size": 160, "num_hidden_layers": 4, "num_attention_heads": 5},
    "9M": {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4},
    "7B": {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32},
}
"""Of Llamas; mini has the words of the compact dialect, the others 32,000 tokens."""
PLAIN = {"method": "lora+"}
ROWS = {
    "mini": [
        {"method": "scratch", "batch_size": 64},
        {"method": "scratch", "batch_size": 64, "precision": "bf16"},
    ],
    "9M": [
        {"method": "full"},
        PLAIN,
        PLAIN | {"packing": True},
        PLAIN | {"micro_batch": 3},
        PLAIN | {"gradient_checkpointing": True},
        PLAIN | {"precision": "bf16"},
        {"method": "qlora"},
    ],
    "7B": [
        PLAIN | {"micro_batch": 3, "gradient_checkpointing": True, "packing": True},
        {"method": "qlora", "micro_batch": 3, "gradient_checkpointing": True, "packing": True},
    ],
}
SKIPPED = 2


def tokenizer_for(size, given):
    """That of the compact dialect, the given one, or one like that of Llama 2."""
    from elatbot_flows.training.mini.plan import build_tokenizer
    from engines.overfitted import llama_like

    if size == "mini":
        return build_tokenizer()
    if given is None:
        return llama_like()
    from transformers import PreTrainedTokenizerFast

    ends = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_file=str(given / "tokenizer.json"), **ends)


def write_base(folder, size, tokenizer, device="cpu"):
    """A Llama with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = SIZES[size]
    wide = 11008 if size == "7B" else shape["hidden_size"] * 8 // 3
    config = LlamaConfig(
        **shape,
        intermediate_size=wide,
        vocab_size=len(tokenizer) if size == "mini" else 32000,
        max_position_embeddings=4096,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    with torch.device(device):
        model = LlamaForCausalLM(config).to(torch.bfloat16 if size == "7B" else torch.float32)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model.num_parameters()


def invented(size, count):
    """Moduli in the compact dialect; else tensors and materials of the published tasks in turn."""
    import numpy as np
    from pymatgen.core import Composition

    from elatbot_flows.text.compact import Proposal
    from elatbot_flows.text.elatbot_prompts import Task
    from elatbot_flows.text.format import About, MaterialRequest
    from elatbot_flows.text.material import Material
    from engines.lessons import crystals, tensor

    rng = np.random.default_rng(0)
    metals = ["Al", "Ti", "Fe", "Co", "Ni", "Cu", "Zr", "Nb", "Pd", "Pt", "Mg", "Zn"]
    cells = list(crystals(60))
    for number in range(count):
        value = float(rng.integers(40, 300))
        pair = rng.choice(metals, 2, replace=False)
        formula = f"{pair[0]}{rng.integers(1, 5)}{pair[1]}{rng.integers(5, 9)}"
        if size == "mini":
            about = About(Material(Composition(formula), system="Cubic"))
            yield "compact-2", Task.BULK_MODULUS, about, value, formula
        elif number % 2:
            cell = cells[number % len(cells)]
            about = About(Material.from_structure(cell))
            formula = cell.composition.reduced_formula
            yield "elatbot", Task.TENSOR_FROM_COMPOSITION, about, tensor(rng), formula
        else:
            answer = Proposal(Composition(formula).reduced_formula, "Cubic")
            yield "elatbot", Task.GENERATION, MaterialRequest(value), answer, formula


def records_of(rows):
    """Training records of requests and answers."""
    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.text.dialects import formats_of

    for number, (dialect, task, request, answer, formula) in enumerate(rows):
        question, text = formats_of(dialect)[task].training_row(request, answer)
        yield TaskRecord(
            record_id=str(number), dialect=dialect, task=task, instruction=question.instruction,
            input=question.input, answer=text, formula=formula, source=str(number),
        )  # fmt: skip


def measure(size, changes, steps, tokenizer, device):
    """Train some steps; what they cost."""
    from elatbot_flows.training.finetune import FineTuning, fine_tune
    from elatbot_flows.training.finetune.careful import Careful

    step_of, ticks, tokens = Careful.training_step, [], []

    def timed(self, model, inputs, *rest):
        ticks.append((self.state.global_step, time.perf_counter(), time.process_time()))
        where = inputs.get("attention_mask")
        tokens.append(int((inputs["input_ids"] if where is None else where).ne(0).sum()))
        return step_of(self, model, inputs, *rest)

    Careful.training_step = timed
    settings = FineTuning(**{"epochs": 1, "warmup_steps": 2, "device": device} | changes)
    with tempfile.TemporaryDirectory() as folder:
        parameters = write_base(Path(folder, "base"), size, tokenizer_for(size, tokenizer), device)
        records = list(records_of(invented(size, (steps + 1) * settings.batch_size + 2)))
        for record in records[-2:]:
            record.split = "validation"
        trained = fine_tune(records, str(Path(folder, "base")), Path(folder, "out"), settings)
    later = [tick for tick in ticks if tick[0] >= SKIPPED]
    done = later[-1][0] - later[0][0]
    used = sum(
        n for n, tick in zip(tokens, ticks, strict=True) if SKIPPED <= tick[0] < later[-1][0]
    )
    wall, cpu = later[-1][1] - later[0][1], later[-1][2] - later[0][2]
    return {
        "parameters": parameters, "learned": trained.trained_parameters, "device": device,
        "records": done * settings.batch_size, "wall": wall, "cpu": cpu, "tokens": used,
        "memory": trained.peak_memory_mb, "precision": trained.precision,
    }  # fmt: skip


def line(size, changes, found):
    """A row of the table."""
    told = [f"{k} {v}" for k, v in changes.items() if k not in ("method", "precision")]
    wall, cpu = found["wall"], found["cpu"]
    cells = [
        size, f"{found['parameters']:,}", f"{found['learned']:,}",
        ", ".join([changes["method"], *told]), found["precision"], found["device"],
        f"{found['records'] / wall:.1f}", f"{found['tokens'] / wall:.0f}",
        f"{found['tokens'] / cpu:.0f}", f"{found['memory']:.0f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def head(*names):
    """First lines of a table."""
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"


def print_costs(sizes):
    """The first table."""
    where = "precision", "device"
    speed = "records/s", "tokens/s", "tokens/CPU s"
    print(head("model", "numbers", "learned", "how", *where, *speed, "peak MB"))
    for size in sizes:
        for changes in ROWS[size]:
            command = [sys.executable, *sys.argv, "--row", json.dumps([size, changes])]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                sys.exit(done.stderr)
            print(line(size, changes, json.loads(done.stdout.splitlines()[-1])), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["mini", "9M"], choices=list(SIZES))
    parser.add_argument("--steps", type=int, default=5, help="steps of each row")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer.json of Llama 2")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        size, changes = json.loads(options.row)
        found = measure(size, changes, options.steps, options.tokenizer, options.device)
        print(json.dumps(found))
        return
    print_costs(options.sizes)


if __name__ == "__main__":
    main()
