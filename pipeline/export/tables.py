"""Tables for paper: a table's cells by row, and columns wide enough for what stands in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.export.tree import Element

PADDING = 8.0
"""Points to the left and right of a cell's content together."""
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_GRID = "component-grid"
"""Tables of signs: a name stands upright over each column."""
_LONGEST_WHOLE, _LONGEST_INTERVAL = 13, 20
_SEVERAL, _LONGEST_HEADING = 8, 8
"""In a table of more columns than several, longer words of headings may be broken, so that texts get room."""
_READABLE = 110.0
"""Points: a column that is narrower, and much narrower than its text, asks for smaller type."""
_INTERVAL = re.compile(r" (?=\[)")
_SIGN = 1.2
"""The width of a sign before a word, in letters of size one."""
_NARROW = frozenset("iljtfrI.,:;'|!()[]/ ")
_WIDE = frozenset("mwMW%@—+−<>=")


@dataclass(frozen=True)
class Cell:
    """A cell: its element, how many columns and rows it spans, and whether it holds a figure.

    ``upright``: a name that reads from below to above, so that its column may be narrow.
    """

    element: Element
    columns: int
    rows: int
    figure: bool
    upright: bool = False


@dataclass(frozen=True)
class Grid:
    """A table: heading rows and body rows of cells, and the number of columns."""

    head: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    n_columns: int

    def starts(self) -> list[tuple[int, Cell]]:
        """Every cell with the column it starts in."""
        found = []
        for rows in (self.head, self.body):
            taken: dict[int, int] = {}
            for row in rows:
                column = 0
                now = {place: left for place, left in taken.items() if left > 0}
                taken = {place: left - 1 for place, left in now.items()}
                for cell in row:
                    while column in now:
                        column += 1
                    found.append((column, cell))
                    for place in range(column, column + cell.columns):
                        if cell.rows > 1:
                            taken[place] = cell.rows - 1
                    column += cell.columns
        return found


@dataclass(frozen=True)
class Layout:
    """How a table is set: size of type and widths of columns in points, and whether the page is turned."""

    size: float
    widths: tuple[float, ...]
    turned: bool


def grid_of(table: Element) -> Grid:
    """The cells of ``table``; a first row of headings alone counts as heading where there is no ``<thead>``."""
    head: list[tuple[Cell, ...]] = []
    body: list[tuple[Cell, ...]] = []
    for part in table.children:
        if not isinstance(part, Element) or part.tag not in ("thead", "tbody", "tfoot", "tr"):
            continue
        rows = [part] if part.tag == "tr" else [row for row in part.elements() if row.tag == "tr"]
        upright = part.tag == "thead" and _GRID in table.classes
        (head if part.tag == "thead" else body).extend(_row(row, upright=upright) for row in rows)
    widest = max((sum(cell.columns for cell in row) for row in [*head, *body]), default=0)
    return Grid(tuple(row for row in head if row), tuple(row for row in body if row), widest)


def _row(row: Element, *, upright: bool) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            cell,
            int(cell.get("colspan") or 1),
            int(cell.get("rowspan") or 1),
            any(name in cell.classes for name in ("num", "gt_right")) or "text-align: right" in cell.get("style"),
            upright and not {"what", "num"} & set(cell.classes),
        )
        for cell in row.children
        if isinstance(cell, Element) and cell.tag in ("td", "th")
    )


def layout(grid: Grid, *, width: float, turned_width: float) -> Layout:
    """Columns for a text ``width`` wide (both in points), in the largest type that fits; turned where none does.

    As browsers lay tables out (CSS 2.2, section 17.5.2.2): a column gets its longest word, and of what is left as much
    more as its longest line asks for.
    """
    tries = [(size, width, False) for size in SIZES] + [(size, turned_width, True) for size in SIZES]
    for size, room, turned in tries:
        least, bent, most = _column_widths(grid, size)
        if sum(least) > room:
            continue
        # what is left goes to texts first, then to intervals that would stand on one line
        narrow, wide = (least, bent) if sum(bent) > room else (bent, most)
        widths = _shared_out(narrow, wide, room)
        squeezed = any(one < min(_READABLE, 0.4 * wish) for one, wish in zip(widths, bent, strict=True))
        if size <= SIZES[-3] or not (squeezed or sum(bent) > 2.0 * room):
            return Layout(size, widths, turned)
    scale = turned_width / sum(least)
    return Layout(SIZES[-1], tuple(one * scale for one in least), True)


def _column_widths(grid: Grid, size: float) -> tuple[list[float], list[float], list[float]]:
    """The narrowest and the widest that each column can use; between them, the widest with intervals on two lines."""
    least, bent, most = ([PADDING + size] * grid.n_columns for _ in range(3))
    head = {id(cell) for row in grid.head for cell in row}
    longest = _LONGEST_HEADING if grid.n_columns > _SEVERAL else _LONGEST_WHOLE
    for column, cell in grid.starts():
        if cell.columns == 1 and column < grid.n_columns and not cell.upright:
            text = " ".join(cell.element.text().split())
            heads = id(cell) in head
            figure = cell.figure and not heads
            sign = _SIGN if cell.element.find("svg") else 0.0
            bold = 1.12 if cell.element.tag == "th" or sign else 1.0
            words = (
                _figures(text)
                if figure
                else [_word(word, longest if heads else _LONGEST_WHOLE) for word in text.split(" ")]
            )
            widest = sign + max(map(text_width, words))
            least[column] = max(least[column], widest * size * bold + PADDING)
            # a heading may well take two lines
            whole = (sign + text_width(text) * (0.55 if heads else 1.0)) * size * bold + PADDING
            most[column] = max(most[column], least[column], whole)
            bent[column] = max(bent[column], least[column], 0.0 if figure else whole)
    return least, bent, most


def _figures(text: str) -> list[str]:
    """What of a figure stays on one line: all of it, or its interval apart."""
    pieces = [text] if len(text) <= _LONGEST_WHOLE else _INTERVAL.split(text)
    return (
        pieces
        if max(map(len, pieces)) <= _LONGEST_INTERVAL
        else [_word(word, _LONGEST_WHOLE) for word in text.split(" ")]
    )


def _word(word: str, longest: int) -> str:
    """What of a word has to stay together: those of more than ``longest`` letters may be broken."""
    return word[:longest]


def _shared_out(least: Sequence[float], most: Sequence[float], room: float) -> tuple[float, ...]:
    if sum(most) <= room:
        spare = min(1.06, room / sum(most))
        return tuple(one * spare for one in most)
    wish = sum(most) - sum(least)
    left = room - sum(least)
    return tuple(a + left * (b - a) / wish if wish else a for a, b in zip(least, most, strict=True))


def text_width(text: str) -> float:
    """Estimated width of ``text`` in a book face of size one, on the generous side."""
    return sum(0.32 if c in _NARROW else 0.82 if c in _WIDE else 0.68 if c.isupper() else 0.5 for c in text)
