"""Text models in this process, by transformers and PEFT.

The embedded model of a few million parameters and a published one of seven billion go through the
same code.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, cast

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.asking import Asker
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.latest import latest
from elatbot_flows.engines.transformers.answers import Answers
from elatbot_flows.engines.transformers.batching import Row, batch_size, random_numbers
from elatbot_flows.engines.transformers.decoding import write_answers
from elatbot_flows.engines.transformers.loading import Loaded, adapter_name, load
from elatbot_flows.engines.transformers.memory import is_out_of_memory, release_memory
from elatbot_flows.engines.transformers.settings import Settings
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transformers import PreTrainedModel

    from elatbot_flows.engines.asking import Asked
    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.transformers.decoding import Answer
    from elatbot_flows.text.question import Question

__all__ = ["TransformersEngine", "TransformersSettings"]


@dataclass(frozen=True)
class TransformersSettings(Settings):
    """A model of transformers, where it runs and how; parameters are those of `Settings`."""

    steers: ClassVar[bool] = True
    """Whether answers can be drawn under `elatbot_flows.engines.base.Sampling.guidance`."""

    def start(self) -> TransformersEngine:
        """Load the model; the latest one is kept in memory for the next call.

        The one before is let go first, see `elatbot_flows.engines.latest`.

        Raises
        ------
        EngineError
            If something is missing or does not fit; names the remedy.
        """
        return latest(self, _load)


def _load(settings: Settings) -> TransformersEngine:
    return TransformersEngine(settings, load(settings))


class TransformersEngine:
    """Answers questions with a loaded model.

    The same seed gives the same answers, however they are batched, in single precision: 0 of 2000
    answers of the embedded model differed between batches of 400 rows and of one. A model that is
    at a loss everywhere, as one with random weights, can turn on the last digit of a score.

    Parameters
    ----------
    settings
        What was asked for.
    loaded
        What was loaded.
    """

    def __init__(self, settings: Settings, loaded: Loaded) -> None:
        self.record = _record(settings, loaded)
        self._settings = settings
        self._model: PreTrainedModel | None = loaded.model
        self._ends = loaded.ends
        self._budget = settings.batch_tokens
        self._answers = Answers(loaded.tokenizer, self.record)
        self._asker = Asker(
            loaded.tokenizer, settings.template, loaded.context_length, guided=settings.guided
        )

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions, batch by batch; see `elatbot_flows.engines.base.Engine`.

        A sample depends on the seed, the text of its question and its place among the samples, not
        on what else is asked. Failures have the reasons of `ParseError` for questions that cannot
        be written, ``"empty_prompt"``, ``"prompt_too_long"``, ``"pattern_not_supported"``,
        ``"out_of_memory"``, ``"not_finite"`` and ``"guidance_not_supported"``.
        """
        asked: dict[int, Asked] = {}
        for place, question in enumerate(questions):
            ready = self._asker.ask(question, sampling.max_tokens)
            if isinstance(ready, Failure):
                yield place, ready
            elif sampling.guidance and not ready.unconditional:
                yield place, _UNGUIDED
            else:
                asked[place] = ready
        rows = [row for place, ready in asked.items() for row in _rows(place, ready, sampling)]
        rows.sort(key=lambda row: (-len(row.tokens), row.question, row.index))
        written: defaultdict[int, list[Answer]] = defaultdict(list)
        for batch in self._batches(rows, sampling):
            if isinstance(batch, Row):
                yield batch.question, _out_of_memory(batch, sampling)
                continue
            for answer in batch:
                place = answer.row.question
                written[place].append(answer)
                if len(written[place]) == sampling.samples:
                    samples = written.pop(place)
                    yield place, self._answers.read(asked[place], samples, sampling)

    def log_likelihoods(self, question: Question, answer: str) -> list[float]:
        """Logarithm of the probability of each token of an answer, the model as it is.

        Parameters
        ----------
        question
            What is asked.
        answer
            Its words; where they end is not counted.

        Raises
        ------
        EngineError
            If question and answer are longer than the model reads, or cannot be asked.
        """
        import torch

        asked = self._asker.ask(question, 1)
        if isinstance(asked, Failure):
            raise EngineError(f"no likelihood can be told: {asked.message}")
        tokens = self._asker.continued(asked, answer)
        context = self.record.context_length
        if context is not None and len(tokens) > context:
            raise EngineError(
                f"question and answer have {len(tokens)} tokens, the model reads {context}"
            )
        model = self.weights()
        row = torch.tensor([tokens], device=model.device)
        with torch.inference_mode():
            scores = model(input_ids=row).logits[0, :-1].float().log_softmax(dim=-1)
        told = scores.gather(1, row[0, 1:, None])[len(asked.tokens) - 1 :, 0]
        return [float(value) for value in told]

    def unload(self) -> None:
        """Let the weights go; they are loaded again when something is asked."""
        self._model = None

    def weights(self) -> PreTrainedModel:
        """The model, loaded again if it was let go, with its adapter active where others share it.

        Raises
        ------
        EngineError
            If it cannot be loaded again, or is another one by now.
        """
        if self._model is None:
            holder = latest(self._settings, lambda _: self._reloaded())
            if holder is not self:
                return holder.weights()
        model: Any = self._model
        if self._settings.adapter and not self._settings.merges:
            model.set_adapter(adapter_name(self._settings.adapter))
        return cast("PreTrainedModel", model)

    def _reloaded(self) -> TransformersEngine:
        """Load the same weights again."""
        loaded = load(self._settings)
        if _record(self._settings, loaded) != self.record:
            raise EngineError(
                f"the weights of {self._settings.model} changed since they were loaded first: "
                "start the engine anew"
            )
        self._model = loaded.model
        return self

    def _batches(self, rows: list[Row], sampling: Sampling) -> Iterator[list[Answer] | Row]:
        """Answers of batch after batch, or a row that is too large alone.

        Where memory runs out, batches are halved from there on.
        """
        budget = self._budget // (2 if sampling.guidance else 1)
        while rows:
            size = batch_size(rows, sampling.max_tokens, budget)
            answers = self._write(rows[:size], sampling)
            if answers is not None:
                yield answers
                rows = rows[size:]
            elif size > 1:
                budget = (size // 2) * (len(rows[0].tokens) + sampling.max_tokens)
            else:
                yield rows[0]
                rows = [row for row in rows if row.question != rows[0].question]

    def _write(self, rows: list[Row], sampling: Sampling) -> list[Answer] | None:
        """Answers of a batch, None if memory ran out."""
        stopped = self._answers.stopper(sampling.stop)
        model = self.weights()
        try:
            return write_answers(model, rows, sampling, self._ends, stopped)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        release_memory()
        return None


def _rows(place: int, asked: Asked, sampling: Sampling) -> list[Row]:
    return [
        Row(
            question=place,
            index=index,
            tokens=asked.tokens,
            draws=random_numbers(sampling.seed, asked.text, index, sampling.max_tokens),
            guide=asked.guide,
            unconditional=asked.unconditional,
        )
        for index in range(sampling.samples)
    ]


_UNGUIDED = Failure(
    "guidance_not_supported",
    "the question has no unconditional one that guidance could weigh it against: set guidance to 0",
)


def _out_of_memory(row: Row, sampling: Sampling) -> Failure:
    return Failure(
        "out_of_memory",
        f"memory ran out for one question of {len(row.tokens)} tokens and its answer of up to "
        f"{sampling.max_tokens}: lower max_tokens, or set quantization or a smaller dtype",
    )


def _record(settings: Settings, loaded: Loaded) -> TextModelRecord:
    dtype = str(loaded.model.dtype).removeprefix("torch.")
    details: dict[str, Any] = {
        "device": settings.device,
        "dtype": dtype,
        "quantization": settings.quantization,
        "guided": settings.guided,
        "batch_tokens": settings.batch_tokens,
        "torch": version("torch"),
    }
    if settings.adapter:
        details |= {
            "adapter_merged": settings.merges,
            "adapter_revision": loaded.adapter_revision,
            "adapter_trained_on": loaded.adapter_base,
            "peft": version("peft"),
        }
    return TextModelRecord(
        engine="transformers",
        engine_version=version("transformers"),
        name=settings.model,
        template=settings.template.value,
        revision=loaded.revision,
        weights_sha256=loaded.weights_sha256,
        adapter=settings.adapter,
        adapter_sha256=loaded.adapter_sha256,
        context_length=loaded.context_length,
        # In fewer bits, rounding that differs from batch to batch turns choices.
        reproducible=dtype == "float32" and settings.quantization is None,
        settings=details,
    )
