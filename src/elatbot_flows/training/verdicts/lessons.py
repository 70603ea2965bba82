"""From hits and misses to training records, worded as the model is asked in designs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import PreferenceRecord, TaskRecord, VerdictLessons
from elatbot_flows.errors import ElatbotError, ParseError, TrainingError
from elatbot_flows.text.alloy import simplest_formula
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.formula import formula_counts
from elatbot_flows.training.data.bulk_modulus import part_of
from elatbot_flows.training.verdicts.tried import Tried, VerdictSettings, judged_materials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from elatbot_flows.documents import SplitName
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget
    from elatbot_flows.text.format import MaterialRequest

__all__ = ["lessons_from"]


def lessons_from(
    candidates: Iterable[Mapping[str, Any]],
    model: TextModel,
    settings: VerdictSettings | None = None,
    *,
    pairs: bool = False,
    test: Sequence[TaskRecord] = (),
) -> VerdictLessons:
    """Training records of candidates with verdicts.

    The question is the one a design for the candidate's target asks, for the bulk modulus that the
    hit was found to have, as far as the target allows it, and for its number of elements where
    the model is told. The answer is what was proposed.

    Parameters
    ----------
    candidates
        As `elatbot_flows.training.verdicts.tried.judged_materials` takes them.
    model
        That will be taught; in its words, and its training rows are known to it.
    settings
        Which candidates, and how; None for the defaults.
    pairs
        Make a `PreferenceRecord` of each hit and some misses of the same target, of as many
        elements where the model is told their number; otherwise a `TaskRecord` of each hit.
    test
        Records to be tested with; those of the split ``"test"`` are put behind the others.

    Raises
    ------
    TrainingError
        If there is no hit, or nothing to compare it with; tells what was left out.
    TargetError, EngineError
        If the model cannot be asked for a target, or does not generate.
    """
    settings = settings or VerdictSettings()
    tests = [record for record in test if record.split == "test"]
    tried, left = judged_materials(candidates, settings, model.is_unseen)
    if settings.without_test_formulas:
        known = {simplest_formula(formula) for record in tests for formula in record.formulas}
        kept = [one for one in tried if simplest_formula(one.material.formula) not in known]
        left |= {"test_formula": len(tried) - len(kept)} if len(kept) < len(tried) else {}
        tried = kept
    records, unwritten = _Wording(model, settings).records(tried, pairs=pairs)
    hits = sum(one.hit for one in tried)
    if not any(record.split == "train" for record in records):
        raise TrainingError(
            f"nothing can be learned from {hits} hits and {len(tried) - hits} misses; left out: "
            f"{left}; not written: {unwritten}"
        )
    return VerdictLessons(
        records=[*records, *tests],
        hits=hits,
        misses=len(tried) - hits,
        left_out=left,
        unwritten=unwritten,
        targets=[target.summary() for target in dict.fromkeys(one.target for one in tried)],
        judges=sorted({judge for one in tried for judge in one.judges}),
    )


class _Wording:
    """Words questions for one model."""

    def __init__(self, model: TextModel, settings: VerdictSettings) -> None:
        self.settings = settings
        self.dialect, self.writer = model.dialect, model.writer()
        self.rng = np.random.default_rng(settings.seed)

    def records(
        self, tried: Sequence[Tried], *, pairs: bool
    ) -> tuple[list[TaskRecord], dict[str, int]]:
        """Records, and how many could not be written, by reason."""
        groups: dict[DesignTarget, list[Tried]] = defaultdict(list)
        for one in tried:
            groups[one.target].append(one)
        records: list[TaskRecord] = []
        unwritten: Counter[str] = Counter()
        for target, group in groups.items():
            chosen = list(self._pairs(group)) if pairs else [(h, None) for h in group if h.hit]
            wishes = self.writer.plan(target, len(chosen), seed=self.settings.seed)
            for (hit, miss), wish in zip(chosen, wishes, strict=True):
                try:
                    records.append(self._record(hit, miss, wish))
                except ElatbotError as error:
                    unwritten[getattr(error, "reason", "cannot_be_asked")] += 1
        return records, dict(sorted(unwritten.items()))

    def _pairs(self, group: Sequence[Tried]) -> Iterator[tuple[Tried, Tried | None]]:
        """Each hit with some misses, all misses about equally often."""
        told = self.writer.plan(group[0].target, 1, seed=0)[0].number is not None
        rooms: dict[tuple[str, int], list[Tried]] = defaultdict(list)
        for one in group:
            if not one.hit:
                rooms[self._room(one, told=told)].append(one)
        for misses in rooms.values():
            self.rng.shuffle(misses)  # type: ignore[arg-type]  # lists are shuffled too
        for hit in group:
            misses = rooms[self._room(hit, told=told)] if hit.hit else []
            for _ in range(min(self.settings.pairs_each, len(misses))):
                misses.append(misses.pop(0))
                yield hit, misses[-1]

    def _room(self, one: Tried, *, told: bool) -> tuple[str, int]:
        """What hit and miss have to share: the part they are in, and what the question says."""
        return self._split(one), len(formula_counts(one.material.formula)) if told else 0

    def _split(self, one: Tried) -> SplitName:
        settings = self.settings
        formula = one.material.formula
        return part_of(formula, seed=settings.seed, validation=settings.validation, test=0)

    def _record(self, hit: Tried, miss: Tried | None, wish: MaterialRequest) -> TaskRecord:
        form, wish = self.writer.format, self._fitted(wish, hit, miss)
        question, answer = form.training_row(wish, hit.material)
        fields: dict[str, Any] = {
            "record_id": hit.candidate_id,
            "dialect": self.dialect,
            "task": str(Task.GENERATION),
            "instruction": question.instruction,
            "input": question.input,
            "answer": answer,
            "formula": hit.material.formula,
            "source": hit.candidate_id,
            "split": self._split(hit),
            "label": "judge",
            "labelled_by": ", ".join(hit.judges) or None,
        }
        if miss is None:
            return TaskRecord(**fields)
        fields["record_id"] = f"{hit.candidate_id} over {miss.candidate_id}"
        return PreferenceRecord(
            **fields,
            rejected=form.write(miss.material, wish),
            rejected_formula=miss.material.formula,
            rejected_source=miss.candidate_id,
        )

    def _fitted(self, wish: MaterialRequest, hit: Tried, miss: Tried | None) -> MaterialRequest:
        """What a design could have asked for, so that the hit is a right answer."""
        changes: dict[str, Any] = {}
        allowed = {
            "bulk_modulus": hit.target.implied_bulk_modulus(),
            "shear_modulus": hit.target.shear_modulus,
        }
        for name, interval in allowed.items():
            own, asked = hit.moduli.get(name), getattr(wish, name, None)
            if own is not None and asked is not None and interval is not None:
                changes[name] = round(min(max(own, interval.low), interval.high), 2)
        if wish.number is not None:
            changes["number"] = len(formula_counts(hit.material.formula))
        if wish.elements is not None:
            both = [one.material.formula for one in (hit, miss) if one is not None]
            needed = list(dict.fromkeys(symbol for f in both for symbol, _ in formula_counts(f)))
            changes["elements"] = self._listed(wish.elements, needed)
        return replace(wish, **changes)

    def _listed(self, listed: Sequence[str], needed: Sequence[str]) -> tuple[str, ...]:
        """As many elements as listed, those that are needed among them, in any order."""
        if len(needed) > len(listed):
            raise ParseError("more elements than a question lists", reason="too_many_elements")
        others = [symbol for symbol in listed if symbol not in needed]
        found = [*needed, *others[: len(listed) - len(needed)]]
        return tuple(self.rng.permutation(found).tolist())
