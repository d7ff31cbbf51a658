"""Delimited text without some columns or records: every other byte stays.

Quotes, line ends, byte-order mark and encoding are left as they are; nothing is parsed and written again. What comes
out is read once more and held against what should have come out.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.encoding import detect_encoding

_HINT = re.compile(r"sep=[,;|\t](?:\r\n|\r|\n)?")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """Where one record stands in a text: its fields as (start, end), quotes included, and the end of its line end."""

    fields: tuple[tuple[int, int], ...]
    end: int

    @property
    def start(self) -> int:
        """Where its first field begins."""
        return self.fields[0][0]


def records(text: str, delimiter: str, start: int = 0) -> Iterator[Record]:
    """The records of ``text``, from ``start``, as Python's reader divides them; an empty line is a record of one empty
    field."""
    special = re.compile(rf"[{re.escape(delimiter)}\r\n]")
    place = start
    while place < len(text):
        fields, place = _fields(text, place, delimiter, special)
        if text.startswith("\r\n", place):
            place += 2
        elif place < len(text):
            place += 1
        yield Record(tuple(fields), place)


def _fields(text: str, place: int, delimiter: str, special: re.Pattern[str]) -> tuple[list[tuple[int, int]], int]:
    """The fields from ``place`` to the end of the record, and where that is."""
    fields = []
    while True:
        end = _after_quotes(text, place) if text.startswith('"', place) else place
        found = special.search(text, end)
        end = found.start() if found else len(text)
        fields.append((place, end))
        if found is None or found[0] != delimiter:
            return fields, end
        place = end + 1


def _after_quotes(text: str, place: int) -> int:
    """Where the quoted field that begins at ``place`` closes its quotes; the end of the text when it does not."""
    place += 1
    while (place := text.find('"', place)) >= 0:
        if not text.startswith('""', place):
            return place + 1
        place += 2
    return len(text)


def cut_csv(data: bytes, delimiter: str, *, columns: Collection[int] = (), rows: Collection[int] = ()) -> bytes:
    """``data`` without the fields at positions ``columns`` (from 0) and without the records ``rows`` (from 1).

    Records are counted as the reader counts them: a line that tells the delimiter (``sep=;``) is none. Raises
    ``UnreadableError`` when what is left cannot be had without changing anything else.
    """
    mark, codec = _decoding(data)
    text = data[len(mark) :].decode(codec)
    delimiter = delimiter or ","
    hint = _HINT.match(text)
    start = hint.end() if hint else 0
    kept = [text[:start]]
    for number, record in enumerate(records(text, delimiter, start), start=1):
        if number not in rows:
            kept.append(_without(text, record, delimiter, columns))
    left = "".join(kept)
    if _settled(_read(left[start:], delimiter)) != _settled(_meant(_read(text[start:], delimiter), columns, rows)):
        raise UnreadableError(Problem("cannot_cut"))
    cut = mark + left.encode(codec)
    if not (columns or rows) and cut != data:
        raise UnreadableError(Problem("cannot_cut"))
    return cut


def _decoding(data: bytes) -> tuple[bytes, str]:
    """The byte-order mark, and the codec of what follows it."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return mark, codec
    return b"", detect_encoding(data).codec


def _without(text: str, record: Record, delimiter: str, columns: Collection[int]) -> str:
    """The text of ``record`` without ``columns``; each goes with the delimiter before it, the first with the one after
    it."""
    if not columns:
        return text[record.start : record.end]
    kept = [text[start:end] for i, (start, end) in enumerate(record.fields) if i not in columns]
    return delimiter.join(kept) + text[record.fields[-1][1] : record.end]


def _read(text: str, delimiter: str) -> list[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8", "surrogatepass", newline="")
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        raise UnreadableError(Problem("cannot_cut")) from None


def _meant(table: list[list[str]], columns: Collection[int], rows: Collection[int]) -> list[list[str]]:
    return [
        [cell for i, cell in enumerate(record) if i not in columns]
        for number, record in enumerate(table, start=1)
        if number not in rows
    ]


def _settled(table: list[list[str]]) -> list[list[str]]:
    """``table`` where a record of one empty field is what it looks like: an empty line."""
    return [[] if record == [""] else record for record in table]
