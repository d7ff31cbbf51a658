"""How far the cells of an ODS spreadsheet reach, which of them hold an error, and which are merged.

An ODS says "this cell, a million times" in a few bytes, and the spreadsheet library writes all of them out: the counts
are added up here first. No cell is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.sheet_extent import Extent

_CELLS = ("table:table-cell", "table:covered-table-cell")
_ERROR = re.compile(
    r"(#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|NB|WAARDE!|DEEL/0!|VERW!|NAAM\?|LEEG!|GETAL!)|Err:\d+)"
)
_LONGEST_ERROR = 12
_MOST_UNFIT = 100_000


@dataclass
class OdsSheet:
    """One sheet. Places are (row, column) from 0; merged cells are (first row, first column, last row, last column)."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)
    not_worked_out: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def extent(self) -> Extent:
        """How far cells with something in them reach."""
        return Extent(self.rows, self.columns)


def look_at_ods(pieces: Iterator[bytes], *, most_cells: int) -> tuple[dict[str, OdsSheet], int]:
    """The sheets of ``content.xml`` by name, and its size in bytes.

    Looking stops at a sheet that claims more than ``most_cells``; its extent says so. Raises ``UnreadableError``
    (``workbook_unreadable``) when it is no XML.
    """
    look = _Look(most_cells)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    parser.StartDoctypeDeclHandler = _refuse
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except _TooFarError:
        pass
    except (expat.ExpatError, ValueError):
        raise UnreadableError(Problem("workbook_unreadable")) from None
    return look.sheets, size


class _TooFarError(Exception):
    """A sheet reaches further than anybody may look."""


def _refuse(*_: object) -> None:
    raise UnreadableError(Problem("workbook_with_declarations"))


class _Look:
    """Where the parser is: sheet, row, column, and what it is of the cell it is in."""

    def __init__(self, most_cells: int) -> None:
        self.sheets: dict[str, OdsSheet] = {}
        self._most = most_cells
        self._sheet = OdsSheet()
        self._row = self._column = self._repeated = self._filled = 0
        self._cell: tuple[int, int] | None = None
        self._said = ""
        self._is_error = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag opens."""
        if tag in _CELLS:
            self._start_cell(attributes)
        elif tag == "table:table-row":
            self._repeated = _times(attributes, "table:number-rows-repeated")
            self._column = self._filled = 0
        elif tag == "table:table":
            self._sheet = self.sheets.setdefault(attributes.get("table:name", ""), OdsSheet())
            self._row = 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        first = self._column
        self._column += _times(attributes, "table:number-columns-repeated")
        formula = "table:formula" in attributes
        valued = any(name.startswith("office:") for name in attributes)
        if formula or valued:
            self._filled = self._column
            self._check(self._row + self._repeated, self._filled)
        down, right = (
            _times(attributes, "table:number-rows-spanned"),
            _times(attributes, "table:number-columns-spanned"),
        )
        if (down > 1 or right > 1) and len(self._sheet.merged) < _MOST_UNFIT:
            self._sheet.merged.append((self._row, first, self._row + down - 1, first + right - 1))
        if formula and not valued:
            self._note(self._sheet.not_worked_out, (self._row, first))
        if formula:
            self._cell, self._said = (self._row, first), ""
            self._is_error = attributes.get("calcext:value-type") == "error"

    def text(self, text: str) -> None:
        """Text inside a cell; only that of formulas counts, since errors look like text."""
        if self._cell is not None and len(self._said) <= _LONGEST_ERROR:
            self._said += text[: _LONGEST_ERROR + 1]

    def end(self, tag: str) -> None:
        """A tag closes."""
        if tag in _CELLS:
            if self._cell is not None and (self._is_error or _ERROR.fullmatch(self._said.strip())):
                self._note(self._sheet.errors, self._cell)
                self._sheet.not_worked_out.discard(self._cell)
            self._cell = None
        elif tag == "table:table-row":
            self._row += self._repeated
            if self._filled:
                self._check(self._row, self._filled)
                self._sheet.rows = self._row
                self._sheet.columns = max(self._sheet.columns, self._filled)

    def _check(self, rows: int, columns: int) -> None:
        """Stop as soon as the rectangle up to here is too large."""
        rows, columns = max(rows, self._sheet.rows), max(columns, self._sheet.columns)
        if rows * columns > self._most:
            self._sheet.rows, self._sheet.columns = rows, columns
            raise _TooFarError

    @staticmethod
    def _note(places: set[tuple[int, int]], place: tuple[int, int]) -> None:
        if len(places) < _MOST_UNFIT:
            places.add(place)


def _times(attributes: dict[str, str], name: str) -> int:
    """How many times something is repeated; ``ValueError`` when that is no number."""
    text = attributes.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(name)
    return max(int(text), 1)
