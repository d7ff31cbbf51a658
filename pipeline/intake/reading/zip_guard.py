"""Whether a zipped workbook can be opened safely: how large it really is once unpacked, how far its cells reach, and
that its XML declares nothing to be put in from elsewhere.

The spreadsheet library allots the whole rectangle up to the last cell, and a ZIP file may say anything about its own
sizes; both are looked at here first, by unpacking in pieces that are thrown away.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.ods_cells import OdsSheet, look_at_ods
from pipeline.intake.reading.sheet_extent import Extent, extent_of

_PIECE = 4 * 1024 * 1024
_LOCAL_HEADER = 30
_MOST_MEMBERS = 5_000
"""Parts of a workbook; one of fifty sheets with pictures has a few hundred."""
_MOST_TEXTS = 256_000_000
"""Bytes of the shared texts, the one part that is held in memory as a whole; and of an ODS's only part."""
_XML = (".xml", ".rels", ".vml")
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_MANIFEST = "META-INF/manifest.xml"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Looked:
    """What was found without opening the workbook: its kind, how far the cells of the largest sheet reach, and, of an
    ODS, its sheets by name."""

    kind: Literal["xlsx", "ods"]
    extent: Extent
    ods_sheets: dict[str, OdsSheet] = field(default_factory=dict)


def check_zip(data: bytes, *, most_bytes: int, most_cells: int) -> Looked:
    """What kind of workbook ``data`` is, and how far it reaches.

    Cells that are formatted but empty do not count where that decides whether the sheet has more than ``most_cells``.
    Raises ``UnreadableError``: ``format_unsupported`` for a ZIP file that is no XLSX or ODS workbook,
    ``workbook_protected`` for an encrypted one, ``workbook_too_large`` when it unpacks to more than ``most_bytes``,
    ``workbook_with_declarations`` when its XML declares entities, ``workbook_unreadable`` when it cannot be unpacked.
    """
    members = members_of(data)
    names = {member.filename for member in members}
    if "xl/workbook.xml" in names:
        return Looked("xlsx", _xlsx_extent(data, members, most_bytes, most_cells))
    if "content.xml" in names and _is_ods(data, members):
        sheets = _ods_sheets(data, members, most_bytes, most_cells)
        extents = [Extent(0, 0), *(sheet.extent for sheet in sheets.values())]
        return Looked("ods", max(extents, key=_area), sheets)
    raise UnreadableError(Problem("format_unsupported"))


def members_of(data: bytes) -> list[zipfile.ZipInfo]:
    """The members of a ZIP file; raises ``UnreadableError`` when there is no telling, or when one lies in another."""
    if data.count(b"PK\1\2") > _MOST_MEMBERS:
        raise UnreadableError(Problem("workbook_too_large"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeDecodeError, OverflowError):
        raise UnreadableError(Problem("workbook_unreadable")) from None
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise UnreadableError(Problem("workbook_unreadable"))
        end = member.header_offset + _LOCAL_HEADER + member.compress_size
    return members


def unpacked(data: bytes, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The bytes of ``member`` in pieces, whatever size its header claims; ``workbook_too_large`` beyond ``most``."""
    start = member.header_offset + _LOCAL_HEADER
    header = data[member.header_offset : start]
    if len(header) < _LOCAL_HEADER:
        raise UnreadableError(Problem("workbook_unreadable"))
    if member.flag_bits & 1:
        raise UnreadableError(Problem("workbook_protected"))
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    first = start + name_length + extra_length
    packed = data[first : first + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        pieces: Iterator[bytes] = (packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE))
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


def _xlsx_extent(data: bytes, members: list[zipfile.ZipInfo], most_bytes: int, most_cells: int) -> Extent:
    left = most_bytes
    extents = [Extent(0, 0)]
    for member in members:
        pieces = _plain(data, member, min(left, _MOST_TEXTS) if "sharedStrings" in member.filename else left)
        if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
            extent, size = extent_of(pieces)
            if _area(extent) > most_cells:
                extent, _ = extent_of(unpacked(data, member, left), filled_only=True)
            extents.append(extent)
        else:
            size = sum(len(piece) for piece in pieces)
        left -= size
    return max(extents, key=_area)


def _ods_sheets(data: bytes, members: list[zipfile.ZipInfo], most_bytes: int, most_cells: int) -> dict[str, OdsSheet]:
    left = most_bytes
    sheets: dict[str, OdsSheet] = {}
    for member in sorted(members, key=lambda member: member.filename != _MANIFEST):
        pieces = _plain(data, member, min(left, _MOST_TEXTS))
        if member.filename == _MANIFEST:
            manifest = b"".join(pieces)
            if b"encryption-data" in manifest:
                raise UnreadableError(Problem("workbook_protected"))
            left -= len(manifest)
        elif member.filename == "content.xml":
            sheets, size = look_at_ods(pieces, most_cells=most_cells)
            left -= size
        else:
            left -= sum(len(piece) for piece in pieces)
    return sheets


def _is_ods(data: bytes, members: list[zipfile.ZipInfo]) -> bool:
    """Whether the member that is there for it says spreadsheet."""
    kinds = [b"".join(unpacked(data, m, 10_000)).strip() for m in members if m.filename == "mimetype"]
    return [kind.removesuffix(b"-template") for kind in kinds] == [_ODS.encode()]


def _area(extent: Extent) -> int:
    return extent.rows * extent.columns


def _plain(data: bytes, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The pieces of ``member``; raises ``UnreadableError`` when it is XML that declares things, or that is written in
    UTF-16, which could hide them."""
    if not member.filename.lower().endswith(_XML):
        yield from unpacked(data, member, most)
        return
    before = b""
    for piece in unpacked(data, member, most):
        if not before and (b"\0" in piece[:64] or piece[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableError(Problem("workbook_unreadable"))
        told = _DECLARATIONS[1:] if member.filename == _MANIFEST else _DECLARATIONS
        if any(word in piece or word in before + piece[:10] for word in told):
            raise UnreadableError(Problem("workbook_with_declarations"))
        before = piece[-10:]
        yield piece
