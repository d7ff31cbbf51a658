"""Writes one sheet of a workbook (XLSX, XLS, ODS) anew, as an XLSX file without some of its columns or rows.

Only values are written: no other sheet, no comment, no formula, no property that names somebody. Text is written as
text, whatever it begins with. What was written is read again and held against what was read.

Run as a script, with nothing of this project imported, in the way of ``workbook_worker``. Request: ``sheet``,
``columns`` (positions, from the first column that has cells) and ``rows`` (numbers, from 1) to leave out.
"""

from __future__ import annotations

import io
import json
import re
import resource
import runpy
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from python_calamine import CalamineWorkbook

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST_TEXT = 32_767
_MOMENT = (1980, 1, 1, 0, 0, 0)
_IN_MEMORY = Path(__file__).parents[1] / "in_memory.py"
_NOBODY = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties xmlns:cp="http://schemas.openxmlformats'
    b'.org/package/2006/metadata/core-properties"></cp:coreProperties>'
)


def main(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer one request."""
    request = json.loads(stdin.read(int.from_bytes(stdin.read(8), "big")))
    rows = _rows(stdin.read(), request["sheet"], set(request["columns"]), set(request["rows"]))
    written = _written(rows, request["sheet"])
    again = _rows(written, request["sheet"], set(), set())
    same = _plain(again) == _plain(rows)
    header = json.dumps({} if same else {"problem": "cannot_cut"}).encode()
    stdout.write(len(header).to_bytes(8, "big") + header)
    if same:
        stdout.write(written)


def _rows(data: bytes, name: str, columns: set[int], rows: set[int]) -> list[list[Any]]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(name)
    return [
        [cell for i, cell in enumerate(row) if i not in columns]
        for number, row in enumerate(sheet.iter_rows(), start=1)
        if number not in rows
    ]


def _written(rows: list[list[Any]], name: str) -> bytes:
    runpy.run_path(str(_IN_MEMORY))["keep_sheets_in_memory"]()
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(name)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    workbook.save(stream)
    return _anonymous(stream)


def _cell(sheet: Any, value: Any) -> Any:
    """A cell of the new sheet; ``None`` where there is none."""
    if isinstance(value, str):
        text = _NOT_IN_XML.sub("", value)
        if not text:
            return None
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"
        return cell
    return value


def _anonymous(stream: io.BytesIO) -> bytes:
    """The same file without properties and without moments."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = _NOBODY if name == "docProps/core.xml" else source.read(name)
            target.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _plain(rows: list[list[Any]]) -> list[list[Any]]:
    """What the readers make of ``rows``: no empty cells at the end, no empty rows at the end."""
    plain = []
    for row in rows:
        cells = [_value(value) for value in row]
        while cells and cells[-1] == "":
            cells.pop()
        plain.append(cells)
    while plain and not plain[-1]:
        plain.pop()
    return plain


def _value(value: Any) -> Any:
    """One cell as it is compared; moments to the second, which is as far as they are kept."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        moment = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, date | time):
        return value.isoformat(timespec="seconds") if isinstance(value, time) else value.isoformat()
    return _NOT_IN_XML.sub("", value).replace("\r\n", "\n").replace("\r", "\n")


if __name__ == "__main__":
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
