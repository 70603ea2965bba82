"""Which model vLLM loads, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.engines.adapters import adapter_folder, read_adapter_config, weight_names
from elatbot_flows.engines.tokenizer_loading import read_template
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Template

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MERGE", "Settings", "room_for"]

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks of adapters that vLLM makes room for."""
_PAIRS = re.compile(r"\.lora_(?:embedding_)?[AB](?:\.|$)")
MERGE = (
    "merge it into the weights first (elatbot_flows.engines.transformers.merged.write_merged) and "
    "give that folder as the model"
)
"""What to do with an adapter that vLLM cannot take."""


def room_for(folder: Path) -> int:
    """Room that vLLM makes for the rank of an adapter.

    Raises
    ------
    EngineError
        If there is no adapter, its rank is too high, or it holds more than pairs of matrices, which
        vLLM would leave out unsaid.
    """
    config, names = read_adapter_config(folder), weight_names(folder)
    if others := [name for name in names if not _PAIRS.search(name)]:
        raise EngineError(f"vLLM would leave out {others[0]} of the adapter {folder}: {MERGE}")
    rank = max([int(config.get("r") or 0), *(config.get("rank_pattern") or {}).values()])
    for room in _RANKS:
        if rank <= room:
            return room
    raise EngineError(f"{folder} has rank {rank}, vLLM takes at most {_RANKS[-1]}: {MERGE}")


@dataclass(frozen=True)
class Settings(MSONable):
    """A model of vLLM and how it is loaded.

    Parameters
    ----------
    model
        Folder, name on the Hugging Face hub, or name of a generator that comes with the package.
        Weights have to be in the safetensors format.
    adapter
        Folder or hub name of a LoRA adapter. On CPU it is faster to merge it into the weights
        before.
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

    @property
    def base(self) -> Any:
        """The same for settings whose adapters one vLLM can serve; adapters of a rank share one."""
        if self.adapter is None:
            return self
        return "adapters of", replace(self, adapter=None), room_for(adapter_folder(self.adapter))

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", read_template(self.template))
