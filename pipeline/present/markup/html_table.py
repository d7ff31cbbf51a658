"""Tables made by great_tables, in markup that a report with a strict content security policy and two themes can hold.

great_tables lays out the table: stub, headings, spanners, groups of rows, header scopes. Its own style sheet, inline
styles and ids are left out: the report's theme sets every table, in light, dark and print. What it cannot say is added
here, in one place: classes of the theme, an empty corner that is no heading, and ``data-quarto-disable-processing``,
without which Quarto takes the table apart and loses the scopes. The caption is that of the float around the table; the
renderer sets it as the ``<caption>`` of the table (``pipeline/render/filters/crossrefs.lua``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise

import pandas as pd
from great_tables import GT

from pipeline.present.words.numbers import NO_BREAK

LONG = 18
"""A column with a text of more letters gets room for two or three words a line."""

_GROUP = "group"
_CELL = re.compile(r"<(th|td)\b([^>]*)>")
_GROUP_HEADING = re.compile(r'(<th scope="colgroup" colspan="\d+">)(\d+)</th>(?=</tr>)')
_KEPT = re.compile(r'\b(scope|colspan|rowspan)="([^"]*)"')


@dataclass(frozen=True)
class Column:
    """A heading, whether figures stand below it, and whether an interval may go to a line below its estimate.

    ``over``: a heading over this column and its neighbours that have the same. ``markup``: cells are HTML of our own.
    """

    heading: str
    figures: bool = True
    intervals: bool = False
    over: str = ""
    markup: bool = False


def html_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], groups: Sequence[str] | None = None) -> str:
    """The ``<table>``; the first cell of a row is its heading, ``groups`` a label per row (see ``markdown.table``).

    Raises ``ValueError`` for a row that has not as many cells as there are columns.
    """
    return _made(tuple(columns), tuple(map(tuple, rows)), None if groups is None else tuple(groups))


@lru_cache(maxsize=1024)
def _made(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], groups: tuple[str, ...] | None) -> str:
    """A table once: great_tables needs some hundredths of a second, and the same ones come again."""
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"a row of a table has not {len(columns)} cells")
    names = [f"c{i}" for i in range(len(columns))]
    cells = {
        name: [_kept_together(row[i]) if columns[i].intervals else row[i] for row in rows]
        for i, name in enumerate(names)
    }
    runs = _runs(groups) if groups is not None else []
    frame = pd.DataFrame(cells | ({_GROUP: [str(run) for run, _ in runs]} if runs else {}), dtype=object)
    classes = [_classes(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
    with pd.option_context("mode.string_storage", "python"):  # single cells are set, which arrow does slowly
        made = _laid_out(frame, columns, names, grouped=bool(runs)).as_raw_html()
    made = made[made.index("<table") : made.index("</table>") + len("</table>")]
    return _in_our_markup(made, columns, classes, dict(runs))


def _laid_out(frame: pd.DataFrame, columns: Sequence[Column], names: list[str], *, grouped: bool) -> GT:
    laid = GT(frame, rowname_col=names[0], groupname_col=_GROUP if grouped else None, id="t")
    laid = laid.tab_stubhead(columns[0].heading) if columns[0].heading else laid
    laid = laid.cols_label({name: c.heading for name, c in zip(names[1:], columns[1:], strict=True)})
    figures = [name for name, column in zip(names, columns, strict=True) if column.figures]
    laid = laid.cols_align("left", columns=names)
    laid = laid.cols_align("right", columns=figures) if figures else laid
    for first, last in _neighbours([column.over for column in columns]):
        laid = laid.tab_spanner(columns[first].over, columns=names[first : last + 1], id=f"s{first}")
    for name, column in zip(names, columns, strict=True):
        if column.markup:
            laid = laid.fmt(str, columns=name)
    return laid


def _runs(groups: Sequence[str]) -> list[tuple[str, str]]:
    """Per row the number of its group, counted where the label changes, and the label."""
    number = 0
    runs = [("0", groups[0])] if groups else []
    for before, label in pairwise(groups):
        number += before != label
        runs.append((str(number), label))
    return runs


def _neighbours(labels: Sequence[str]) -> list[tuple[int, int]]:
    """First and last place of every run of the same label that says something."""
    found: list[tuple[int, int]] = []
    for i, label in enumerate(labels):
        if not label:
            continue
        if found and found[-1][1] == i - 1 and labels[i - 1] == label:
            found[-1] = (found[-1][0], i)
        else:
            found.append((i, i))
    return found


def _in_our_markup(made: str, columns: Sequence[Column], classes: Sequence[str], labels: dict[str, str]) -> str:
    """``made`` with the theme's classes and nothing of great_tables' own, a row a line."""
    made = re.sub(r">\s*\n\s*<", "><", made).replace(' class="gt_table_body"', "")
    made = re.sub(r'<span class="gt_column_spanner">(.*?)</span>', r"\1", made)
    rows = [_row(row, classes) for row in made.split("<tr")[1:]]
    if any(column.over for column in columns):
        # the second row of headings has only the columns that have one over them
        below = [name for name, column in zip(classes, columns, strict=True) if column.over]
        rows[1] = _row(made.split("<tr")[2], below)
    # a corner without a heading is no heading
    rows[0] = re.sub(r'<th scope="col"([^>]*)></th>', r"<td\1></td>", rows[0])
    text = f'<table data-quarto-disable-processing="true"><thead>{"".join(rows)}'
    text = text.replace("</tr></thead><tbody>", "</tr></thead><tbody>\n").replace("</tr><tr>", "</tr>\n<tr>")
    text = text.replace("</tr></tbody>", "</tr>\n</tbody>")
    return _GROUP_HEADING.sub(lambda found: _group_heading(found, labels), text) if labels else text


def _row(row: str, classes: Sequence[str]) -> str:
    """A row of great_tables from behind its ``<tr`` on, each cell with its column's class."""
    places = iter(classes)

    def cell(match: re.Match[str]) -> str:
        tag, attributes = match.groups()
        kept = dict(_KEPT.findall(attributes))
        spans = int(kept.get("colspan", "1"))
        over = kept.get("scope") == "colgroup"
        names = [next(places, "") for _ in range(spans)]
        said = [f' {key}="{kept[key]}"' for key in ("scope", "colspan", "rowspan") if kept.get(key, "1") != "1"]
        return f"<{tag}{''.join(said)}{'' if over else names[0]}>"

    return "<tr>" + _CELL.sub(cell, row.split(">", 1)[1])


def _group_heading(found: re.Match[str], labels: dict[str, str]) -> str:
    start, number = found.groups()
    return f"{start}<strong>{escape(labels[number], quote=False)}</strong></th>"


def _classes(column: Column, cells: Sequence[str]) -> str:
    """``num`` for figures, with ``interval`` when they may break; ``long`` for a text that needs room to be read."""
    if column.figures:
        return ' class="num interval"' if column.intervals else ' class="num"'
    return ' class="long"' if not column.markup and max(map(len, cells), default=0) > LONG else ""


def _kept_together(cell: str) -> str:
    """No line breaks inside the brackets of an interval."""
    return re.sub(r"\[[^\]]*\]", lambda between: between.group().replace(" ", NO_BREAK), cell)
