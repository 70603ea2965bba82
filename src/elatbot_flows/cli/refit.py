"""What estimates are shifted and widened by: written by one command, read by others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from elatbot_flows.documents import Refit

__all__ = ["RefitFile", "read_refit", "write_refit"]

RefitFile = Annotated[
    Path | None,
    typer.Option(
        "--refit",
        metavar="FILE",
        help="Shift and widen estimates by what elatbot against-dft --write found.",
    ),
]


def read_refit(path: Path | None) -> Refit | None:
    """Read a refit; None without a file.

    Raises
    ------
    UncertaintyError
        If it cannot be read.
    """
    from pydantic import ValidationError

    from elatbot_flows.documents import Refit

    if path is None:
        return None
    try:
        return Refit.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        reason = str(error).replace("\n", " ")
        raise UncertaintyError(
            f"{path} holds no refit; elatbot against-dft --write FILE makes one ({reason})"
        ) from error


def write_refit(refit: Refit | None, path: Path) -> None:
    """Write a refit where nothing is yet.

    Raises
    ------
    UncertaintyError
        If there is none, or something is there already.
    """
    if refit is None:
        raise UncertaintyError("there is no refit to write: DFT has to judge two candidates first")
    if path.exists():
        raise UncertaintyError(f"{path} is there already and was left alone; write elsewhere")
    write_whole(path, refit.model_dump_json(indent=1) + "\n")
