"""One file of training records out of what was written about each material, and its record."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, get_args

from elatbot_flows.documents.training import (
    DatasetRecord,
    DataSource,
    FilterStep,
    SplitName,
    SplitRule,
    TaskRecord,
)
from elatbot_flows.errors import ElatbotError
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.training.data.cleaning import STEPS
from elatbot_flows.training.data.leaks import check_leaks
from elatbot_flows.training.data.records import records_sha256
from elatbot_flows.training.data.splits import split_materials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elatbot_flows.documents.labelled import MaterialRecords

__all__ = ["Dataset", "assemble"]

_PACKAGES = ("elatbot_flows", "pymatgen", "robocrys", "mp-api", "numpy")
_PARTS = get_args(SplitName)


@dataclass
class Dataset:
    """Records with their parts, and all that was counted on the way.

    Parameters
    ----------
    records
        In the order of the materials.
    steps, record_steps
        What was left out: materials, and records.
    split
        The rule.
    materials
        Materials by part.
    origins, database_versions
        Materials that came in.
    turned
        Tensors turned.
    sources
        Where materials were brought from.
    """

    records: list[TaskRecord]
    steps: list[FilterStep]
    record_steps: list[FilterStep]
    split: SplitRule
    materials: dict[str, int] = field(default_factory=dict)
    origins: dict[str, int] = field(default_factory=dict)
    database_versions: dict[str, int] = field(default_factory=dict)
    turned: int = 0
    sources: list[DataSource] = field(default_factory=list)

    def document(self, file: str) -> DatasetRecord:
        """What to say of a file of the records."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        formulas: dict[str, set[str]] = {part: set() for part in _PARTS}
        for record in self.records:
            counts[f"{record.dialect}/{record.task}"][record.split] += 1
            formulas[record.split].add(record.formula)
        return DatasetRecord(
            file=file,
            records_sha256=records_sha256(self.records),
            records=len(self.records),
            written=datetime.now(tz=UTC),
            sources=self.sources,
            origins=self.origins,
            database_versions=self.database_versions,
            labels=dict(Counter(str(record.label) for record in self.records)),
            steps=self.steps,
            turned=self.turned,
            record_steps=self.record_steps,
            split=self.split,
            counts={name: dict(parts) for name, parts in counts.items()},
            materials=self.materials,
            formulas={part: len(found) for part, found in formulas.items()},
            leaks=check_leaks(self.records),
            versions=_versions(),
        )


def assemble(
    written: Iterable[MaterialRecords],
    split: SplitRule,
    *,
    sources: Iterable[DataSource] = (),
    without_test_formulas: bool = False,
) -> Dataset:
    """Put records together: cleaned, divided, one masked formula for each formula.

    Parameters
    ----------
    written
        What was written about each material.
    split
        How to divide them.
    sources
        Where the materials were brought from.
    without_test_formulas
        Leave formulas of the test out of training and validation, which the paper's split needs.

    Raises
    ------
    ElatbotError
        If nothing is left.
    """
    came = sorted(written, key=lambda each: (each.origin, not each.on_hull, each.place))
    kept = [each for each in came if each.step is None]
    parts = split_materials(kept, split)
    records, once = _once(kept, parts)
    record_steps = [_writable(kept), once]
    if without_test_formulas:
        records, apart = _apart(records)
        record_steps.append(apart)
    found = [source for source in sources if source.origin in {each.origin for each in came}]
    steps = [_readable(found, len(came)), *_cleaning(came)]
    if not records:
        told = {each.name: each.dropped for each in (*steps, *record_steps) if each.dropped}
        raise ElatbotError(f"no record can be made of {len(came)} materials; dropped: {told}")
    return Dataset(
        records=records,
        steps=steps,
        record_steps=record_steps,
        split=split,
        materials=dict(Counter(parts[each.material_id] for each in kept)),
        origins=dict(Counter(each.origin for each in came)),
        database_versions=dict(Counter(m.database_version for m in came if m.database_version)),
        turned=sum(each.turned for each in kept),
        sources=found,
    )


def _readable(sources: list[DataSource], came: int) -> FilterStep:
    """What was not even read."""
    dropped: Counter[str] = Counter()
    for source in sources:
        dropped.update(source.skipped)
    return FilterStep(
        name="readable",
        words="the row or document cannot be read",
        came_in=came + dropped.total(),
        dropped=dict(sorted(dropped.items())),
    )


def _cleaning(came: list[MaterialRecords]) -> list[FilterStep]:
    """The steps in their order, each with what came to it."""
    dropped: dict[str, Counter[str]] = defaultdict(Counter)
    for each in came:
        if each.step is not None:
            dropped[each.step][str(each.reason)] += 1
    steps, left = [], len(came)
    for name, step in STEPS.items():
        found = FilterStep(
            name=name, words=step.words, came_in=left, dropped=dict(sorted(dropped[name].items()))
        )
        steps.append(found)
        left = found.kept
    return steps


def _writable(kept: list[MaterialRecords]) -> FilterStep:
    """What formats could not write."""
    dropped = Counter(f"{what}: {why}" for each in kept for what, why in each.dropped.items())
    return FilterStep(
        name="writable",
        words="its question or answer cannot be written in the words of the task",
        came_in=sum(len(each.records) + len(each.dropped) for each in kept),
        dropped=dict(sorted(dropped.items())),
    )


def _once(
    kept: list[MaterialRecords], parts: dict[str, SplitName]
) -> tuple[list[TaskRecord], FilterStep]:
    """Records with their parts; polymorphs spell one masked formula, which is asked once."""
    found: list[TaskRecord] = []
    asked: set[tuple[str, str, bool]] = set()
    repeats: Counter[str] = Counter()
    for each in kept:
        for record in each.records:
            key = (record.dialect, record.formula, each.temperature > 0)
            if record.task == Task.INFILL and key in asked:
                repeats[f"{record.dialect}/{record.task}: repeated"] += 1
                continue
            if record.task == Task.INFILL:
                asked.add(key)
            found.append(record.model_copy(update={"split": parts[each.material_id]}))
    step = FilterStep(
        name="one_mask_for_a_formula",
        words="a masked formula is asked for already",
        came_in=len(found) + repeats.total(),
        dropped=dict(sorted(repeats.items())),
    )
    return found, step


def _apart(records: list[TaskRecord]) -> tuple[list[TaskRecord], FilterStep]:
    """Records without those of training and validation that are about a formula of the test."""
    test = {record.formula for record in records if record.split == "test"}
    found = [r for r in records if r.split == "test" or r.formula not in test]
    left = {id(record) for record in found}
    dropped = Counter(f"{r.dialect}/{r.task}: {r.split}" for r in records if id(r) not in left)
    step = FilterStep(
        name="without_test_formulas",
        words="its formula is one of the test",
        came_in=len(records),
        dropped=dict(sorted(dropped.items())),
    )
    return found, step


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
