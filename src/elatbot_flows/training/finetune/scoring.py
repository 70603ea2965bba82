"""How a trained model does on records it never saw, asked as users will ask it."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import TaskScores
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.engines.tokenizer_loading import load_tokenizer
from elatbot_flows.errors import ParseError
from elatbot_flows.evaluation import ModelPredictions, Predictions, score_predictions
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text import constants_text
from elatbot_flows.text.alloy import parse_alloy
from elatbot_flows.text.question import Question
from elatbot_flows.training.finetune.batches import Collator, takes_places
from elatbot_flows.training.finetune.claims import write_trained
from elatbot_flows.training.finetune.encoding import code_records
from elatbot_flows.training.finetune.loss import answer_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import TaskRecord, TrainedModel
    from elatbot_flows.engines.asked_model import TextModel
    from elatbot_flows.text.format import AnyFormat

__all__ = ["score"]

_OF_TENSORS = ("k_voigt_mae", "mean36_mae", "elem36_mae", "k_vrh_mae", "g_vrh_mae", "n_vrh")
_AT_ONCE = 8
_ENDLESS = 1 << 30
_PERCENT = "(total is 100%)"
"""Stands in questions above 0 K, and in no others."""


def score(
    trained: TrainedModel, records: Sequence[TaskRecord], *, most: int | None = None
) -> TrainedModel:
    """Ask a trained model the questions of the test records, and count.

    It is loaded from its folder by our own engine, as by anybody else; its card says how it is
    asked. The likeliest answer is taken, held to no format.

    Parameters
    ----------
    trained
        The model. Its document is written anew.
    records
        Those of the split ``"test"`` are asked.
    most
        Records of each task to ask, the first ones; None for all.

    Returns
    -------
    TrainedModel
        With `TaskScores` for each task.

    Raises
    ------
    EngineError
        If the model cannot be loaded, or its card does not know a task.
    """
    model = text_model(
        trained.model,
        adapter=trained.adapter,
        device=trained.device,
        guided=False,
        revision=trained.base_revision,
    )
    test = [record for record in records if record.split == "test"]
    scores = []
    for task in sorted({record.task for record in test}):
        mine = [record for record in test if record.task == task]
        asked = _asked(model, task, mine[:most])
        loss, coded = _loss(model, trained.model, mine)
        update = {"records": len(mine), "loss": loss, "coded": coded}
        scores.append(asked.model_copy(update=update))
    return write_trained(trained.model_copy(update={"evaluation": scores}))


def _asked(model: TextModel, task: str, records: Sequence[TaskRecord]) -> TaskScores:
    """What became of the questions."""
    form, engine = model.format(task), model.engine()
    questions = [Question(record.instruction, record.input) for record in records]
    found = dict(engine.complete(questions, model.sampling(task, temperature=0.0)))
    reasons: Counter[str] = Counter()
    exact, pairs = 0, []
    for place, record in enumerate(records):
        answer = found[place]
        if isinstance(answer, Failure):
            reasons[answer.reason] += 1
            continue
        text = answer[0].text.strip()
        exact += text == record.answer.strip()
        try:
            pairs.append((_read(form, record, record.answer), _read(form, record, text)))
        except ParseError as error:
            reasons[error.reason] += 1
    return TaskScores(
        task=task,
        records=len(records),
        asked=len(records),
        answered=sum(not isinstance(found[place], Failure) for place in found),
        exact=exact,
        readable=len(pairs),
        reasons=dict(reasons),
        scores=_errors(form.gives, pairs),
    )


def _read(form: AnyFormat, record: TaskRecord, text: str) -> Any:
    """What an answer says.

    A record holds words alone. What a format has to know of the request to read an answer is told
    by them: the Laue class by the constants of the right answer, a temperature by percents, the
    crystal system by the last words of a compact question.
    """
    system = next((word for word in record.input.split()[-2:] if word in CRYSTAL_SYSTEMS), None)
    material = SimpleNamespace(
        laue=_laue(record.answer),
        crystal_system=system,
        composition=parse_alloy(record.formula),
    )
    above = _PERCENT in record.input
    return form.read(text, SimpleNamespace(material=material, temperature=float(above)))


def _laue(answer: str) -> str | None:
    """A Laue class with just the independent constants of an answer, None for other answers."""
    for laue in constants_text.LAUE_CLASSES:
        try:
            constants_text.parse(answer, laue)
        except ParseError:
            continue
        return str(laue)
    return None


def _loss(
    model: TextModel, tokenizer: str, records: Sequence[TaskRecord]
) -> tuple[float | None, int]:
    """Loss on records, and how many of them are short enough to have one."""
    engine: Any = model.engine()
    longest = engine.record.context_length or _ENDLESS
    found = code_records(load_tokenizer(tokenizer, model.template), records, longest)
    coded = found.splits["test"]
    if not coded:
        return None, 0
    weights = engine.weights()
    collator = Collator(answers_only=takes_places(weights))
    return answer_loss(weights, coded, collator, _AT_ONCE, "fp32"), len(coded)


def _errors(gives: str, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float | int | None]:
    """Mean absolute errors, GPa, of pairs of right and given answers, and their number."""
    if not pairs or gives not in ("tensor", "modulus"):
        return {}
    if gives == "modulus":
        right, given = np.array(pairs, dtype=float).T
        return {"n": len(pairs), "k_voigt_mae": float(np.abs(given - right).mean())}
    right, given = (np.array([pair[side].tensor for pair in pairs]) for side in (0, 1))
    rows = Predictions(right, (None,) * len(pairs), {"model": ModelPredictions(given)})
    scores = score_predictions(rows, resamples=0)["model"]
    return {"n": scores.n} | {name: getattr(scores, name) for name in _OF_TENSORS}
