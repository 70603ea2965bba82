"""Pieces of HTML; whatever others wrote is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from elatbot_flows.report.words import DASH, plain_formula, spacegroup_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["bullets", "facts_html", "formula_html", "spacegroup_html", "table_html", "verdict_html"]

_SIGNS = {"hit": "●", "open": "◆", "miss": "✕", "unknown": "■"}


def formula_html(formula: str | None) -> str:
    """A formula with subscripts; anything that is not a plain formula is only escaped."""
    from pymatgen.util.string import htmlify

    text = formula or "?"
    return str(htmlify(text)) if plain_formula(text) else escape(text)


def spacegroup_html(spacegroup: int | None) -> str:
    """Symbol with overlines and subscripts, and the number of a space group."""
    symbol = spacegroup_symbol(spacegroup)
    if symbol is None:
        return DASH
    symbol = re.sub(r"-(\d)", r'<span class="bar">\1</span>', symbol)
    symbol = re.sub(r"_(\d)", r"<sub>\1</sub>", symbol)
    return f"<i>{symbol}</i> ({spacegroup})"


def verdict_html(verdict: str, words: str) -> str:
    """A verdict with its sign and colour, and words behind it."""
    return (
        f'<span class="{verdict}">{_SIGNS[verdict]} {escape(f"{verdict} {words}".strip())}</span>'
    )


def table_html(heads: Iterable[str], rows: Iterable[Iterable[str]], caption: str = "") -> str:
    """A table of heads and cells that are HTML already; the caption is text."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    content = f"{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{content}</table></div>'


def bullets(lines: Iterable[str]) -> str:
    """A list of text, or nothing."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def facts_html(facts: Iterable[tuple[str, str]]) -> str:
    """A definition list of text."""
    inside = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts)
    return f"<dl>{inside}</dl>"
