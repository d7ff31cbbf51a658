"""A picture of where in the file the problems are: the sheet from above, without any of its cells' contents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from pipeline.intake.places import number, rows_in_words, runs
from pipeline.intake.problems import Problem, Severity
from pipeline.intake.source import SourceTable, column_letter
from pipeline.intake.words import Language, catalogue

_WIDTH, _HEIGHT = 720, 300
_LEFT, _TOP, _STRIP = 58, 24, 12
_MOST_ACROSS, _MOST_DOWN = 120, 40
_MOST_TICKS = 8


@dataclass(frozen=True)
class Picture:
    """An SVG image, and the same in words."""

    svg: Markup
    description: str


def picture_of(problems: Sequence[Problem], table: SourceTable, language: Language) -> Picture | None:
    """The sheet with the places of ``problems``; ``None`` when none of them has a place.

    Above: which columns; at the left: which rows; in the middle: where they cross. A column that is concerned as a
    whole is light from top to bottom.
    """
    placed = [problem for problem in problems if problem.columns or problem.rows]
    if not placed or not len(table.cells_by_row):
        return None
    sheet = _Sheet.of(table)
    marks = {severity: _marks(placed, sheet, severity) for severity in ("error", "warning")}
    description = " ".join(_sentences(placed, table, sheet, language))
    title = str(catalogue()["answer"][language]["page"]["map"])
    parts = [
        f'<svg class="map" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="map-title map-description">',
        f'<title id="map-title">{escape(title)}</title>',
        f'<desc id="map-description">{escape(description)}</desc>',
        f'<rect class="sheet" x="{_LEFT}" y="{_TOP}" width="{_WIDTH - _LEFT - 1}" height="{_HEIGHT - _TOP - 1}"/>',
        *sheet.ticks(),
        *_whole_columns(placed, sheet),
        *(rect for severity in ("warning", "error") for rect in sheet.rectangles(marks[severity], severity)),
        "</svg>",
    ]
    return Picture(Markup("".join(parts)), description)  # noqa: S704 (every text in it is escaped above)


@dataclass(frozen=True)
class _Sheet:
    """How many columns and rows, and how they are drawn. ``letters``: place of each column by letter or name."""

    letters: dict[str, int]
    n_columns: int
    first_row: int
    n_rows: int
    lettered: bool

    @classmethod
    def of(cls, table: SourceTable) -> _Sheet:
        lettered = any(column.letter for column in table.columns)
        letters = {column_letter(i): i for i in range(_furthest(table) + 1)} if lettered else {}
        letters |= {column.name: column.position for column in table.columns if not lettered}
        rows = table.cells_by_row.index
        first = int(rows.min()) - (1 if lettered else 0)
        return cls(letters, max(letters.values(), default=0) + 1, first, int(rows.max()) - first + 1, lettered)

    @property
    def across(self) -> int:
        return min(self.n_columns, _MOST_ACROSS)

    @property
    def down(self) -> int:
        return min(self.n_rows, _MOST_DOWN)

    def column(self, place: tuple[str, str]) -> int | None:
        at = self.letters.get(place[0] or place[1])
        return None if at is None else at * self.across // self.n_columns

    def row(self, row: int) -> int:
        return min(max(row - self.first_row, 0), self.n_rows - 1) * self.down // self.n_rows

    def box(self, across: int | None, down: int | None) -> tuple[float, float, float, float]:
        """x, y, width and height of a cell of the drawing; ``None``: the strip above, or the band at the left."""
        wide = (_WIDTH - _LEFT - _STRIP - 1) / self.across
        high = (_HEIGHT - _TOP - _STRIP - 1) / self.down
        x, width = (_LEFT, _STRIP) if across is None else (_LEFT + _STRIP + across * wide, wide)
        y, height = (_TOP, _STRIP) if down is None else (_TOP + _STRIP + down * high, high)
        return x, y, width, height

    def rectangles(self, marks: Iterable[tuple[int | None, int | None]], severity: str) -> Iterable[str]:
        """Errors fill a cell, warnings its lower half: to be told apart without colours."""
        for across, down in sorted(marks, key=lambda mark: tuple(-1 if at is None else at for at in mark)):
            x, y, width, height = self.box(across, down)
            if severity == "warning":
                y, height = y + height / 2, height / 2
            gap = 0.6 if width > 3 else 0.0
            yield (
                f'<rect class="{severity}" x="{x + gap / 2:.1f}" y="{y + gap / 2:.1f}" '
                f'width="{width - gap:.1f}" height="{height - gap:.1f}"/>'
            )

    def ticks(self) -> Iterable[str]:
        """Letters above and row numbers at the left; SPSS has names instead of letters, which would not fit."""
        step = max(1, -(-self.n_columns // _MOST_TICKS))
        for at in range(0, self.n_columns, step):
            x, _, width, _ = self.box(at * self.across // self.n_columns, None)
            text = column_letter(at) if self.lettered else str(at + 1)
            yield f'<text x="{x + width / 2:.1f}" y="{_TOP - 7}" text-anchor="middle">{text}</text>'
        for at in sorted({0, self.n_rows // 4, self.n_rows // 2, self.n_rows * 3 // 4, self.n_rows - 1}):
            _, y, _, height = self.box(None, at * self.down // self.n_rows)
            y = min(y + height / 2 + 4, _HEIGHT - 3)
            yield f'<text x="{_LEFT - 6}" y="{y:.1f}" text-anchor="end">{self.first_row + at}</text>'


def _furthest(table: SourceTable) -> int:
    """The place of the last column, counted from A."""
    letters = {column.letter for column in table.columns}
    place, found = 0, 0
    while letters and found < 20_000:
        letter = column_letter(found)
        if letter in letters:
            letters.discard(letter)
            place = found
        found += 1
    return place


def _marks(problems: Iterable[Problem], sheet: _Sheet, severity: Severity | str) -> set[tuple[int | None, int | None]]:
    """Cells of the drawing: (column, row), ``None`` for the strip above and the band at the left."""
    marks: set[tuple[int | None, int | None]] = set()
    for problem in problems:
        if problem.severity != severity:
            continue
        across = {at for place in problem.columns if (at := sheet.column(place)) is not None}
        down = {sheet.row(row) for row in problem.rows}
        marks |= {(at, None) for at in across} | {(None, at) for at in down}
        marks |= {(x, y) for x in across or range(sheet.across) for y in down}
    return marks


def _whole_columns(problems: Iterable[Problem], sheet: _Sheet) -> Iterator[str]:
    """A light column from top to bottom for each that is concerned as a whole."""
    worst: dict[int, str] = {}
    for problem in sorted(problems, key=lambda problem: problem.severity, reverse=True):
        if not problem.rows:
            worst |= {at: problem.severity for place in problem.columns if (at := sheet.column(place)) is not None}
    for across, severity in sorted(worst.items()):
        x, y, width, _ = sheet.box(across, 0)
        yield f'<rect class="{severity} whole" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_HEIGHT - y - 1}"/>'


def _sentences(problems: Sequence[Problem], table: SourceTable, sheet: _Sheet, language: Language) -> Iterable[str]:
    """What the picture shows, in words."""
    texts = catalogue()["answer"][language]["page"]
    yield texts["map_size"].format(
        columns=number(table.n_columns, language), rows=number(len(table.cells_by_row), language)
    )
    where = catalogue()["where"][language]
    for severity in ("error", "warning"):
        concerned = [problem for problem in problems if problem.severity == severity]
        places = {place for problem in concerned for place in problem.columns}
        rows = {row for problem in concerned for row in problem.rows}
        parts = []
        if columns := _columns_in_words(places, sheet):
            parts.append(where["column" if len(places) == 1 else "columns"].format(name=columns))
        if rows:
            parts.append(where["row" if len(rows) == 1 else "rows"].format(name=rows_in_words([*rows], language)))
        if parts:
            yield texts[f"map_{severity}"].format(places=", ".join(parts))


def _columns_in_words(places: set[tuple[str, str]], sheet: _Sheet) -> str:
    """``C, H–J``: by letter; how many there are where columns have no letters."""
    if not sheet.lettered:
        return ", ".join(sorted(name for _, name in places if name)[:10]) + (" …" if len(places) > 10 else "")
    found = runs(at for letter, _ in places if (at := sheet.letters.get(letter)) is not None)
    parts = [
        column_letter(first) if first == last else f"{column_letter(first)}–{column_letter(last)}"
        for first, last in found
    ]
    return ", ".join(parts[:12]) + (" …" if len(parts) > 12 else "")
