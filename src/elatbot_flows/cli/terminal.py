"""Printing for people: what others wrote never steers the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, RenderHook
from rich.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import ConsoleOptions, ConsoleRenderable, RenderResult

__all__ = ["harmless", "terminal"]

_KEPT = "\n\t"
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in _KEPT} | {0x7F: 0x2421}
"""Control characters by their pictures, such as the one of the escape that begins a sequence."""
_STEERING = [
    *range(0x80, 0xA0),  # controls of eight bits
    *(0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)),  # lines, directions
    *range(0xD800, 0xE000),  # halves of characters: bytes of file names that are no text
]
_TABLE = _CONTROLS | dict.fromkeys(_STEERING, 0xFFFD)


def harmless(text: str) -> str:
    r"""Text whose control characters are visible, and do nothing.

    Parameters
    ----------
    text
        Names, messages and whatever else comes from models, files and other people.

    Examples
    --------
    >>> harmless("Ni3Al\x1b[2J")
    'Ni3Al␛[2J'
    """
    return text.translate(_TABLE)


def terminal(*, stderr: bool = False, soft_wrap: bool | None = None) -> Console:
    """A console of rich whose texts are all `harmless`; colours are its own.

    Parameters
    ----------
    stderr
        Print to the standard error instead of the standard output.
    soft_wrap
        Whether the terminal may wrap lines.
    """
    console = Console(stderr=stderr, highlight=False, soft_wrap=bool(soft_wrap))
    console.push_render_hook(_Harmless())
    return console


class _Harmless(RenderHook):
    """Takes what is printed before it is drawn."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Shown(renderable) for renderable in renderables]


class _Shown:
    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _cleaned(console.render(self._inner, options))


def _cleaned(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        steers = segment.control is not None
        yield segment if steers else Segment(harmless(segment.text), segment.style)
