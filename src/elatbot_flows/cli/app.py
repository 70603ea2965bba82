"""The ``elatbot`` command and how it ends: 0 done, 1 no result, 2 bad input, 130 interrupted."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from elatbot_flows import __version__
from elatbot_flows.cli.against_dft import against_dft
from elatbot_flows.cli.campaign import campaign
from elatbot_flows.cli.check import check
from elatbot_flows.cli.convert import convert_crystallm
from elatbot_flows.cli.data import data
from elatbot_flows.cli.design import design
from elatbot_flows.cli.doctor import doctor
from elatbot_flows.cli.evaluate import evaluate
from elatbot_flows.cli.generate import generate
from elatbot_flows.cli.init import init
from elatbot_flows.cli.predict import predict
from elatbot_flows.cli.publish import copy_store, publish
from elatbot_flows.cli.query import query
from elatbot_flows.cli.read_crystals import read_crystals
from elatbot_flows.cli.status import status
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.train import train
from elatbot_flows.cli.validate import validate
from elatbot_flows.errors import ElatbotError

__all__ = ["app", "main"]

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

app = typer.Typer(
    name="elatbot",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Design materials by their elastic moduli.",
)
app.command()(design)
app.command()(campaign)
app.command()(query)
app.command()(validate)
app.command()(predict)
app.command()(generate)
app.command()(evaluate)
app.command("read-crystals")(read_crystals)
app.command("convert-crystallm")(convert_crystallm)
app.command()(train)
app.command()(init)
app.command()(check)
app.command()(status)
app.command()(doctor)
app.command()(publish)
app.command("against-dft")(against_dft)
app.command("copy-store")(copy_store)
app.add_typer(data, name="data")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"elatbot_flows {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Design materials by their elastic moduli."""


def main() -> None:
    """Run the command line; what a user can put right is told in one line."""
    warnings.filterwarnings("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    console = terminal(stderr=True, soft_wrap=True)
    try:
        app()
    except ElatbotError as error:
        console.print(f"[bold red]error:[/] {_one_line(str(error))}", markup=True)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name != "jobflow":
            raise
        words = (
            "jobflow is not installed in this environment: give commands in that of elatbot_flows "
            "itself; vLLM, which has another one, is asked from there by --engine server "
            "(docs/engines.md)"
        )
        console.print(f"[bold red]error:[/] {_one_line(words)}", markup=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        where = Path(error.filename).parent if error.filename else "a folder"
        words = f"{where} cannot be written ({error.strerror}): make room, and repeat the command"
        console.print(f"[bold red]error:[/] {_one_line(words)}", markup=True)
        sys.exit(2)


def _one_line(text: str) -> str:
    from rich.markup import escape

    return escape(" ".join(text.split()))
