"""Delimited text: CSV and TSV as spreadsheets and survey tools write them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.encoding import Encoding, detect_encoding
from pipeline.intake.source import FileFormat, Grid, Received, SourceColumn, column_letter
from pipeline.intake.table import LONGEST_HEADING, Bounds

_DELIMITERS = (",", ";", "\t", "|")
_HINT = re.compile(r"\"?sep=([^\w\s\"'.-]|\t)\"?[ ,;|\t]*(?:\r\n?|\n|$)", re.IGNORECASE)
"""The first line that spreadsheets write for themselves; a program in between may have quoted it, or filled it up."""
_LOOKED_AT = 200
_CHUNK = 10_000
_MOST_ROWS = 1_048_576
"""As many as a sheet of a workbook has: a file of nothing but line ends would be counted for minutes."""


def read_csv(received: Received, bounds: Bounds) -> tuple[Grid, list[Problem]]:
    """The cells of a delimited text file, and what is wrong with its shape.

    Encoding, byte-order mark and delimiter are found out and stand in the grid's format. Rows are counted as a
    spreadsheet counts them: a line break inside quotes does not start a new row, an empty line is one. A first row with
    one cell where the others have more is a title, as wide as they are. Raises ``UnreadableError`` when there is no
    telling what the cells are.
    """
    encoding = detect_encoding(received.data)
    head = "".join(islice(_lines(received, encoding), _LOOKED_AT))
    if "\0" in head:
        raise UnreadableError(Problem("binary_file"))
    hint = _HINT.match(head)
    delimiter = hint[1] if hint else _delimiter(head)
    lines = _lines(received, encoding)
    if hint:
        next(lines)
    records = _records(lines, delimiter)
    heading = _heading(records, bounds, _widths(head[hint.end() :] if hint else head, delimiter))
    cells, ragged = _cells(records, heading, bounds)
    columns = tuple(SourceColumn(i, column_letter(i), name) for i, name in enumerate(heading.cells))
    found = FileFormat("csv", encoding=encoding.name, byte_order_mark=encoding.byte_order_mark, delimiter=delimiter)
    return Grid(received, found, heading.row, columns, cells), ragged.problems()


def _lines(received: Received, encoding: Encoding) -> Iterator[str]:
    """The lines of the file, decoded, line ends kept."""
    return iter(io.TextIOWrapper(io.BytesIO(received.data), encoding=encoding.codec, newline=""))


def _records(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """The records of the file; raises ``UnreadableError`` naming the row where quotes do not close."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "cell_too_long" if "field limit" in str(error) else "csv_malformed"
            limit = {"limit": csv.field_size_limit()} if code == "cell_too_long" else {}
            raise UnreadableError(Problem(code, rows=(row,), count=1, details=limit)) from None
        yield record


def _delimiter(head: str) -> str:
    """The delimiter that divides the first rows most evenly; a comma when none divides them."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = _widths(head, delimiter)
        if not widths:
            continue
        width = widths[0] if widths[0] > 1 else max(widths, key=widths.count)
        if width < 2:
            continue
        alike = sum(other == width for other in widths) / len(widths)
        score = alike * width
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(head: str, delimiter: str) -> list[int]:
    """How many cells each of the first rows has, but for blank ones; none when quotes do not fit."""
    try:
        # the last line may stop within quotes, so what the reader makes of it does not count
        return [len(record) for record in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if record]
    except csv.Error:
        return []


@dataclass(frozen=True)
class _Heading:
    """The first row that is not blank, and its number."""

    row: int
    cells: list[str]


def _heading(records: Iterator[list[str]], bounds: Bounds, widths: list[int]) -> _Heading:
    """The headings, as many as the rows have cells where ``widths`` of the first rows tell of a title."""
    for row, record in enumerate(records, start=1):
        if any(cell.strip() for cell in record):
            while len(record) > bounds.max_columns and not record[-1].strip():
                record.pop()
            bounds.check_columns(len(record))
            if max(map(len, record)) > LONGEST_HEADING:
                raise UnreadableError(Problem("heading_too_long", rows=(row,), details={"limit": LONGEST_HEADING}))
            others = widths[1:-1] or widths[1:]
            usual = max(others, key=others.count, default=len(record))
            if len(record) == 1 and usual > 1:
                bounds.check_columns(usual)
                record = [*record, *[""] * (usual - 1)]
            return _Heading(row, record)
    raise UnreadableError(Problem("file_empty"))


@dataclass
class _Ragged:
    """Rows whose number of cells is not that of the heading."""

    long: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        return [
            Problem(code, rows=tuple(rows), count=len(rows))
            for code, rows in (("rows_too_long", self.long), ("rows_too_short", self.short))
            if rows
        ]


def _cells(records: Iterator[list[str]], heading: _Heading, bounds: Bounds) -> tuple[pd.DataFrame, _Ragged]:
    """The cells below the heading, read in chunks so that memory holds codes and not every text."""
    width = len(heading.cells)
    ragged = _Ragged()
    chunks: list[list[pa.Array]] = []
    first = heading.row + 1
    most = min(bounds.rows_looked_at(width), max(_MOST_ROWS, bounds.max_rows + 1))
    numbered = enumerate(islice(records, most), start=first)
    n_rows = 0
    while chunk := list(islice(numbered, _CHUNK)):
        n_rows += len(chunk)
        even = [_even(row, record, width, ragged) for row, record in chunk]
        chunks.append([pa.array(column, type=pa.string()) for column in zip(*even, strict=True)])
    if not n_rows:
        raise UnreadableError(Problem("no_rows"))
    if n_rows == most and next(records, None) is not None:
        details: dict[str, str | int] = {"rows": most + 1, "columns": width, "limit": bounds.max_rows}
        raise UnreadableError(Problem("too_many_cells", count=most + 1, details=details))
    index = pd.RangeIndex(first, first + n_rows)
    columns = {i: _categorical([chunk[i] for chunk in chunks]) for i in range(width)}
    return pd.DataFrame(columns, index=index), ragged


def _even(row: int, record: list[str], width: int, ragged: _Ragged) -> Sequence[str]:
    """``record`` with as many cells as the heading; a row that had others is noted, unless it is blank."""
    if not record:
        return ("",) * width
    if len(record) == width:
        return record
    if len(record) > width:
        if any(cell.strip() for cell in record[width:]):
            ragged.long.append(row)
        return record[:width]
    if any(cell.strip() for cell in record):
        ragged.short.append(row)
    return [*record, *[""] * (width - len(record))]


def _categorical(chunks: list[pa.Array]) -> pd.Categorical:
    """One column's cells as categories; blank cells are missing."""
    encoded = pa.chunked_array(chunks).dictionary_encode().combine_chunks()
    texts: list[str] = encoded.dictionary.to_pylist()
    keep = [i for i, text in enumerate(texts) if text.strip()]
    place = np.full(len(texts), -1, dtype=np.int32)
    place[keep] = np.arange(len(keep), dtype=np.int32)
    categories = pd.Index([texts[i] for i in keep], dtype="str")
    return pd.Categorical.from_codes(place[encoded.indices.to_numpy()], categories=categories)
