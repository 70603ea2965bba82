"""A model and its adapter written as one model, which every engine loads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.adapters import adapter_folder
from elatbot_flows.engines.latest import release
from elatbot_flows.engines.model_card import CARD
from elatbot_flows.engines.tokenizer_loading import load_tokenizer
from elatbot_flows.engines.weights_files import local_folder
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from elatbot_flows.engines.transformers.engine import TransformersSettings

__all__ = ["write_merged"]


def write_merged(
    settings: TransformersSettings, folder: str | Path, *, overwrite: bool = False
) -> Path:
    """Write a model with its adapter as one model, whole or not at all.

    Numbers are stored as those of the model were. The card of the adapter comes along.

    Parameters
    ----------
    settings
        Model and adapter, and where they are put together.
    folder
        Where to.
    overwrite
        Whether a folder that is there is replaced, whatever it holds.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    EngineError
        If they cannot be loaded, there is no adapter, or the folder holds something or cannot be
        written.

    Examples
    --------
    >>> from elatbot_flows.engines.transformers.engine import TransformersSettings
    >>> settings = TransformersSettings("llama-2-7b-chat", "runs/dft-4/model")
    >>> write_merged(settings, "dft-4-merged")  # doctest: +SKIP
    """
    if settings.adapter is None:
        raise EngineError(f"{settings.model} has no adapter: there is nothing to merge")
    folder = Path(folder)
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise EngineError(f"{folder} holds something already: choose another folder")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    model: Any = replace(settings, merge_adapter=True, quantization=None).start().weights()
    try:
        _write(model, settings, part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except Exception as error:
        shutil.rmtree(part, ignore_errors=True)
        if not isinstance(error, OSError) and type(error).__name__ != "SafetensorError":
            raise
        raise EngineError(
            f"{folder} cannot be written ({' '.join(str(error).split())[:200]}): make room and "
            "merge again"
        ) from error
    finally:
        release()
    return folder


def _write(model: Any, settings: TransformersSettings, folder: Path) -> None:
    """Weights, tokenizer and card."""
    import torch
    from transformers import AutoConfig

    source = str(local_folder(settings.model) or settings.model)
    config: Any = AutoConfig.from_pretrained(source, revision=settings.revision)
    model.to(getattr(config, "dtype", None) or torch.float32).save_pretrained(folder)
    load_tokenizer(source, settings.template, settings.revision).save_pretrained(folder)
    card = adapter_folder(str(settings.adapter)) / CARD
    if card.is_file():
        shutil.copy(card, folder)
