"""Which model vLLM loads, and how."""

from __future__ import annotations

from dataclasses import dataclass

from monty.json import MSONable

from elatbot_flows.engines.tokenizer_loading import read_template
from elatbot_flows.text.question import Template

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings(MSONable):
    """A model of vLLM and how it is loaded.

    Parameters
    ----------
    model
        Folder, name on the Hugging Face hub, or name of a generator that comes with the package.
        Weights have to be in the safetensors format.
    adapter
        Folder of a LoRA adapter. On CPU it is faster to merge it into the weights before.
    revision
        Branch, tag or commit of `model` on the hub.
    template
        How questions are written.
    dtype
        ``"auto"`` (half precision), ``"float32"``, ``"bfloat16"`` or ``"float16"``.
    quantization
        Method of quantised weights that do not name it themselves.
    max_model_len
        Most tokens of question and answer together; None for what the model can.
    tensor_parallel_size
        Number of GPUs to spread the model over.
    gpu_memory_utilization
        Share of the memory of a GPU to use.
    kv_cache_gb
        Memory for attention keys and values, GiB; None for what is left on a GPU, 4 on CPU.
    enforce_eager
        Do not compile the model: quicker to start, slower to answer.
    seed
        Of vLLM itself; answers are drawn with the seed of their `Sampling`.
    """

    model: str
    adapter: str | None = None
    revision: str | None = None
    template: Template = Template.ELATBOT
    dtype: str = "auto"
    quantization: str | None = None
    max_model_len: int | None = None
    tensor_parallel_size: int = 1
    gpu_memory_utilization: float = 0.9
    kv_cache_gb: float | None = None
    enforce_eager: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", read_template(self.template))
