"""Pieces of Quarto Markdown: raw HTML, numbered figures and tables, tables with scopes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from pipeline.present.markup.html_table import Column, html_table

__all__ = [
    "WIDE_ENOUGH", "Column", "fenced", "floating", "html", "note", "picture", "plain", "slug", "table",
]  # fmt: skip

WIDE_ENOUGH = 680
"""From this width of the window on, the wide variant of a picture is shown."""


def html(markup: str) -> str:
    """Raw HTML as both renderers take it."""
    return f"```{{=html}}\n{markup}\n```\n"


def note(text: str) -> str:
    """Small print."""
    return f"::: {{.note}}\n{text}\n:::\n"


def plain(text: str) -> str:
    """``text``, one line, as Markdown that says exactly that: what Markdown would take for markup is escaped."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]<>#$@^~|&\"'" else c for c in text)
    # at the start of a line a number, a sign or a colon would begin a list or a definition
    return re.sub(r"^(\w+|\(\w+)?([.)+:-]) ", r"\1\\\2 ", escaped)


def floating(identifier: str, content: str, caption: str) -> str:
    """A numbered figure (``fig-…``) or table (``tbl-…``) with its caption."""
    kept = caption.replace("n = ", "n\u00a0=\u00a0")  # a number of persons never begins a line
    return f"::: {{#{identifier}}}\n\n{content.strip()}\n\n{kept}\n\n:::\n"


def slug(*names: str) -> str:
    """Names as part of an identifier: lower case, hyphens."""
    return "-".join("".join(c if c.isalnum() else "-" for c in name.lower()) for name in names)


def picture(folder: str, name: str, alternative: str) -> str:
    """An image that has a narrow variant for telephones beside it (``<name>-narrow.svg``)."""
    source = f'<source media="(max-width: {WIDE_ENOUGH - 1}px)" srcset="{folder}/{name}-narrow.svg">'
    image = f'<img src="{folder}/{name}.svg" alt="{escape(alternative)}">'
    return html(f"<picture>{source}{image}</picture>")


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, groups: Sequence[str] | None = None) -> str:
    """An HTML table; the first cell of a row is its heading.

    ``groups``: a label per row; where it changes, a row that spans the table says so. Cells are text, escaped here.
    """
    return html(html_table(columns, rows, groups))


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"```{{.{language}}}\n{text.rstrip()}\n```\n"
