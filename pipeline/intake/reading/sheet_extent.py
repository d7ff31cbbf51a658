"""How far the cells of an XLSX sheet reach, found by looking at its XML in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.source import column_letter

_LONGEST_ROW = 64_000_000
"""Bytes of one row; a full row of 16,384 cells takes about one."""

# Tags, however XML allows them to be written. None holds a "<", so that a search ends at the next tag: without that,
# a million tags that never close would each be searched to the end of the file.
_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br\s*=\s*[\"'](\d{1,10})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_PLACED_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br\s*=\s*[\"']([A-Za-z]+)(\d{1,10})[\"']")
_EMPTY_CELL = re.compile(rb"<((?:\w+:)?c)\b[^<>]*(?:/>|></\1>)")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")


@dataclass(frozen=True)
class Extent:
    """How far the cells of the largest sheet reach."""

    rows: int
    columns: int


def extent_of(pieces: Iterator[bytes], *, filled_only: bool = False) -> tuple[Extent, int]:
    """How far the cells of one sheet reach, and its size in bytes."""
    rows, counted, size, columns, rest = 0, 0, 0, 26, b""
    for piece in pieces:
        if size == 0 and (b"\0" in piece[:64] or piece[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableError(Problem("workbook_unreadable"))  # UTF-16 could hide cells from this scan
        size += len(piece)
        block = rest + piece
        n_rows, end = _row_ends(block)
        block, rest = block[:end], block[end:]
        if len(rest) > _LONGEST_ROW:
            raise UnreadableError(Problem("workbook_too_large"))
        found = _places(block, filled_only=filled_only)
        rows, columns = max(rows, found.rows), max(columns, found.columns)
        counted += n_rows
    last = _places(rest, filled_only=filled_only)
    return Extent(max(rows, counted, last.rows), max(columns, last.columns)), size


def _row_ends(block: bytes) -> tuple[int, int]:
    """How many rows end in ``block``, and where the last of them does (0 when none)."""
    if b":row>" not in block:
        last = block.rfind(b"</row>")
        return block.count(b"</row>"), last + len(b"</row>") if last >= 0 else 0
    ends = [match.end() for match in _ROW_END.finditer(block)]
    return len(ends), ends[-1] if ends else 0


def _places(block: bytes, *, filled_only: bool) -> Extent:
    """How far the rows in a piece of a sheet reach (columns A to Z are not looked at)."""
    if not filled_only and (plain := _plain_places(block)) is not None:
        return plain
    rows, columns = 0, 0
    for part in _ROW_END.split(_EMPTY_CELL.sub(b"", block) if filled_only else block):
        n_cells, placed = len(_CELL.findall(part)), _PLACED_CELL.findall(part)
        if not n_cells:
            continue
        rows = max(rows, *map(int, _ROW.findall(part) or [0]), *(int(number) for _, number in placed), 0)
        columns = max(columns, *(_column_number(name) for name in {name for name, _ in placed}), 0)
        # cells without a place of their own follow each other
        columns = max(columns, n_cells if n_cells > len(placed) else 0)
    return Extent(rows, columns)


def _plain_places(block: bytes) -> Extent | None:
    """How far the rows of a piece reach that is written plainly, every cell being where its row is; ``None`` for any
    other. Ten times as fast as looking at every cell: the last cell of a row says how far it reaches, and that no cell
    reaches further is one search."""
    if b":row" in block or b"='" in block:
        return None
    rows, columns = 0, 26
    for part in block.split(b"</row>"):
        start = part.rfind(b'<row r="') + 8
        if start < 8:
            if b"<c" in part:
                return None
            continue
        number = part[start : part.find(b'"', start)]
        n_cells = part.count(b"<c")
        # each cell's place ends with the number of its row, and so does the row's own
        if (
            part.count(b'<c r="') != n_cells
            or part.count(number + b'"') < n_cells + 1
            or not number.isdigit()
            or len(number) > 10
        ):
            return None
        rows = max(rows, int(number))
        if n_cells:
            last = part.rfind(b'<c r="') + 6
            columns = max(columns, _column_number(part[last : last + 4].rstrip(b'0123456789"')))
    return None if _further_than(columns).search(block) else Extent(rows, columns)


@cache
def _further_than(column: int) -> re.Pattern[bytes]:
    """Finds a cell in a column beyond number ``column`` (26 or more)."""
    letters = column_letter(column - 1)
    if len(letters) == 1:
        return re.compile(rb' r="[A-Z]{2}')
    # the same length and later in the alphabet at some letter, or longer
    later = [
        letters[:i] + f"[{chr(ord(letter) + 1)}-Z]" + "[A-Z]" * (len(letters) - i - 1)
        for i, letter in enumerate(letters)
        if letter != "Z"
    ]
    return re.compile(f' r="(?:{"|".join([*later, "[A-Z]" * (len(letters) + 1)])})'.encode())


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number
