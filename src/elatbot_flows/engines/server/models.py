"""What a server says of itself: its version, its models and adapters, how long they read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elatbot_flows.engines.server.api import refusal
from elatbot_flows.engines.server.client import is_gone, words
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from elatbot_flows.engines.server.client import Client

__all__ = ["ServedModel", "base_url", "look_up"]


@dataclass(frozen=True)
class ServedModel:
    """A model as a server knows it.

    Parameters
    ----------
    asked
        Name it has for what answers, model or adapter.
    version
        Version of the server, ``"unknown"`` if it does not say.
    vllm
        Whether it is vLLM.
    root, adapter_root
        Where it has model and adapter from.
    context_length
        Most tokens of question and answer together, if it says.
    """

    asked: str
    version: str
    vllm: bool
    root: str | None = None
    adapter_root: str | None = None
    context_length: int | None = None


def base_url(url: str) -> str:
    """Address of the interface of a server; ``/v1`` is added where there is no path.

    Raises
    ------
    EngineError
        If it is no address, or holds a key or password.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EngineError(f"{url!r} is no address: give one like http://localhost:8000/v1")
    if "@" in parts.netloc or parts.query:
        raise EngineError("an address is stored: put keys into the variable that api_key_env names")
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


async def look_up(client: Client, model: str, adapter: str | None) -> ServedModel:
    """Find a model and an adapter on a server, waiting for one that is still loading.

    Both go by their names there or by the folders the server has them from.

    Raises
    ------
    EngineError
        If nothing answers there, or the server does not have them; lists what it has.
    """
    cards = await _cards(client)
    base = _find(cards, model, "model")
    vllm = base.get("owned_by") == "vllm"
    lora = _find(cards, adapter, "adapter") if adapter is not None else {}
    known = {base["id"], base.get("root")} | (set() if vllm else {None})
    if lora and lora.get("parent") not in known:
        raise EngineError(
            f"{adapter!r} is no adapter of {model!r} on this server (it belongs to "
            f"{lora.get('parent')!r}): name model and adapter that belong together"
        )
    return ServedModel(
        asked=(lora or base)["id"],
        version=await _version(client),
        vllm=vllm,
        root=base.get("root"),
        adapter_root=lora.get("root"),
        context_length=base.get("max_model_len"),
    )


async def _cards(client: Client) -> list[dict[str, Any]]:
    from openai import APIConnectionError, APIStatusError

    url = client.api.base_url
    try:
        reply = await client.api.models.with_raw_response.list()
        return [card for card in json.loads(reply.text)["data"] if card["id"]]
    except APIConnectionError as error:
        raise EngineError(
            f"nothing answers at {url} ({error.__cause__!r}): start the server there, or correct "
            "the address"
        ) from error
    except APIStatusError as error:
        if error.status_code in {401, 403}:
            refusal(error.status_code, words(error))
        if is_gone(error):
            await client.until_there(error)
            return await _cards(client)
        why = f"HTTP {error.status_code} for its list of models"
    except (ValueError, KeyError, TypeError) as error:
        why = f"its list of models cannot be read: {error!r}"
    raise EngineError(
        f"there is no OpenAI-compatible server at {url} ({why}): the address usually ends with /v1"
    )


def _find(cards: list[dict[str, Any]], name: str, what: str) -> dict[str, Any]:
    named = [card for card in cards if card["id"] == name]
    if found := named or [card for card in cards if _is_from(card.get("root"), name)]:
        return found[0]
    names = ", ".join(repr(card["id"]) for card in cards) or "nothing"
    raise EngineError(
        f"the server has no {what} {name!r}, only {names}: choose one of these, or start it with "
        + ("--served-model-name" if what == "model" else "--enable-lora --lora-modules NAME=PATH")
    )


def _is_from(root: str | None, name: str) -> bool:
    """Whether a server, on this machine or another one, has something from a folder."""
    return root is not None and (root == name or Path(root).resolve() == Path(name).resolve())


async def _version(client: Client) -> str:
    """Version; vLLM says it beside, not below, its OpenAI-compatible interface."""
    from openai import APIConnectionError, APIStatusError

    address = str(client.api.base_url).rstrip("/").removesuffix("/v1") + "/version"
    try:
        return str(json.loads(await client.api.get(address, cast_to=str))["version"])
    except (APIStatusError, ValueError, KeyError, TypeError):
        return "unknown"
    except APIConnectionError as error:
        raise EngineError(
            f"the server answers, but not at {address} ({error.__cause__!r}): see its log"
        ) from error
