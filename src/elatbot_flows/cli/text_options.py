"""Options of commands that ask a text model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.engines.text_model import TextModel

__all__ = [
    "Adapter",
    "AsJson",
    "Asking",
    "Device",
    "DialectName",
    "Dtype",
    "EngineName",
    "Generator",
    "GeneratorDevice",
    "GeneratorDtype",
    "Guidance",
    "Guided",
    "Kelvin",
    "MaxTokens",
    "Model",
    "SamplingTemperature",
    "Seed",
    "Url",
    "check_drawing",
    "journal_in",
]

Model = Annotated[
    str,
    typer.Option("--model", "-m", metavar="NAME|DIR|HUB-ID", help="Text model."),
]
Adapter = Annotated[
    str | None, typer.Option(metavar="DIR|HUB-ID", help="LoRA adapter on top of the model.")
]
EngineName = Annotated[str, typer.Option("--engine", help="transformers, vllm or server.")]
Url = Annotated[str | None, typer.Option(help="Address of the server, for --engine server.")]
DialectName = Annotated[
    str | None,
    typer.Option("--dialect", help="Words of its training: of elatbot.json beside it, or elatbot."),
]
Device = Annotated[
    str | None,
    typer.Option(help="Device of the model: cpu (default) or cuda; vLLM chooses itself."),
]
Dtype = Annotated[
    str | None, typer.Option(help="float32, bfloat16 or float16; the engine's own by default.")
]
Generator = Annotated[
    str, typer.Option(metavar="NAME|DIR|HUB-ID", help="Text model that proposes.")
]
GeneratorDevice = Annotated[
    str | None, typer.Option(help="Device of the text model: cpu (default) or cuda.")
]
GeneratorDtype = Annotated[
    str | None, typer.Option(help="Precision of the text model; the engine's own by default.")
]
Kelvin = Annotated[float, typer.Option("--kelvin", help="Temperature of the material, K.")]
SamplingTemperature = Annotated[
    float | None,
    typer.Option(help="How boldly the model writes; 0 takes the likeliest words."),
]
Guidance = Annotated[
    float | None,
    typer.Option(
        help="How much more closely than it was taught the model follows the moduli; 0: not. 1 for "
        "elatbot-mini, which narrows what it writes a little."
    ),
]
MaxTokens = Annotated[int | None, typer.Option(help="Longest answer in tokens.")]
Seed = Annotated[int, typer.Option(help="Same seed, same answers.")]
Guided = Annotated[bool, typer.Option("--guided", help="Hold answers to their format.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Asking:
    """What the options say of the model.

    Parameters
    ----------
    model, adapter, engine, url, dialect, device, dtype
        As `elatbot_flows.engines.text_model.text_model` takes them.
    """

    model: str
    adapter: str | None
    engine: str
    url: str | None
    dialect: str | None
    device: str | None
    dtype: str | None

    def text_model(self) -> TextModel:
        """The model, not loaded yet.

        Raises
        ------
        ElatbotError
            As `elatbot_flows.engines.text_model.text_model`.
        """
        from elatbot_flows.engines.text_model import text_model
        from elatbot_flows.engines.weights_files import local_folder

        if self.engine != "server":
            local_folder(self.model)  # refuses what looks like a folder and is none
        return text_model(
            self.model,
            adapter=self.adapter,
            engine=self.engine,
            url=self.url,
            dialect=self.dialect,
            device=self.device,
            dtype=self.dtype,
        )


def check_drawing(seed: int, kelvin: float) -> None:
    """Refuse what can be refused without a model.

    Raises
    ------
    TargetError
        If the seed or the temperature is negative.
    """
    if seed < 0:
        raise TargetError(f"--seed is {seed}: it must be at least 0")
    if not 0 <= kelvin < float("inf"):
        raise TargetError(f"--kelvin is {kelvin}: give 0 or more")


def journal_in(out: Path | None) -> dict[str, Any]:
    """Setting of a Maker: a journal in the folder of the run, if it is kept."""
    return {} if out is None else {"journal": str(out / "journal")}
