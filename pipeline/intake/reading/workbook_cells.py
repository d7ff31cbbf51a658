"""Cells of a workbook that hold no answer though they are filled: errors (#N/A, #REF!), and formulas that the program
which wrote the file never worked out.

The library that reads workbooks gives all of them as empty cells, and an empty cell would be an answer left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from pipeline.intake.reading.ods_cells import OdsSheet
from pipeline.intake.reading.zip_guard import members_of, unpacked

Place = tuple[int, int]
"""Row and column, from 0."""
_MOST = 100_000
_MOST_ABOUT = 10_000_000
"""Bytes of the parts that name the sheets."""
_ERROR_TYPE = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_TEXT_TYPE = re.compile(rb"\bt\s*=\s*[\"'](?:str|s|inlineStr)[\"']")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_VALUE = re.compile(rb"<v[^<>]*>[^<]")
_PREFIX = re.compile(rb"<(/?)\w+:")
_BIFF_ERROR = re.compile(rb"\x05\x02\x08\x00(..)(..)..[\x00\x07\x0f\x17\x1d\x24\x2a]\x01", re.DOTALL)
"""BOOLERR: row, column, format, code of the error, 1 for an error ([MS-XLS] 2.4.24)."""
_BIFF_FORMULA = re.compile(rb"\x06\x00.\x00(..)(..)..\x02.[\x00\x07\x0f\x17\x1d\x24\x2a]...\xff\xff", re.DOTALL)
"""FORMULA whose stored value is an error ([MS-XLS] 2.4.127 and 2.5.133)."""


@dataclass(frozen=True)
class Unfit:
    """Where such cells are."""

    errors: frozenset[Place] = frozenset()
    not_worked_out: frozenset[Place] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = field(default=())
    """Merged cells that the library does not tell of: (first row, first column, last row, last column)."""


def unfit_in_ods(sheet: OdsSheet) -> Unfit:
    """Of an ODS, from what was found before it was opened."""
    return Unfit(frozenset(sheet.errors), frozenset(sheet.not_worked_out), tuple(sheet.merged))


def unfit_in_xls(data: bytes) -> Unfit:
    """Of an XLS, all sheets together: records of errors are known by their form, whatever the file's structure. Only
    those count where the sheet that was read has an empty cell."""
    found = [*_BIFF_ERROR.finditer(data), *_BIFF_FORMULA.finditer(data)]
    places = ((int.from_bytes(m[1], "little"), int.from_bytes(m[2], "little")) for m in found[:_MOST])
    return Unfit(frozenset((row, column) for row, column in places if column < 256))


def unfit_in_xlsx(data: bytes, sheet: str, *, most_bytes: int) -> Unfit:
    """Of the sheet called ``sheet`` of an XLSX."""
    members = {member.filename: member for member in members_of(data)}
    path = _path_of(sheet, {
        name: b"".join(unpacked(data, members[name], _MOST_ABOUT))
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    })  # fmt: skip
    errors: set[Place] = set()
    not_worked_out: set[Place] = set()
    for block in _rows(unpacked(data, members[path], most_bytes)):
        if b"<f" not in block and not _ERROR_TYPE.search(block):
            continue
        for attributes, content in _cells(block):
            reference = _REFERENCE.search(attributes)
            if reference is None or len(errors) + len(not_worked_out) > _MOST:
                continue
            place = int(reference[2]) - 1, _column(reference[1])
            if _ERROR_TYPE.search(attributes):
                errors.add(place)
            elif b"<f" in content and not _TEXT_TYPE.search(attributes) and not _VALUE.search(content):
                not_worked_out.add(place)
    return Unfit(frozenset(errors), frozenset(not_worked_out))


def _path_of(sheet: str, parts: dict[str, bytes]) -> str:
    """The member that holds a sheet."""
    book, relations = (ElementTree.fromstring(part) for part in parts.values())  # noqa: S314 - declarations were refused
    own = next(element for element in book.iter() if element.tag.endswith("}sheet") and element.get("name") == sheet)
    key = next(value for name, value in own.attrib.items() if name.endswith("}id"))
    target = next(element.get("Target", "") for element in relations if element.get("Id") == key)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole rows at a time, without prefixes of tags."""
    rest = b""
    for piece in pieces:
        block = rest + piece
        if b":row" in block:
            block = _PREFIX.sub(rb"<\1", block)
        end = block.rfind(b"</row>")
        rest = block[end:] if end >= 0 else block
        if end >= 0:
            yield block[:end]
    yield rest


def _cells(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and content of every cell that has content."""
    for part in block.split(b"</c>"):
        start = max(part.rfind(b"<c "), part.rfind(b"<c\n"))
        if start >= 0:
            attributes, _, content = part[start:].partition(b">")
            yield attributes, content


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
