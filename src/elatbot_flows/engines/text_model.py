"""Text models by name, and what is known of them before anything is loaded."""

from __future__ import annotations

from typing import Any

from elatbot_flows.engines.adapters import is_adapter, model_of_adapter
from elatbot_flows.engines.asked_model import TextModel
from elatbot_flows.engines.by_name import ENGINES, engine_settings
from elatbot_flows.engines.mini.generator_files import (
    describe_generator,
    find_folder,
    is_generator,
)
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.engines.told_tasks import own_folder, task_told_by
from elatbot_flows.errors import EngineError
from elatbot_flows.text.dialects import find_dialect, formats_of

__all__ = ["TextModel", "text_model"]


def text_model(
    spec: str,
    *,
    adapter: str | None = None,
    engine: str = "transformers",
    url: str | None = None,
    dialect: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    **settings: Any,
) -> TextModel:
    """A text model by its name.

    Parameters
    ----------
    spec
        ``"elatbot-mini"``, a folder with weights, a name on the Hugging Face hub, or the name that
        a server knows. The folder of an adapter stands for it and the model it was trained on; a
        folder that a server has its model or adapter from, for their names there.
    adapter
        Folder or hub name of a LoRA adapter.
    engine
        One of `elatbot_flows.engines.by_name.ENGINES`.
    url
        Address of the server, for the engine ``"server"``.
    dialect
        A name of `elatbot_flows.text.dialects.dialects`; by default that of the card beside the
        weights (`elatbot_flows.engines.model_card`) or beside those of the base, if this package
        made it; ``"elatbot"`` for all others.
    device, dtype
        Where the model runs and in which precision; the engine's own by default. vLLM chooses the
        device and a server both, so they refuse what they cannot follow.
    settings
        Further settings of the engine.

    Raises
    ------
    EngineError
        If the engine is unknown, or settings do not belong to it.
    GeneratorError
        If a folder with ``generator.json`` is incomplete.
    ParseError
        With reason ``"unknown_dialect"``.
    """
    if engine not in ENGINES:
        raise EngineError(f"there is no engine {engine!r}: choose from {', '.join(ENGINES)}")
    if (url is None) == (engine == "server"):
        raise EngineError("the engine 'server', and it alone, needs the address of a server (url)")
    folder = own_folder(spec, adapter)
    if folder is not None and adapter is None and is_adapter(folder):
        spec, adapter = model_of_adapter(folder), str(folder)
    ours = engine != "server" and is_generator(spec)
    given = settings | {"adapter": adapter, "url": url, "device": device, "dtype": dtype}
    card = read_card(folder)
    if ours:
        describe_generator(spec)
    known = card or (read_card(find_folder(spec)) if ours else None)
    name = dialect or (known.dialect if known else "elatbot")
    if known is not None:
        known.check_dialect(name)
    made = engine_settings(
        engine,
        spec,
        {key: value for key, value in given.items() if value is not None}
        | {"template": find_dialect(name).template},
    )
    if card is not None:  # also of an adapter that was trained on a model of this package
        return TextModel(made, name, card.elements, card.tasks)
    if known is not None:
        return TextModel(made, name, known.elements)
    told = task_told_by(adapter or spec, folder)
    return TextModel(made, name, usual_task=told if told in formats_of(name) else None)
