"""Whether answers that a model knows survive guidance: all tasks, all engines.

A Llama with random weights is taught a few published questions by heart, in the tokens of Llama 2,
and asked the same questions again; an answer is right if its number, tensor, formula or material is
the published one. This measures how questions are put and answers are held, not what models know.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from engines.lessons import NESTED, TENSORS, Lesson, answers, count_right, lessons  # noqa: E402
from engines.overfitted import llama_tokenizer, overfit  # noqa: E402

CONTEXT = 2048
SHORT = 1500
"""Most letters of a question: long ones teach the same more slowly."""


@dataclass(frozen=True)
class Published(Lesson):
    """A published question as it stands, with its answer as text."""

    published: tuple = ()

    def row(self):
        """Question, held to the pattern of its task, and answer."""
        from elatbot_flows.text import patterns
        from elatbot_flows.text.question import Question

        instruction, text = self.published
        pattern = {"tensor": patterns.MATRIX, "bulk_modulus": patterns.MODULUS}[self.task]
        return Question(instruction, text, pattern), self.answer


def read(data, name):
    """Rows of a file of published records."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def crystals(data):
    """Published crystals with short texts, each with its tensor, one for each formula."""
    from elatbot_flows.text import structure_text
    from elatbot_flows.text.material import Material

    seen = set()
    for row in read(data, "elastic_tensors_0K"):
        if len(row["input_structure_json"]) < SHORT and len(row["input_full_text"]) < SHORT:
            structure = structure_text.parse(row["input_structure_json"]).structure
            if row["formula"] not in seen:
                seen.add(row["formula"])
                yield (
                    Material.from_structure(structure, row["input_structure_text"]),
                    row["elastic_tensor_GPa"],
                )


def fits(material, tensor):
    """Whether independent constants can say a tensor."""
    from elatbot_flows.errors import ParseError
    from elatbot_flows.text import constants_text

    try:
        constants_text.render(tensor, material.laue)
    except ParseError:
        return False
    return True


def at_zero(data, each):
    """Lessons about crystals."""
    from elatbot_flows.text.elatbot_prompts import Task
    from elatbot_flows.text.format import About

    cells = ((m, t) for m, t in crystals(data) if fits(m, t))
    kinds = [kind for kind in TENSORS if kind[3] == 0]
    found = []
    for kind, dialect, task, _ in kinds:
        for _ in range(each):
            material, tensor = next(cells)
            found.append(Lesson(kind, dialect, task, About(material), tensor))
    for _ in range(each):
        material, tensor = next(cells)
        voigt = sum(tensor[i][j] for i in range(3) for j in range(3)) / 9
        about = About(material)
        found.append(Lesson("bulk modulus at 0 K", "elatbot", Task.BULK_MODULUS, about, voigt))
    return found


def warm(data, each):
    """Lessons at finite temperature, no question twice."""
    found = []
    for name, kind, task in (
        ("finiteT_tensor", "tensor at finite temperature", "tensor"),
        ("finiteT_bulk", "bulk modulus at finite temperature", "bulk_modulus"),
    ):
        rows = {(r["instruction"], r["input"]): r["output"] for r in read(data, name)[::40]}
        found += [
            Published(kind, "elatbot", task, None, answer, question)
            for question, answer in list(rows.items())[:each]
        ]
    return found


def formulas(data, each):
    """Lessons in formulas and materials; half of them have parentheses or fractions."""
    from pymatgen.core import Composition

    from elatbot_flows.text import generation_text
    from elatbot_flows.text.format import About, MaterialRequest
    from elatbot_flows.text.material import Material

    rows = read(data, "bulk_modulus_to_formula")
    groups = {
        "generation": [r for r in rows if not r["temperature_K"] and "(" not in r["formula"]],
        "generation, parentheses": [r for r in rows if "(" in r["formula"]],
        "generation, finite temperature": [r for r in rows if r["temperature_K"]][::40],
    }
    found = []
    for kind, group in groups.items():
        distinct = {(r["K_voigt_GPa"], r["temperature_K"]): r["output"] for r in group}
        for (modulus, kelvin), text in list(distinct.items())[:each]:
            right = generation_text.parse_answer(text)
            wish = MaterialRequest(modulus, kelvin)
            found.append(Lesson(kind, "elatbot", "generation", wish, right))
    plain = [r["output"] for r in read(data, "infill_mp") if "(" not in r["output"]]
    nested = [r["output"] for r in read(data, "infill_mp") if "(" in r["output"]] or list(NESTED)
    for kind, group in (("infill", plain), ("infill, parentheses", nested)):
        for formula in group[:each]:
            about = About(Material(Composition(formula)))
            found.append(Lesson(kind, "elatbot", "infill", about, formula))
    return found


def by_vllm(python, model, asked):
    """Answers of vLLM in process, free and guided."""
    from engines.vllm_server import ask_in_process

    return ask_in_process(python, [(model, None)], asked, Path(model), context=CONTEXT)


def by_server(python, model, asked):
    """Answers of vLLM's own server, free and guided."""
    from elatbot_flows.engines.server.engine import ServerSettings
    from engines.vllm_server import VllmServer

    server = VllmServer(python, model, None, Path(model) / "log")
    server.command = [{"1024": str(CONTEXT)}.get(word, word) for word in server.command]
    server.start()
    try:
        engine = ServerSettings(server.url, "tiny").start()
        return [answers(engine, asked, guided=guided) for guided in (False, True)]
    finally:
        server.kill()


def by_transformers(_python, model, asked):
    """Answers of transformers, free and guided."""
    from elatbot_flows.engines.transformers.engine import TransformersSettings

    engine = TransformersSettings(model).start()
    return [answers(engine, asked, guided=guided) for guided in (False, True)]


ENGINES = {"transformers": by_transformers, "vllm": by_vllm, "server": by_server}


def table(engines, python, model, asked):
    """Lines of a table: right answers of each kind, free and guided, by each engine."""
    counts = {}
    for name in engines:
        for guided, texts in zip(
            ("free", "guided"), ENGINES[name](python, model, asked), strict=True
        ):
            counts[f"{name}, {guided}"] = count_right(asked, texts)
    yield f"| questions | taught | {' | '.join(counts)} |"
    yield "|---" * (2 + len(counts)) + "|"
    taught = {kind: sum(one.kind == kind for one in asked) for kind in {o.kind: 0 for o in asked}}
    for kind, total in taught.items():
        yield f"| {kind} | {total} | {' | '.join(str(c[kind]) for c in counts.values())} |"
    sums = [sum(taught.values()), *(sum(c.values()) for c in counts.values())]
    yield f"| all | {' | '.join(map(str, sums))} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of published records; else invented ones")
    parser.add_argument("--layout", type=Path, help="folder with the tokenizer of Llama 2")
    parser.add_argument("--python", help="of vLLM's environment")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--each", type=int, default=8, help="questions of each kind, if published")
    parser.add_argument("--only", help="kind of questions, for example 'tensor from composition'")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=100, help="while the rate falls")
    parser.add_argument("--keep", type=Path, help="folder for the model, taught if it is empty")
    given = parser.parse_args()
    asked = lessons()
    if given.data is not None:
        kinds = [make(given.data, given.each) for make in (at_zero, warm, formulas)]
        asked = [one for kind in kinds for one in kind if given.only in (None, one.kind)]
    with tempfile.TemporaryDirectory() as folder:
        model = given.keep or Path(folder)
        if not (model / "model.safetensors").is_file():
            size = {"hidden": given.hidden, "layers": given.layers, "epochs": given.epochs}
            tokenizer = llama_tokenizer(model, given.layout)
            overfit(model, tokenizer, [lesson.row() for lesson in asked], **size)
        for line in table(given.engine or ENGINES, given.python, str(model), asked):
            print(line, flush=True)


if __name__ == "__main__":
    main()
