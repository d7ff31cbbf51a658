"""Whether a workbook can be opened safely: how large it really is once unpacked, and how far its cells reach.

The spreadsheet library allots the whole rectangle up to the last cell, and a ZIP file may say anything about its own
sizes; both are looked at here first, by unpacking in pieces that are thrown away.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.intake.problems import Problem, UnreadableError

_PIECE = 4 * 1024 * 1024
_LOCAL_HEADER = 30
_MOST_TEXTS = 256_000_000
"""Bytes of the shared texts, the one part that is held in memory as a whole."""

# how nearly every program writes a sheet: no prefix, double quotes, the place of a cell first
_PLAIN_ROW = re.compile(rb'<row [^>]*?r="(\d+)"')
_PLAIN_FAR_COLUMN = re.compile(rb' r="([A-Z]{2,})')
_PLAIN_FAR_ROW = re.compile(rb' r="[A-Z]+(\d{6,})"')
# how XML allows it to be written
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br\s*=\s*[\"'](\d+)[\"']")
_FAR_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Z]{2,})\d")
_FAR_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Z]+(\d{6,})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_PLACED_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br\s*=")
_EMPTY_CELL = re.compile(rb"<((?:\w+:)?c)\b[^>]*(?:/>|></\1>)")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")


@dataclass(frozen=True)
class Extent:
    """How far the cells of the largest sheet reach."""

    rows: int
    columns: int


def check_workbook(data: bytes, *, most_bytes: int, most_cells: int) -> Extent:
    """Extent of the workbook's largest sheet.

    Cells that are formatted but empty do not count where that decides whether the sheet has more than ``most_cells``.
    Raises ``UnreadableError``: ``format_unsupported`` for a ZIP file that is no XLSX workbook, ``workbook_too_large``
    when it unpacks to more than ``most_bytes``, ``workbook_unreadable`` when it cannot be unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeDecodeError):
        raise UnreadableError(Problem("workbook_unreadable")) from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise UnreadableError(Problem("format_unsupported"))
    left = most_bytes
    extents = [Extent(0, 0)]
    for member in members:
        pieces = _unpacked(data, member, min(left, _MOST_TEXTS) if "sharedStrings" in member.filename else left)
        if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
            extent, size = _extent(pieces)
            if extent.rows * extent.columns > most_cells:
                extent, _ = _extent(_unpacked(data, member, left), filled_only=True)
            extents.append(extent)
        else:
            size = sum(len(piece) for piece in pieces)
        left -= size
    return max(extents, key=lambda extent: extent.rows * extent.columns)


def _unpacked(data: bytes, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The bytes of ``member`` in pieces, whatever size its header claims."""
    start = member.header_offset + _LOCAL_HEADER
    header = data[member.header_offset : start]
    if len(header) < _LOCAL_HEADER or member.flag_bits & 1:
        raise UnreadableError(Problem("workbook_unreadable"))
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    packed = data[start + name_length + extra_length :][: member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        pieces: Iterator[bytes] = iter([packed])
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        pieces = _inflated(packed)
    else:
        raise UnreadableError(Problem("workbook_unreadable"))
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise UnreadableError(Problem("workbook_too_large"))
        yield piece


def _inflated(packed: bytes) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-15)
    waiting = packed
    while waiting and not inflate.eof:
        try:
            piece = inflate.decompress(waiting, _PIECE)
        except zlib.error:
            raise UnreadableError(Problem("workbook_unreadable")) from None
        waiting = inflate.unconsumed_tail
        if piece:
            yield piece


def _extent(pieces: Iterator[bytes], *, filled_only: bool = False) -> tuple[Extent, int]:
    """How far the cells of one sheet reach, and its size in bytes."""
    rows, counted, size, columns, rest = 0, 0, 0, 26, b""
    for piece in pieces:
        if size == 0 and (b"\0" in piece[:64] or piece[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableError(Problem("workbook_unreadable"))  # UTF-16 could hide cells from this scan
        size += len(piece)
        block = rest + piece
        if filled_only:
            ends = [match.end() for match in _ROW_END.finditer(block)]
            end = ends[-1] if ends else 0
        else:
            end = block.rfind(b"<")
        block, rest = block[:end], block[end:]
        numbers, far = _places(block, filled_only=filled_only)
        counted += block.count(b"</row>") if not filled_only else len(numbers)
        rows = max(rows, max(numbers, default=0))
        columns = max(columns, far)
    return Extent(max(rows, counted), columns), size


def _places(block: bytes, *, filled_only: bool) -> tuple[list[int], int]:
    """Row numbers in a piece of a sheet (0 for a row without one), and the number of its furthest column (columns A to
    Z are not looked at)."""
    if filled_only:
        parts = [part for part in _ROW_END.split(_EMPTY_CELL.sub(b"", block)) if _CELL.search(part)]
        # rows without cells may stand before the one that has them
        numbers = [int(found[-1]) if (found := _ROW.findall(part)) else 0 for part in parts]
        return numbers, _furthest_column(parts)
    n_cells = block.count(b"<c ") + block.count(b"<c>") + block.count(b"<c/")
    if n_cells == block.count(b'<c r="') and b":row" not in block and b"='" not in block:
        numbers = [int(number) for number in (*_PLAIN_ROW.findall(block), *_PLAIN_FAR_ROW.findall(block))]
        far = max((_column_number(name) for name in set(_PLAIN_FAR_COLUMN.findall(block))), default=0)
        return numbers, far
    parts = _ROW_END.split(block)
    numbers = [int(number) for number in (*_ROW.findall(block), *_FAR_ROW.findall(block))]
    return numbers + [0] * (len(parts) - 1 - len(numbers)), _furthest_column(parts)


def _furthest_column(rows: list[bytes]) -> int:
    """Number of the furthest column in ``rows``, however they are written."""
    furthest = 0
    for row in rows:
        placed = max((_column_number(name) for name in _FAR_COLUMN.findall(row)), default=0)
        # cells without a place of their own follow each other
        unplaced = len(_CELL.findall(row)) if len(_CELL.findall(row)) > len(_PLACED_CELL.findall(row)) else 0
        furthest = max(furthest, placed, unplaced)
    return furthest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number
