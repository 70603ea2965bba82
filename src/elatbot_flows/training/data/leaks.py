"""Whether what is tested was trained on: by reduced formula, over all tasks and the base model.

A formula counts as seen whichever task, temperature or polymorph a training record is about,
however it is written. Validation counts as training, because it chooses the weights.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from elatbot_flows.documents.training import Leak, LeakReport
from elatbot_flows.errors import ElatbotError, LeakError, ParseError
from elatbot_flows.text.alloy import parse_alloy, simplest_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from elatbot_flows.documents.training import TaskRecord

__all__ = ["base_formulas", "check_file", "check_leaks", "require_clean"]

_HASH = re.compile("[0-9a-f]{16}")
_NAMED = 5
"""Formulas named in an error."""


def check_leaks(
    records: Iterable[TaskRecord], base_formulas: Iterable[str] | None = None
) -> LeakReport:
    """Look for test formulas among those of training and validation, and of the base model.

    Parameters
    ----------
    records
        Of all tasks together.
    base_formulas
        What the base model was trained on: hashes as in `ModelCard.training_formulas`, or formulas;
        None if there is none, or nobody knows.

    Returns
    -------
    LeakReport
        Names every formula that was seen, and the chemical systems that both sides have.

    Raises
    ------
    LeakError
        If a record's formula cannot be read; names the record.

    Examples
    --------
    >>> from elatbot_flows.documents import TaskRecord
    >>> fields = dict(dialect="compact-2", task="bulk_modulus", instruction="", input="", answer="")
    >>> seen = TaskRecord(record_id="1", formula="Ni3Al", source="a.csv", **fields)
    >>> test = TaskRecord(record_id="2", formula="AlNi3", source="mp-2593", split="test", **fields)
    >>> check_leaks([seen, test]).leaks[0].seen_in
    ['1']
    """
    test, seen = _by_formula(records)
    base = None if base_formulas is None else _hashes(base_formulas)
    known = {formula for formula in test if base and _hash(formula) in base}
    leaks = [
        _leak(formula, test[formula], seen.get(formula, []), in_base=formula in known)
        for formula in sorted(test)
        if formula in seen or formula in known
    ]
    leaked = {leak.formula for leak in leaks}
    systems = {_system(formula) for formula in seen}
    beside = [formula for formula in test if formula not in leaked and _system(formula) in systems]
    return LeakReport(
        test_formulas=len(test),
        training_formulas=len(seen),
        base_formulas=None if base is None else len(base),
        leaks=leaks,
        shared_systems=sorted({_system(formula) for formula in beside}),
        test_formulas_in_shared_systems=len(beside),
    )


def require_clean(
    records: Iterable[TaskRecord], base_formulas: Iterable[str] | None = None
) -> LeakReport:
    """Refuse records whose test formulas were seen in training; parameters as of `check_leaks`.

    Raises
    ------
    LeakError
        If one was; names them.
    """
    report = check_leaks(records, base_formulas)
    if report.leaks:
        raise LeakError(_words(report))
    return report


def check_file(path: str | Path, base: str | None = None, *, strict: bool = True) -> LeakReport:
    """Check a file of records, as a job can: what it is given and gives are plain.

    Parameters
    ----------
    path
        Of `elatbot_flows.training.data.records.write_records`.
    base
        Name or folder of the base model; None for none.
    strict
        Raise if a test formula was seen, as `require_clean` does.

    Raises
    ------
    LeakError
        If a test formula was seen.
    ElatbotError
        If the file cannot be read, or nobody wrote down what the base model was trained on.
    """
    from elatbot_flows.training.data.records import read_records

    records = read_records(Path(path))
    known = None if base is None else base_formulas(base)
    return require_clean(records, known) if strict else check_leaks(records, known)


def base_formulas(model: str) -> tuple[str, ...]:
    """Hashes of the formulas a model was trained on, by its card or its own files.

    Parameters
    ----------
    model
        Name of a generator that ships with the package, or a folder.

    Raises
    ------
    ElatbotError
        If nobody wrote them down; names the remedy.
    """
    from elatbot_flows.engines.mini.generator_files import find_folder, is_generator, load_hashes
    from elatbot_flows.engines.model_card import CARD, read_card

    if is_generator(model):
        return tuple(f"{number:016x}" for number in load_hashes(find_folder(model)).tolist())
    card = read_card(model)
    if card is None or card.training_formulas is None:
        raise ElatbotError(
            f"nobody wrote down what {model} was trained on: put a {CARD} with training_formulas "
            "beside its weights (elatbot_flows.engines.model_card.write_card), or leave it out"
        )
    return card.training_formulas


_Sides = tuple[dict[str, list["TaskRecord"]], dict[str, list["TaskRecord"]]]


def _by_formula(records: Iterable[TaskRecord]) -> _Sides:
    """Records of test, and of training and validation, by simplest formula."""
    test: dict[str, list[TaskRecord]] = defaultdict(list)
    seen: dict[str, list[TaskRecord]] = defaultdict(list)
    for record in records:
        try:
            formulas = {_simplest(formula) for formula in record.formulas}
        except ParseError as error:
            raise LeakError(f"record {record.record_id}: {error}") from error
        for formula in formulas:
            (test if record.split == "test" else seen)[formula].append(record)
    return test, seen


_simplest = lru_cache(maxsize=100_000)(simplest_formula)


def _leak(
    formula: str, test: Sequence[TaskRecord], seen: Sequence[TaskRecord], *, in_base: bool
) -> Leak:
    return Leak(
        formula=formula,
        spelled=sorted({f for r in (*test, *seen) for f in r.formulas if _simplest(f) == formula}),
        test_records=[record.record_id for record in test],
        seen_in=[record.record_id for record in seen],
        tasks=sorted({record.task for record in seen}),
        in_base=in_base,
    )


def _hashes(formulas: Iterable[str]) -> set[str]:
    """Hashes of formulas, whether they come as hashes or as formulas."""
    return {each if _HASH.fullmatch(each) else _hash(_simplest(each)) for each in formulas}


def _hash(formula: str) -> str:
    from elatbot_flows.training.data.bulk_modulus import formula_hash

    return f"{formula_hash(formula):016x}"


@lru_cache(maxsize=100_000)
def _system(formula: str) -> str:
    return str(parse_alloy(formula).chemical_system)


def _words(report: LeakReport) -> str:
    """The error: which formulas, where, and what to do."""
    where: Mapping[str, list[str]] = {
        leak.formula: [*leak.seen_in[:1], *(["the base model"] if leak.in_base else [])]
        for leak in report.leaks[:_NAMED]
    }
    named = "; ".join(f"{formula} ({', '.join(places)})" for formula, places in where.items())
    more = len(report.leaks) - _NAMED
    return (
        f"{len(report.leaks)} of {report.test_formulas} test formulas are seen in training: {named}"
        f"{f'; and {more} more' if more > 0 else ''}; split by formula or by chemical system, and "
        "leave out of the test what the base model knows"
    )
