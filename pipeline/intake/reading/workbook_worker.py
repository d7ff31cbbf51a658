"""Reads a workbook (XLSX, XLS, ODS) in a process of its own: the library behind it may crash on a damaged file, or ask
for more memory than there is, and then only this process dies.

Run as a script, with nothing of this project imported. First argument: the most bytes of memory. Standard input: a
request (length in eight bytes, then JSON), then the file's bytes. Request: ``sheet`` (a name, or null for the only
sheet that has cells), ``most_columns``, ``most_cells``. Standard output: JSON in the same way, then each column's codes
as 32-bit numbers, one column after the other.

The answer has ``sheet``, ``first_column``, ``heading_row``, ``heading``, ``merged``, ``rows`` and ``columns``: of each
column its different cells, in the order of the codes (-1: an empty cell). Instead of these, ``choose`` holds the first
rows of every sheet where more than one has cells; ``problem`` says why there is no answer.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from array import array
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from math import isfinite
from typing import Any, BinaryIO

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

_CHUNK = 10_000
_LOOKED_AT = 12
"""How many rows of each sheet are shown where one has to be chosen."""
_MOST_MERGED = 100_000


def main(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer one request."""
    request = json.loads(stdin.read(int.from_bytes(stdin.read(8), "big")))
    data = stdin.read()
    try:
        answer, codes = _answer(data, request)
    except PasswordError:
        answer, codes = {"problem": "workbook_protected"}, []
    header = json.dumps(answer).encode("utf-8")
    stdout.write(len(header).to_bytes(8, "big") + header)
    for column in codes:
        column.tofile(stdout)


def _answer(data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], list[array[int]]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    wanted = request["sheet"]
    visible = [
        s.name
        for s in workbook.sheets_metadata
        if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible
    ]
    if wanted is not None:
        name = _named(wanted, workbook)
        if name is None:
            details = {"sheets": ", ".join(visible)}
            return {"problem": "sheet_missing", "with": {"sheet": wanted, "details": details}}, []
        return _table(workbook.get_sheet_by_name(name), request)
    filled = [sheet for sheet in map(workbook.get_sheet_by_name, visible) if sheet.start is not None]
    if not filled:
        return {"problem": "file_empty"}, []
    if len(filled) == 1:
        return _table(filled[0], request)
    return {"choose": [[sheet.name, _first_rows(sheet)] for sheet in filled]}, []


def _named(wanted: str, workbook: CalamineWorkbook) -> str | None:
    """The sheet that is called ``wanted``, or else the only one that is but for case and white space."""
    names = [s.name for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    if wanted in names:
        return wanted
    alike = [name for name in names if _plain(name) == _plain(wanted)]
    return alike[0] if len(alike) == 1 else None


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _first_rows(sheet: CalamineSheet) -> list[list[str]]:
    """The text in the first rows that have any."""
    rows = ([cell for cell in row if isinstance(cell, str) and cell.strip()] for row in sheet.iter_rows())
    return list(islice((row for row in islice(rows, 1000) if row), _LOOKED_AT))


def _table(sheet: CalamineSheet, request: dict[str, Any]) -> tuple[dict[str, Any], list[array[int]]]:
    """The cells of ``sheet``, unless there are too many."""
    rows = enumerate(sheet.iter_rows(), start=1)
    heading_row, heading = _heading(rows)
    if not heading:
        return {"problem": "file_empty"}, []
    answer: dict[str, Any] = {
        "sheet": sheet.name,
        "first_column": sheet.start[1] if sheet.start else 0,
        "heading_row": heading_row,
        "heading": heading,
        "merged": [[*first, *last] for first, last in (sheet.merged_cell_ranges or [])[:_MOST_MERGED]],
        "rows": 0,
        "columns": [],
    }
    n_columns = sum(1 for cell in heading if cell is not None)
    if n_columns > request["most_columns"] or sheet.total_height * len(heading) > request["most_cells"]:
        return answer | {"rows": sheet.total_height, "columns": None}, []
    answer["rows"], answer["columns"], codes = _columns(rows, len(heading))
    return answer, codes


def _heading(rows: Iterator[tuple[int, list[Any]]]) -> tuple[int, list[str | float | None]]:
    """The number of the first row with a cell, and its cells."""
    for number, row in rows:
        cells = [_cell(value) for value in row]
        if any(cell is not None for cell in cells):
            return number, cells
    return 0, []


class _Codes(dict[Any, int]):
    """Numbers every different cell in the order they are met, from -1: the empty cell is there first."""

    def __missing__(self, cell: Any) -> int:
        code = len(self) - 1
        self[cell] = code
        return code


def _columns(
    rows: Iterator[tuple[int, list[Any]]], width: int
) -> tuple[int, list[list[str | float]], list[array[int]]]:
    """How many rows there are below the heading, each column's different cells, and its codes."""
    seen = [_Codes({"": -1}) for _ in range(width)]
    codes = [array("i") for _ in range(width)]
    n_rows = 0
    while chunk := [row for _, row in islice(rows, _CHUNK)]:
        n_rows += len(chunk)
        for i, values in enumerate(zip(*chunk, strict=True)):
            plain = set(map(type, values)) <= {float, str}
            cells = values if plain else tuple("" if (cell := _cell(v)) is None else cell for v in values)
            codes[i].extend(map(seen[i].__getitem__, cells))
    settled = [_settled(list(column)[1:], own) for column, own in zip(seen, codes, strict=True)]
    return n_rows, [cells for cells, _ in settled], [own for _, own in settled]


def _settled(cells: list[Any], codes: array[int]) -> tuple[list[str | float], array[int]]:
    """One column without blank texts and without numbers that are none."""
    if all(cell.strip() if isinstance(cell, str) else isfinite(cell) for cell in cells):
        return cells, codes
    become = [_cell(cell) for cell in cells]
    place = {cell: i for i, cell in enumerate(dict.fromkeys(cell for cell in become if cell is not None))}
    changed = [*(-1 if cell is None else place[cell] for cell in become), -1]
    return list(place), array("i", map(changed.__getitem__, codes))


def _cell(value: Any) -> str | float | None:
    """A cell as text or number; ``None`` when it is blank. Dates and times become ISO text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return float(value) if isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    text = str(value)
    return text if text.strip() else None


if __name__ == "__main__":
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
