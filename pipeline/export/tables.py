"""Tables for paper: a table's cells by row, and columns wide enough for what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.export.tree import Element

PADDING = 8.0
"""Points to the left and right of a cell's content together."""
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_LONGEST_WHOLE = 13
_NARROW = frozenset("iljtfrI.,:;'|!()[]/ ")
_WIDE = frozenset("mwMW%@—+−<>=")


@dataclass(frozen=True)
class Cell:
    """A cell: its element, how many columns and rows it spans, and whether it holds a figure."""

    element: Element
    columns: int
    rows: int
    figure: bool


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
        (head if part.tag == "thead" else body).extend(_row(row) for row in rows)
    widest = max((sum(cell.columns for cell in row) for row in [*head, *body]), default=0)
    return Grid(tuple(row for row in head if row), tuple(row for row in body if row), widest)


def _row(row: Element) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            cell,
            int(cell.get("colspan") or 1),
            int(cell.get("rowspan") or 1),
            any(name in cell.classes for name in ("num", "gt_right")) or "text-align: right" in cell.get("style"),
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
        least, most = _column_widths(grid, size)
        crowded = sum(most) > 2.0 * room and size > SIZES[-3]
        if sum(least) <= room and not crowded:
            return Layout(size, _shared_out(least, most, room), turned)
    scale = turned_width / sum(least)
    return Layout(SIZES[-1], tuple(one * scale for one in least), True)


def _column_widths(grid: Grid, size: float) -> tuple[list[float], list[float]]:
    """The narrowest and the widest that each column can use."""
    least, most = [PADDING + size] * grid.n_columns, [PADDING + size] * grid.n_columns
    head = {id(cell) for row in grid.head for cell in row}
    for column, cell in grid.starts():
        if cell.columns == 1 and column < grid.n_columns:
            text = " ".join(cell.element.text().split(" "))
            bold = 1.12 if cell.element.tag == "th" else 1.0
            whole_figure = cell.figure and id(cell) not in head and len(text.strip()) <= _LONGEST_WHOLE
            words = [text.strip()] if whole_figure else [_word(word) for word in text.replace("\n", " ").split(" ")]
            least[column] = max(least[column], max(map(text_width, words)) * size * bold + PADDING)
            # a heading may well take two lines
            share = 0.55 if id(cell) in head else 1.0
            whole = text_width(" ".join(text.split())) * size * bold * share + PADDING
            most[column] = max(most[column], least[column], whole)
    return least, most


def _word(word: str) -> str:
    """What of a word has to stay together: long ones may be broken."""
    return word if len(word) <= _LONGEST_WHOLE else word[:_LONGEST_WHOLE]


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
