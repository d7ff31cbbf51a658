"""A file in, a table out: whatever the format, by what the bytes are and not by what the name says."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pipeline.declare.params import IntakeParams
from pipeline.intake.arrange import arrange
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.read_csv import read_csv
from pipeline.intake.reading.receive import receive
from pipeline.intake.source import Grid, Received, SourceTable
from pipeline.intake.table import Bounds

_WORKBOOKS, _SPSS = (".xlsx", ".xlsm", ".xlsb", ".ods"), (".sav", ".zsav")
"""What is called so and is text is damaged. Text called .xls is not: many tools write that, and Excel opens it."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BIFF_STREAMS = tuple(f"{name}\0".encode("utf-16-le") for name in ("Workbook", "Book"))
_OLD_BIFF = (b"\x09\x08\x10\0\0\x06", b"\x09\x04\6\0", b"\x09\x02\6\0", b"\x09\0\4\0")
"""Workbooks of Excel 4 and before, which are no OLE files."""
_OTHER_FORMATS = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"{\\rtf",
    b"<?xml",
    b"<html",
    b"<!DOCTYPE",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc",
)


def bounds_of(params: IntakeParams) -> Bounds:
    """The bounds of ``params.yaml``."""
    return Bounds(params.max_bytes, params.max_rows, params.max_columns)


def read_source(
    received: Received, bounds: Bounds, *, sheet: str | None = None, known: Collection[str] = frozenset()
) -> tuple[SourceTable, list[Problem]]:
    """The table in ``received`` and what is wrong with its shape; raises ``UnreadableError`` when there is no table.

    ``sheet`` names a workbook's sheet. Where nobody names it and several have cells, the sheet is read whose headings
    are among ``known`` (folded names and titles of columns) most often.
    """
    grid, problems = read_grid(received, bounds, sheet=sheet, known=known)
    table, shape = arrange(grid, known=frozenset(known))
    return table, [*problems, *shape]


def read_grid(
    received: Received, bounds: Bounds, *, sheet: str | None = None, known: Collection[str] = frozenset()
) -> tuple[Grid, list[Problem]]:
    """The cells of ``received``, by the reader of its format; raises ``UnreadableError`` when there are none."""
    form = _form(received.data)
    if form in ("zip", "xls"):
        from pipeline.intake.reading.read_workbook import read_workbook

        return read_workbook(received, bounds, is_xls=form == "xls", sheet=sheet, known=known)
    if form == "sav":
        from pipeline.intake.reading.read_sav import read_sav

        return read_sav(received, bounds)
    suffix = Path(received.name).suffix.lower()
    if suffix in (*_WORKBOOKS, *_SPSS):
        raise UnreadableError(Problem("workbook_unreadable" if suffix in _WORKBOOKS else "spss_unreadable"))
    return read_csv(received, bounds)


def _form(data: bytes) -> Literal["zip", "xls", "sav", "text"]:
    """What the bytes say; raises ``UnreadableError`` for a format that is not read."""
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return "zip"
    if data.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise UnreadableError(Problem("workbook_protected"))
        if any(name in data for name in _BIFF_STREAMS):
            return "xls"
        raise UnreadableError(Problem("format_unsupported"))
    if data.lstrip()[:16].startswith(_OTHER_FORMATS) or data.startswith(_OLD_BIFF):
        raise UnreadableError(Problem("format_unsupported"))
    return "text"


__all__ = ["bounds_of", "read_grid", "read_source", "receive"]
