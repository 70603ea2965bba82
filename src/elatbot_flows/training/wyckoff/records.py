"""Records and first weights of a small language model that writes crystals in Wyckoff positions.

::

    python -m elatbot_flows.training.wyckoff.records FOLDER --out DIR
    FineTuneMaker(base="DIR/base", folder="RUN").make("DIR/records.jsonl.gz")
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import TaskRecord
from elatbot_flows.errors import ParseError
from elatbot_flows.text.formats.crystals import CRYSTAL, CRYSTAL_INFILL
from elatbot_flows.text.wyckoff import questions, words
from elatbot_flows.text.wyckoff.positions import crystal_system
from elatbot_flows.training.data.json_lines import read_json_lines
from elatbot_flows.training.data.records import write_records
from elatbot_flows.training.mini.plan import Shape, build_tokenizer, first_model
from elatbot_flows.training.wyckoff.lessons import SEED, lessons

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from transformers import LlamaForCausalLM

    from elatbot_flows.training.wyckoff.lessons import Lesson

__all__ = ["known_moduli", "wyckoff_records"]

_SHAPE = Shape(hidden_size=160, layers=4, heads=5, feed_forward=432, longest=256)
_VIEWS = {"train": (4, 5), "validation": (2, 2), "test": (2, 2)}
"""How often each crystal is completed, and how often generated, by different conditions."""
_SAID = {"bulk_modulus": 0.5, "shear_modulus": 0.4, "crystal_system": 0.4, "space_group": 0.15}
"""How often each condition is said."""
_LISTED = 0.4
"""How often the elements of what is generated are."""
_JITTER = 0.03
"""Of moduli that are asked for in training, so that near values teach the same."""
_WAVES = 4


def known_moduli(folder: Path) -> dict[str, tuple[float, float]]:
    """Bulk and shear moduli (Voigt-Reuss-Hill, GPa) by the identifier of the crystal."""
    found = {}
    for row in read_json_lines(folder / "binary_moduli_with_structures.jsonl.gz"):
        found[str(row["mp_id"])] = row["bulk_modulus_vrh"], row["shear_modulus_vrh"]
    for row in read_json_lines(folder / "elastic_tensors_0K.jsonl.gz"):
        known = row["moduli_GPa"]
        found[str(row["material_id"])] = known["K_H"], known["G_H"]
    return {name: pair for name, pair in found.items() if min(pair) > 0}


def wyckoff_records(
    found: Iterable[Lesson], moduli: Mapping[str, tuple[float, float]], seed: int = SEED
) -> list[TaskRecord]:
    """Questions to complete, to generate and to fill in, and the crystals that answer them.

    Parameters
    ----------
    found
        Crystals; those whose numbers have too many digits are left out.
    moduli
        Of `known_moduli`.
    seed
        Of which conditions are said.
    """
    rng = np.random.default_rng(seed)
    records: list[TaskRecord] = []
    for lesson in found:
        try:
            asked = dict.fromkeys(_asked(lesson, moduli.get(lesson.name), rng))
        except ParseError:
            continue
        records += [
            TaskRecord(
                record_id=f"{len(records) + number}",
                dialect="wyckoff-1",
                task=task,
                instruction="",
                input=f"{words.BEGIN} {question}",
                answer=answer,
                formula=lesson.formula,
                source=f"{lesson.source}: {lesson.name}",
                split=lesson.part,
                label="dft",
            )
            for number, (task, question, answer) in enumerate(asked)
        ]
    return records


def _asked(
    lesson: Lesson, moduli: tuple[float, float] | None, rng: np.random.Generator
) -> Iterator[tuple[str, str, str]]:
    """Task, question and answer."""
    crystal = lesson.crystal
    kind, elements, counts = crystal.kind, crystal.elements, crystal.kind.formula_counts
    answer, formula = words.render(crystal), questions.render_formula(elements, counts)
    completions, generations = _VIEWS[lesson.part]
    for number in range(completions):
        said = _conditions(lesson, moduli, rng) if number else {}
        yield CRYSTAL, questions.render_question(elements, counts, **said), answer
    listed = tuple(sorted(elements))
    for number in range(generations):
        said = _conditions(lesson, moduli, rng) if number else {}
        names = listed if number and rng.random() < _LISTED else ()
        question = questions.render_question(names, **said)
        yield CRYSTAL, question, f"{formula} {words.COLON} {answer}"
    for element in elements if len(elements) > 1 else ():
        yield CRYSTAL_INFILL, questions.mask_element(crystal, element), element
    place = int(rng.integers(len(kind.sites)))
    masked = questions.mask_site(crystal, place)
    letter = f"@{kind.sites[place][1]}"
    numbers = [words.PAIRS[round(100 * v) % 100] for v in crystal.coordinates[place]]
    yield CRYSTAL_INFILL, masked, " ".join([letter, *numbers])


def _conditions(
    lesson: Lesson, moduli: tuple[float, float] | None, rng: np.random.Generator
) -> dict[str, Any]:
    group = lesson.crystal.kind.spacegroup
    known: dict[str, Any] = {"crystal_system": crystal_system(group), "space_group": group}
    if moduli is not None:
        noise = 1.0 if lesson.part != "train" else np.exp(rng.normal(0.0, _JITTER, 2))
        known["bulk_modulus"], known["shear_modulus"] = (np.array(moduli) * noise).tolist()
    return {name: known[name] for name, share in _SAID.items() if name in known
            and rng.random() < share}  # fmt: skip


def first_weights(shape: Shape = _SHAPE) -> LlamaForCausalLM:
    """Random weights, but that like elements, and numbers near each other, begin alike."""
    import torch

    vocabulary = words.vocabulary()
    model = first_model(shape, vocabulary)
    places = torch.arange(len(words.PAIRS)) / len(words.PAIRS)
    phases = 2 * torch.pi * places[:, None] * torch.arange(1, _WAVES + 1) / 2
    waves = torch.cat([places[:, None], phases.sin(), phases.cos()], dim=1)
    vectors = (waves - waves.mean(dim=0)) @ torch.randn(waves.shape[1], shape.hidden_size)
    rows = torch.tensor([vocabulary.index(pair) for pair in words.PAIRS])
    with torch.no_grad():
        weights: Any = model.get_input_embeddings().weight
        weights[rows] = (weights[rows] + vectors / vectors.std() * weights.std()) / 2**0.5
    return model


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write records and the folder that a training begins with."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.wyckoff.records", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)
    found, _ = lessons(options.folder)
    records = wyckoff_records(found, known_moduli(options.folder))
    write_records(options.out / "records.jsonl.gz", records)
    first_weights().save_pretrained(options.out / "base")
    build_tokenizer(words.vocabulary()).save_pretrained(options.out / "base")
    (options.out / "base" / "generation_config.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
