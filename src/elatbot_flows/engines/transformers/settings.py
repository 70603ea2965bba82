"""Which model of transformers is asked, where it runs and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from monty.json import MSONable

from elatbot_flows.engines.tokenizer_loading import read_template
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Template

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings(MSONable):
    """A model of transformers, where it runs and how.

    Parameters
    ----------
    model
        Folder, name on the Hugging Face hub, or name of a generator that comes with the package
        (``"elatbot-mini"``). Weights have to be in the safetensors format; programs that come with
        a model are never run.
    adapter
        Folder or hub name of a PEFT adapter that was trained on `model`.
    revision
        Branch, tag or commit of `model` on the hub.
    template
        How questions are written, a `Template` or its name.
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"mps"``.
    dtype
        ``"float32"``, ``"bfloat16"`` or ``"float16"``; None for single precision on a CPU and that
        of the stored weights elsewhere.
    quantization
        ``"8bit"`` or ``"4bit"`` (bitsandbytes), or None.
    merge_adapter
        Add the adapter to the weights, which makes it as fast as none. Quantised weights are left
        as they are. Adapters that are not merged share the weights of their model in memory.
    guided
        Hold answers to the patterns of their questions; otherwise patterns are ignored. The record
        and every completion say which.
    batch_tokens
        Most tokens of questions, padding and answers that are kept at once. Each takes
        ``2 * layers * heads * dimension`` numbers: 0.5 MB for Llama 2 7B in half precision.

    Raises
    ------
    EngineError
        If `batch_tokens` is not positive or the template unknown.
    """

    model: str
    adapter: str | None = None
    revision: str | None = None
    template: Template = Template.ELATBOT
    device: str = "cpu"
    dtype: str | None = None
    quantization: str | None = None
    merge_adapter: bool = True
    guided: bool = True
    batch_tokens: int = 16384

    @property
    def merges(self) -> bool:
        """Whether an adapter becomes part of the weights."""
        return self.merge_adapter and self.quantization is None

    @property
    def base(self) -> Any:
        """The same for settings that share weights in memory."""
        if self.adapter is None or self.merges:
            return self
        return "adapters of", replace(self, adapter=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", read_template(self.template))
        if self.batch_tokens < 1:
            raise EngineError(f"batch_tokens is {self.batch_tokens}: give 1 or more")
