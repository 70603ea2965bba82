"""Loading a model into vLLM, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.adapters import adapter_folder
from elatbot_flows.engines.latest import shared
from elatbot_flows.engines.tokenizer_loading import require_chat_template
from elatbot_flows.engines.vllm.settings import MERGE, room_for
from elatbot_flows.engines.weights_files import hub_commit, local_folder, weights_sha256
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.engines.vllm.settings import Settings

__all__ = ["LoadedVllm", "load_vllm"]

_numbers = count(1)
"""VLLM tells adapters apart by numbers."""
_CPU_CACHE_GB = 4.0


@dataclass(frozen=True, eq=False)
class LoadedVllm:
    """A model ready to write, and where it came from.

    Parameters
    ----------
    engine
        ``vllm.LLMEngine``.
    tokenizer
        Of transformers.
    adapter
        ``vllm.lora.request.LoRARequest`` or None.
    version
        Of vLLM.
    device
        ``"cpu"``, ``"cuda"``, ...
    revision, weights_sha256
        Commit on the hub or, for a local folder, hash of the weights.
    adapter_sha256
        Hash of the weights of the adapter.
    """

    engine: Any
    tokenizer: Any
    adapter: Any
    version: str
    device: str
    revision: str | None
    weights_sha256: str | None
    adapter_sha256: str | None


def load_vllm(settings: Settings) -> LoadedVllm:
    """Load what the settings name.

    Raises
    ------
    EngineError
        If vLLM is not installed or something is missing or does not fit; names the remedy.
    """
    _require_vllm()
    folder = local_folder(settings.model)
    commit = hub_commit(folder) if folder else None
    digest = weights_sha256(folder) if folder and not commit else None
    adapter = adapter_folder(settings.adapter) if settings.adapter else None
    import vllm
    from vllm.lora.request import LoRARequest
    from vllm.platforms import current_platform

    engine = shared(settings.base, lambda: _start(settings, folder, adapter))
    tokenizer = engine.get_tokenizer()
    require_chat_template(tokenizer, settings.model, settings.template)
    return LoadedVllm(
        engine=engine,
        tokenizer=tokenizer,
        adapter=_added(engine, LoRARequest, adapter) if adapter else None,
        version=vllm.__version__,
        device=current_platform.device_type,
        revision=commit or getattr(engine.model_config.hf_config, "_commit_hash", None),
        weights_sha256=digest,
        adapter_sha256=weights_sha256(adapter) if adapter else None,
    )


def _start(settings: Settings, folder: Path | None, adapter: Path | None) -> Any:
    """Start vLLM, with room for adapters like this one."""
    import vllm
    from vllm.platforms import current_platform

    arguments = _arguments(settings, str(folder or settings.model), adapter, current_platform)
    try:
        return vllm.LLMEngine.from_engine_args(vllm.EngineArgs(**arguments))
    except Exception as error:  # of any kind, from the processes that vLLM starts
        why = " ".join(str(error).split())[:500]
        raise EngineError(
            f"vLLM cannot load {settings.model}: {why}; its log above may say more"
        ) from error


def _added(engine: Any, kind: Any, adapter: Path) -> Any:
    """What names an adapter to a vLLM that has loaded it; vLLM itself would wait for a question."""
    number = next(_numbers)
    request = kind(f"adapter-{number}", number, str(adapter))
    try:
        engine.add_lora(request)
    except Exception as error:  # of any kind, from the processes that vLLM starts
        why = " ".join(str(error).split())[:500]
        raise EngineError(f"vLLM cannot load the adapter {adapter}: {why}; {MERGE}") from error
    return request


def _require_vllm() -> None:
    if find_spec("vllm") is None:
        raise EngineError(
            "vLLM is not installed in this environment; it pins other versions than this package "
            "does, so make an environment for it (docs/engines.md) and run there, or start "
            "'vllm serve' there and ask it with ServerSettings"
        )


def _arguments(
    settings: Settings, model: str, adapter: Path | None, platform: Any
) -> dict[str, Any]:
    """Arguments of ``vllm.EngineArgs``."""
    cache = settings.kv_cache_gb
    arguments: dict[str, Any] = {
        "model": model,
        "revision": settings.revision,
        "dtype": settings.dtype,
        "max_model_len": settings.max_model_len,
        "tensor_parallel_size": settings.tensor_parallel_size,
        "quantization": settings.quantization,
        "enforce_eager": settings.enforce_eager,
        "seed": settings.seed,
        "load_format": "safetensors",  # other formats can hold programs
        "disable_log_stats": True,
    }
    if platform.is_cpu():
        # A seed stops vLLM on CPU where a question is read in several pieces.
        arguments["enable_chunked_prefill"] = False
        cache = cache or _CPU_CACHE_GB
    else:
        arguments["gpu_memory_utilization"] = settings.gpu_memory_utilization
    if cache is not None:
        arguments["kv_cache_memory_bytes"] = int(cache * 2**30)
    if adapter is not None:
        arguments["enable_lora"] = True
        arguments["max_lora_rank"] = room_for(adapter)
    return arguments
