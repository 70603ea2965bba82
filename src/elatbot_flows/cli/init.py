"""``elatbot init``: configurations to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elatbot_flows.cli.options import writable_folder
from elatbot_flows.cli.templates import TEMPLATES, places
from elatbot_flows.errors import StoreError, TargetError

__all__ = ["init"]


def init(
    target: Annotated[
        str, typer.Option(help="Who is to run flows: " + ", ".join(TEMPLATES) + ".")
    ] = "local",
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write; made if absent.")
    ] = Path("elatbot-config"),
) -> None:
    """Write commented configurations for a database, a queue and Slurm; overwrites nothing."""
    if target not in TEMPLATES:
        raise TargetError(f"--target {target}: choose from {', '.join(TEMPLATES)}")
    if not str(folder.absolute()).isprintable():
        raise StoreError(f"--out {folder}: its name cannot be printed; choose another")
    place = writable_folder(folder, "--out")
    paths = {place / name: text for name, text in TEMPLATES[target].items()}
    if there := [str(path) for path in paths if path.exists()]:
        raise StoreError(f"{', '.join(there)} is there already: move it, or choose another --out")
    for path, text in paths.items():
        path.write_text(text.format(**places(place)), encoding="utf-8")
        path.chmod(0o600)  # passwords will go in
        typer.echo(f"wrote {path}")
    typer.echo("every file begins with what to do with it; elatbot check says whether all is well")
