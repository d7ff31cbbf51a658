"""A file in, a table out: whatever the format, by what the bytes are and not by what the name says."""

from __future__ import annotations

from pathlib import Path

from pipeline.declare.params import IntakeParams
from pipeline.intake.arrange import arrange
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.read_csv import read_csv
from pipeline.intake.source import Grid, Kind, Received, SourceTable
from pipeline.intake.table import Bounds

_WORKBOOKS, _SPSS = (".xlsx", ".xlsm"), (".sav", ".zsav")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
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


def receive(path: Path, bounds: Bounds) -> Received:
    """The bytes at ``path``, no more than are allowed; raises ``UnreadableError`` when there are none or too many."""
    try:
        with path.open("rb") as stream:
            data = stream.read(bounds.max_bytes + 1)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise UnreadableError(Problem("file_missing")) from None
    if len(data) > bounds.max_bytes:
        raise UnreadableError(Problem("file_too_large", details={"limit": bounds.max_bytes // 1_000_000}))
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableError(Problem("file_empty"))
    return Received(path.name, data)


def read_source(received: Received, bounds: Bounds, *, sheet: str | None = None) -> tuple[SourceTable, list[Problem]]:
    """The table in ``received`` and what is wrong with its shape; raises ``UnreadableError`` when there is no table."""
    grid, problems = read_grid(received, bounds, sheet=sheet)
    table, shape = arrange(grid)
    return table, [*problems, *shape]


def read_grid(received: Received, bounds: Bounds, *, sheet: str | None = None) -> tuple[Grid, list[Problem]]:
    """The cells of ``received``, by the reader of its format; raises ``UnreadableError`` when there are none."""
    kind = _kind(received.data)
    if kind == "xlsx":
        from pipeline.intake.read_xlsx import read_xlsx

        return read_xlsx(received, bounds, sheet=sheet)
    if kind == "sav":
        from pipeline.intake.read_sav import read_sav

        return read_sav(received, bounds)
    suffix = Path(received.name).suffix.lower()
    if suffix in (*_WORKBOOKS, *_SPSS):
        raise UnreadableError(Problem("workbook_unreadable" if suffix in _WORKBOOKS else "spss_unreadable"))
    return read_csv(received, bounds)


def _kind(data: bytes) -> Kind:
    """What the first bytes say; raises ``UnreadableError`` for a format that is not read."""
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return "xlsx"
    if data.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if data.startswith(_OLE):
        raise UnreadableError(Problem("workbook_protected" if _ENCRYPTED in data else "format_unsupported"))
    if data.lstrip()[:16].startswith(_OTHER_FORMATS):
        raise UnreadableError(Problem("format_unsupported"))
    return "csv"
