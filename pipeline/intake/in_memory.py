"""Workbooks that are written in memory alone: openpyxl puts every sheet into a temporary file first, and a process that
is killed leaves it behind, answers and all.

Nothing of this project is imported here: the scripts that run apart load this file by its path.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any


class _Archive:
    """A ZIP file to which whole sheets are added from memory."""

    def __init__(self, archive: Any) -> None:
        self._archive = archive

    def write(self, sheet: io.BytesIO, name: str) -> None:
        self._archive.writestr(name, sheet.getvalue())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)


@cache
def keep_sheets_in_memory() -> None:
    """Let openpyxl write no file but the one it is asked for, from now on in this process."""
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

    begin, write = WorksheetWriter.__init__, ExcelWriter.write_worksheet

    def begin_in_memory(self: Any, ws: Any, out: Any = None) -> None:
        begin(self, ws, io.BytesIO() if out is None else out)

    def write_from_memory(self: Any, ws: Any) -> None:
        archive, self._archive = self._archive, _Archive(self._archive)
        try:
            write(self, ws)
        finally:
            self._archive = archive

    WorksheetWriter.__init__ = begin_in_memory
    WorksheetWriter.cleanup = lambda _: None
    ExcelWriter.write_worksheet = write_from_memory
