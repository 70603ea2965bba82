"""Settings that people write down in a YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.errors import ElatbotError

__all__ = ["read_yaml"]

_Settings = TypeVar("_Settings", bound=BaseModel)


def read_yaml(path: Path, kind: type[_Settings], refusal: type[ElatbotError]) -> _Settings:
    """Read settings from a YAML file.

    Parameters
    ----------
    path
        The file.
    kind
        What they are.
    refusal
        What is raised.

    Raises
    ------
    ElatbotError
        If it cannot be read, or something in it is wrong; the message names the place.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        plain = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise refusal(f"{path} cannot be read: {error}") from error
    except YAMLError as error:
        words = " ".join(str(error).split())
        raise refusal(f"{path} is no YAML: {words}; write intervals in quotes: '1.75:'") from error
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        raise refusal(f"{path}: {_first(error, kind)}") from error


def _first(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first thing that is wrong, and where."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    unknown = first["type"] == "extra_forbidden" and len(first["loc"]) == 1
    known = f"; known are {', '.join(kind.model_fields)}" if unknown else ""
    return f"{place}: {first['msg']}{known}"
