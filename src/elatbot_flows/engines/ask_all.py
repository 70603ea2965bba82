"""Ask a list of questions, some of which could not even be put in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from elatbot_flows.engines.base import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.question import Question

__all__ = ["ask_all", "draw_each"]


def ask_all(
    engine: Engine, questions: Sequence[Question | Failure], sampling: Sampling
) -> list[list[Completion] | Failure]:
    """Answers in the order of the questions.

    A question that comes several times is asked once: it would get the same answers.

    Parameters
    ----------
    engine
        Who is asked.
    questions
        Questions; failures stay where they are.
    sampling
        How answers are drawn.

    Raises
    ------
    EngineError
        As `elatbot_flows.engines.base.Engine.complete`.
    """
    distinct = list(dict.fromkeys(q for q in questions if not isinstance(q, Failure)))
    answered = engine.complete(distinct, sampling) if distinct else ()
    answers = {distinct[place]: answer for place, answer in answered}
    return [q if isinstance(q, Failure) else answers[q] for q in questions]


def draw_each(
    engine: Engine, questions: Sequence[Question | Failure], sampling: Sampling
) -> list[Completion | Failure]:
    """One answer of its own to every question, also to those that come several times.

    Parameters
    ----------
    engine
        Who is asked.
    questions
        Questions; failures stay where they are.
    sampling
        How answers are drawn; its number of samples is overruled.

    Raises
    ------
    EngineError
        As `elatbot_flows.engines.base.Engine.complete`.
    """
    times: dict[int, list[Question]] = defaultdict(list)
    known = [question for question in questions if not isinstance(question, Failure)]
    for distinct, count in Counter(known).items():
        times[count if sampling.temperature else 1].append(distinct)
    drawn: dict[Question, list[Completion] | Failure] = {}
    for count, group in times.items():
        answers = ask_all(engine, group, replace(sampling, samples=count))
        drawn.update(zip(group, answers, strict=True))
    taken: Counter[Question] = Counter()
    result: list[Completion | Failure] = []
    for question in questions:
        answer = question if isinstance(question, Failure) else drawn[question]
        if isinstance(question, Failure) or isinstance(answer, Failure):
            result.append(answer)  # type: ignore[arg-type]
            continue
        result.append(answer[taken[question] % len(answer)])
        taken[question] += 1
    return result
