"""Pieces of Quarto Markdown: raw HTML, numbered figures and tables, tables with scopes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipeline.present.numbers import NO_BREAK

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
    return f"::: {{#{identifier}}}\n\n{content.strip()}\n\n{caption}\n\n:::\n"


def slug(*names: str) -> str:
    """Names as part of an identifier: lower case, hyphens."""
    return "-".join("".join(c if c.isalnum() else "-" for c in name.lower()) for name in names)


def picture(folder: str, name: str, alternative: str) -> str:
    """An image that has a narrow variant for telephones beside it (``<name>-narrow.svg``)."""
    source = f'<source media="(max-width: {WIDE_ENOUGH - 1}px)" srcset="{folder}/{name}-narrow.svg">'
    image = f'<img src="{folder}/{name}.svg" alt="{escape(alternative)}">'
    return html(f"<picture>{source}{image}</picture>")


LONG = 18
"""A column with a text of more letters gets room for two or three words a line."""


@dataclass(frozen=True)
class Column:
    """A heading, whether figures stand below it, and whether an interval may go to a line below its estimate."""

    heading: str
    figures: bool = True
    intervals: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, groups: Sequence[str] | None = None) -> str:
    """An HTML table; the first cell of a row is its heading.

    ``groups``: a label per row; where it changes, a row that spans the table says so. Cells are text, escaped here.
    """
    classes = [_class(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
    head = "".join(
        # a corner without a heading is no heading
        f'<th scope="col"{name}>{escape(column.heading, quote=False)}</th>' if column.heading else f"<td{name}></td>"
        for column, name in zip(columns, classes, strict=True)
    )
    body = []
    last = None
    for i, row in enumerate(rows):
        if groups is not None and groups[i] != last:
            last = groups[i]
            label = escape(last, quote=False)
            body.append(f'<tr><th scope="colgroup" colspan="{len(columns)}"><strong>{label}</strong></th></tr>')
        cells = "".join(
            f"<td{name}>{escape(_kept_together(cell) if column.intervals else cell, quote=False)}</td>"
            for column, name, cell in zip(columns[1:], classes[1:], row[1:], strict=True)
        )
        body.append(f'<tr><th scope="row"{classes[0]}>{escape(row[0], quote=False)}</th>{cells}</tr>')
    markup = f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(body) + "\n</tbody></table>"
    return html(markup)


def _class(column: Column, cells: Sequence[str]) -> str:
    """``num`` for figures, with ``interval`` when they may break; ``long`` for a text that needs room to be read."""
    if column.figures:
        return ' class="num interval"' if column.intervals else ' class="num"'
    return ' class="long"' if max(map(len, cells), default=0) > LONG else ""


def _kept_together(cell: str) -> str:
    """No line breaks inside the brackets of an interval."""
    return re.sub(r"\[[^\]]*\]", lambda between: between.group().replace(" ", NO_BREAK), cell)


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"```{{.{language}}}\n{text.rstrip()}\n```\n"
