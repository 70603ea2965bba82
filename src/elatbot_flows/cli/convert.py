"""``elatbot convert-crystallm``: a checkpoint of CrystaLLM as a model of every engine."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

__all__ = ["convert_crystallm"]


def convert_crystallm(
    checkpoint: Annotated[
        Path, typer.Argument(help="ckpt.pt, or the folder it lies in.", metavar="FILE|DIR")
    ],
    out: Annotated[Path, typer.Option(help="New folder for the model.", metavar="DIR")],
) -> None:
    """Make a model that transformers and vLLM load of a checkpoint of CrystaLLM.

    Weights are copied, its tokenizer is rebuilt, and a card says how it is asked. Nothing that the
    file may hold beside weights is run.
    """
    from elatbot_flows.engines.crystallm.checkpoint import convert_checkpoint

    typer.echo(str(convert_checkpoint(checkpoint, out)))
