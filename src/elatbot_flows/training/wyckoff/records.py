"""Records and first weights of a small language model that completes formulas.

::

    python -m elatbot_flows.training.wyckoff.records FOLDER --out DIR
    FineTuneMaker(base="DIR/base", folder="RUN").make("DIR/records.jsonl.gz")
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from elatbot_flows.documents import TaskRecord
from elatbot_flows.errors import ParseError
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.wyckoff import words
from elatbot_flows.training.data.records import write_records
from elatbot_flows.training.mini.plan import Shape, build_tokenizer, first_model
from elatbot_flows.training.wyckoff.lessons import lessons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from elatbot_flows.training.wyckoff.lessons import Lesson

__all__ = ["wyckoff_records"]

_SHAPE = Shape(hidden_size=160, layers=4, heads=5, feed_forward=432, longest=224)


def wyckoff_records(found: Iterable[Lesson]) -> list[TaskRecord]:
    """Questions for a formula, without and with its space group, and the crystals they have.

    Parameters
    ----------
    found
        Crystals; those whose numbers have too many digits are left out.
    """
    records: list[TaskRecord] = []
    for lesson in found:
        kind, elements = lesson.crystal.kind, lesson.crystal.elements
        counts = kind.formula_counts
        try:
            answer = words.render(lesson.crystal)
            questions = [
                words.render_question(elements, counts, group) for group in (None, kind.spacegroup)
            ]
        except ParseError:
            continue
        records += [
            TaskRecord(
                record_id=f"{len(records) + number}",
                dialect="wyckoff-1",
                task=CRYSTAL,
                instruction="",
                input=f"{words.BEGIN} {question}",
                answer=answer,
                formula=lesson.formula,
                source=f"{lesson.source}: {lesson.name}",
                split=lesson.part,
                label="dft",
            )
            for number, question in enumerate(questions)
        ]
    return records


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write records and the folder that a training begins with."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.wyckoff.records", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)
    found, _ = lessons(options.folder)
    write_records(options.out / "records.jsonl.gz", wyckoff_records(found))
    first_model(_SHAPE, words.vocabulary()).save_pretrained(options.out / "base")
    build_tokenizer(words.vocabulary()).save_pretrained(options.out / "base")
    (options.out / "base" / "generation_config.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
