"""Training records of the small model, and the command that writes them.

::

    python -m elatbot_flows.training.mini.records FOLDER --held-out FILE --out DIR
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

from elatbot_flows.documents.training import TaskRecord
from elatbot_flows.engines.mini.generator_files import METADATA
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.errors import ElatbotError
from elatbot_flows.text.compact import BEGIN
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.formats.compact import SHEAR_MODULUS
from elatbot_flows.training.data.records import write_records
from elatbot_flows.training.mini.plan import Shape, write_base
from elatbot_flows.training.mini.rows import gather, part_in, tensors
from elatbot_flows.training.mini.teacher import Teacher
from elatbot_flows.training.mini.views import Variation, Views
from elatbot_flows.training.mini.virtual import guessed, virtual

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from elatbot_flows.documents.training import Label, SplitName
    from elatbot_flows.engines.model_card import ModelCard
    from elatbot_flows.training.mini.rows import MiniRow, TensorRow

__all__ = ["Amounts", "mini_records", "without_seen"]


@dataclass(frozen=True)
class Amounts(MSONable):
    """How many views of what are written.

    Parameters
    ----------
    bulk, design, fill
        Views of a row.
    shear
        Views of a row whose shear modulus is known.
    guessed_shear
        Views of a row whose shear modulus is guessed from its formula and its bulk modulus.
    constants, hot
        Views of a tensor; of a modulus at finite temperature.
    virtual
        Virtual materials that the teachers are asked about; those they agree on have one view each
        for design and bulk modulus.
    virtual_shear
        One in so many of them has one for the shear modulus too.
    """

    bulk: int = 6
    design: int = 4
    fill: int = 2
    shear: int = 6
    guessed_shear: int = 1
    constants: int = 3
    hot: int = 1
    virtual: int = 30_000
    virtual_shear: int = 3


def mini_records(
    rows: Sequence[MiniRow],
    stiff: Sequence[TensorRow],
    held_out: Collection[str],
    amounts: Amounts | None = None,
    variation: Variation | None = None,
    seed: int = 0,
) -> list[TaskRecord]:
    """Records of all tasks; see `Amounts`. Validation and test rows have one view of each task.

    Parameters
    ----------
    rows, stiff
        Of `elatbot_flows.training.mini.rows`.
    held_out
        Formulas that are for test whatever their hash says.
    amounts, variation
        None for the defaults.
    seed
        Of all chance.
    """
    amounts, rng = amounts or Amounts(), np.random.default_rng(seed)
    parts: dict[SplitName, list[MiniRow]] = {"train": [], "validation": [], "test": []}
    for row in rows:
        parts[part_in(row.formula, held_out)].append(row)
    views = Views(parts["train"], variation or Variation(), rng)
    writer = _Writer(views, amounts)
    found = [*writer.learned(parts["train"], held_out, rng, seed)]
    plain = _Writer(Views(parts["train"], replace(variation or Variation(), jitter=0.0), rng), _ONE)
    for part in ("validation", "test"):
        found += plain.rows(parts[part], part)
    for tensor in stiff:
        part = part_in(tensor.formula, held_out)
        found += (writer if part == "train" else plain).tensor(tensor, part)
    return [
        record.model_copy(update={"record_id": f"{number}:{record.task}"})
        for number, record in enumerate(found)
    ]


_ONE = Amounts(bulk=1, design=1, fill=1, shear=1, guessed_shear=0, constants=1, hot=1, virtual=0)


class _Writer:
    def __init__(self, views: Views, amounts: Amounts) -> None:
        self.views, self.amounts = views, amounts

    def learned(
        self,
        rows: Sequence[MiniRow],
        held_out: Collection[str],
        rng: np.random.Generator,
        seed: int,
    ) -> Iterator[TaskRecord]:
        """Training rows, and what the teachers say of them and of virtual materials."""
        named = [(row.counts, row.crystal_system) for row in rows]
        known = [row for row in rows if row.shear_modulus is not None]
        if not known:
            raise ElatbotError("no training row has a shear modulus: give the files that have them")
        bulk = Teacher(named, [row.bulk_modulus for row in rows], seed=seed)
        shear = Teacher(
            [(row.counts, row.crystal_system) for row in known],
            [row.shear_modulus or math.nan for row in known],
            [row.bulk_modulus for row in known],
            seed=seed,
        )
        told = shear(named, [row.bulk_modulus for row in rows])
        yield from self.rows(rows, "train", told.tolist())
        from_rows = _Forbidden(held_out)
        drawn = virtual(rows, self.amounts.virtual, from_rows, rng)
        for number, row in enumerate(guessed(drawn, bulk, shear)):
            yield _record(Task.GENERATION, self.views.design(row), row, "train", "guess")
            yield _record(Task.BULK_MODULUS, self.views.modulus(row, "bulk"), row, "train", "guess")
            if number % self.amounts.virtual_shear == 0:
                text = self.views.modulus(row, "shear")
                yield _record(SHEAR_MODULUS, text, row, "train", "guess")

    def rows(
        self, rows: Sequence[MiniRow], part: SplitName, told: Sequence[float] | None = None
    ) -> Iterator[TaskRecord]:
        """All that is asked about rows; shear moduli that were told fill gaps."""
        have = self.amounts
        for place, row in enumerate(rows):
            known = row.shear_modulus is not None
            full = row if known or told is None else replace(row, shear_modulus=told[place])
            for _ in range(have.bulk):
                yield _record(Task.BULK_MODULUS, self.views.modulus(row, "bulk"), row, part)
            for number in range(have.design):
                seen = full if known or number % 2 else row
                yield _record(Task.GENERATION, self.views.design(seen), row, part)
            for _ in range(have.shear if known else have.guessed_shear):
                label: Label = "dft" if known else "guess"
                text = self.views.modulus(full, "shear")
                yield _record(SHEAR_MODULUS, text, row, part, label)
            for _ in range(have.fill if len(row.counts) > 1 else 0):
                yield _record(Task.INFILL, self.views.fill(row), row, part)

    def tensor(self, row: TensorRow, part: SplitName) -> Iterator[TaskRecord]:
        """All that is asked about a tensor; its moduli only if it is not one at 0 K."""
        label: Label = "given" if row.temperature else "dft"
        for _ in range(self.amounts.constants):
            yield _record(Task.TENSOR, self.views.constants(row), row, part, label)
        if row.temperature:
            for _ in range(self.amounts.hot):
                text = self.views.at_temperature(row, "bulk")
                yield _record(Task.BULK_MODULUS, text, row, part, label)
                if math.isfinite(row.moduli[1]):
                    text = self.views.at_temperature(row, "shear")
                    yield _record(SHEAR_MODULUS, text, row, part, label)


def without_seen(records: list[TaskRecord], card: ModelCard | None) -> list[TaskRecord]:
    """Records without those of the test that a model has seen; None for a new one."""
    if card is None:
        return records
    return [r for r in records if r.split != "test" or card.is_unseen(r.formula)]


class _Forbidden:
    """Formulas that are not for training."""

    def __init__(self, held_out: Collection[str]) -> None:
        self._held_out = held_out

    def __contains__(self, formula: object) -> bool:
        return part_in(str(formula), self._held_out) != "train"


def _record(
    task: str,
    text: tuple[str, str],
    row: MiniRow | TensorRow,
    part: SplitName,
    label: Label = "dft",
) -> TaskRecord:
    return TaskRecord.model_construct(
        record_id="",
        dialect="compact-2",
        task=str(task),
        instruction="",
        input=f"{BEGIN} {text[0]}",
        answer=text[1],
        formula=row.formula,
        source="virtual" if label == "guess" else "published",
        split=part,
        label=label,
        labelled_by=None,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write records and the folder that a training begins with."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.mini.records", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument("--held-out", type=Path, help="formulas never to learn, one a line")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--amounts", default="{}", help="JSON; fields of Amounts")
    parser.add_argument("--variation", default="{}", help="JSON; fields of Variation")
    parser.add_argument("--before", type=Path, help="release or training to go on from")
    options = parser.parse_args(arguments)
    held_out = set(options.held_out.read_text().split()) if options.held_out else set()
    stiff = tensors(options.folder, held_out)
    amounts = Amounts(**json.loads(options.amounts))
    variation = Variation(**json.loads(options.variation))
    rows = gather(options.folder)
    records = mini_records(rows, stiff, held_out, amounts, variation, seed=options.seed)
    base = options.before
    if base is None or (base / METADATA).is_file():  # else a training, which is a base itself
        base = options.out / "base"
        write_base(base, Shape(seed=options.seed), options.before)
    write_records(options.out / "records.jsonl.gz", without_seen(records, read_card(base)))


if __name__ == "__main__":
    main()
