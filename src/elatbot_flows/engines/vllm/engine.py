"""Text models in this process, by vLLM, in an environment that has it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.asking import Asker
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.latest import latest
from elatbot_flows.engines.sampled import refuse_guidance, request_seed, sampling_record
from elatbot_flows.engines.vllm.loading import LoadedVllm, load_vllm
from elatbot_flows.engines.vllm.settings import Settings
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.engines.asking import Asked
    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.text.question import Question

__all__ = ["VllmEngine", "VllmSettings"]


@dataclass(frozen=True)
class VllmSettings(Settings):
    """A model of vLLM and how it is loaded; parameters are those of `Settings`."""

    def start(self) -> VllmEngine:
        """Load the model; the latest one is kept in memory for the next call.

        The one before is let go first, see `elatbot_flows.engines.latest`.

        Raises
        ------
        EngineError
            If vLLM is not installed or something is missing or does not fit; names the remedy.
        """
        return latest(self, _load)


def _load(settings: Settings) -> VllmEngine:
    return VllmEngine(settings, load_vllm(settings))


class VllmEngine:
    """Answers questions with a model in vLLM; see `elatbot_flows.engines.base.Engine`.

    Parameters
    ----------
    settings
        What was asked for.
    loaded
        What was loaded.
    """

    def __init__(self, settings: Settings, loaded: LoadedVllm) -> None:
        self._settings = settings
        self._held: LoadedVllm | None = loaded
        self.record = _record(settings, loaded)
        context = loaded.engine.model_config.max_model_len
        self._asker = Asker(loaded.tokenizer, settings.template, context, guided=False)
        self._words = not loaded.tokenizer.encode(" ", add_special_tokens=False)
        self._window = 2 * loaded.engine.vllm_config.scheduler_config.max_num_seqs

    def unload(self) -> None:
        """Let vLLM go; it is started again when something is asked."""
        self._held = None

    def loaded(self) -> LoadedVllm:
        """VLLM with the model, started again if it was let go.

        Raises
        ------
        EngineError
            If it cannot be.
        """
        if self._held is None:
            holder = latest(self._settings, lambda _: self._reloaded())
            if holder is not self:
                return holder.loaded()
        return cast("LoadedVllm", self._held)

    def _reloaded(self) -> VllmEngine:
        """Start vLLM with the same model again."""
        self._held = load_vllm(self._settings)
        return self

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions, each as soon as vLLM is done with it.

        Raises
        ------
        EngineError
            If vLLM stops working, or guidance is asked for.
        """
        refuse_guidance(sampling)
        # Whatever is started meanwhile, what is under way here stays with this vLLM.
        loaded = self.loaded()
        waiting = iter(enumerate(questions))
        under_way: dict[str, tuple[int, Asked]] = {}
        try:
            while True:
                while len(under_way) < self._window and (entry := next(waiting, None)):
                    place, question = entry
                    added = self._add(loaded, question, sampling)
                    if isinstance(added, Failure):
                        yield place, added
                    else:
                        under_way[added[0]] = place, added[1]
                if not under_way:
                    return
                for output in _step(loaded):
                    place, asked = under_way.pop(output.request_id)
                    yield place, self._read(output, asked, questions[place], sampling)
        except GeneratorExit:
            loaded.engine.abort_request(list(under_way))
            raise

    def _add(
        self, loaded: LoadedVllm, question: Question, sampling: Sampling
    ) -> tuple[str, Asked] | Failure:
        """Hand a question to vLLM and return the name it goes by there."""
        asked = self._asker.ask(question, sampling.max_tokens)
        if isinstance(asked, Failure):
            return asked
        name = uuid.uuid4().hex
        prompt = {"prompt_token_ids": list(asked.tokens), "prompt": asked.text}
        try:
            pattern = (question.in_words() if self._words else question).loose_pattern
            settings = _sampling_params(pattern, sampling, asked.text)
            (ready,) = loaded.engine.renderer.render_cmpl([prompt])
            loaded.engine.add_request(name, ready, settings, lora_request=loaded.adapter)
        except Exception as error:
            if _is_dead(error):
                raise _stopped(error) from error
            reason = "refused" if question.pattern is None else "pattern_not_supported"
            return Failure(reason, " ".join(str(error).split())[:500])
        return name, asked

    def _read(
        self, output: Any, asked: Asked, question: Question, sampling: Sampling
    ) -> list[Completion]:
        settings, record = self._settings, self.record
        guided = question.pattern is not None
        seed = request_seed(sampling.seed, asked.text)
        return [
            Completion(
                text=question.tidy(sample.text),
                model=settings.model,
                prompt=asked.text,
                seed=sampling.seed,
                sampling=sampling_record(sampling, sample.index, guided=guided, request_seed=seed),
                prompt_tokens=len(asked.tokens),
                completion_tokens=len(sample.token_ids),
                adapter=settings.adapter,
                revision=record.revision or record.weights_sha256,
                finish_reason=sample.finish_reason,
            )
            for sample in sorted(output.outputs, key=lambda sample: sample.index)
        ]


def _record(settings: Settings, loaded: LoadedVllm) -> TextModelRecord:
    """Who answers. VLLM's numbers depend on the batch, so it is not called reproducible."""
    model = loaded.engine.model_config
    return TextModelRecord(
        engine="vllm",
        engine_version=loaded.version,
        name=settings.model,
        template=str(settings.template),
        revision=loaded.revision,
        weights_sha256=loaded.weights_sha256,
        adapter=settings.adapter,
        adapter_sha256=loaded.adapter_sha256,
        context_length=model.max_model_len,
        reproducible=False,
        settings={
            "device": loaded.device,
            "dtype": str(model.dtype).removeprefix("torch."),
            "quantization": model.quantization,
            "tensor_parallel_size": settings.tensor_parallel_size,
            "enforce_eager": settings.enforce_eager,
            "seed": settings.seed,
        },
    )


def _step(loaded: LoadedVllm) -> list[Any]:
    try:
        return [output for output in loaded.engine.step() if output.finished]
    except Exception as error:
        raise _stopped(error) from error


def _sampling_params(pattern: str | None, sampling: Sampling, prompt: str) -> Any:
    """Settings of one question for vLLM."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    return SamplingParams(
        n=sampling.samples,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        seed=request_seed(sampling.seed, prompt),
        structured_outputs=StructuredOutputsParams(regex=pattern) if pattern else None,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _is_dead(error: Exception) -> bool:
    return type(error).__name__ in {"EngineDeadError", "EngineGenerateError"}


def _stopped(error: Exception) -> EngineError:
    why = " ".join(str(error).split())[:300]
    return EngineError(f"vLLM stopped working ({why}): its log above says why; repeat the run")
