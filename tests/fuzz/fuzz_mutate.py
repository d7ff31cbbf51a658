"""Ways to damage a file. Each takes bytes and a source of chance and gives other bytes, the same for the same seed."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]

NUMBERS = (
    b"0", b"-1", b"1", b"255", b"65536", b"1048576", b"1048577", b"16384", b"16385", b"2147483647", b"4294967295",
    b"4294967296", b"9223372036854775808", b"99999999999999999999", b"1e308", b"1e999", b"nan", b"-0", b"0.1", b"",
)  # fmt: skip
BYTES = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xfe\xff", b"\r", b"\n", b'"', b"'", b"\x1a", b"\x80", b"\xc3",
    b"\xed\xa0\x80", "\u202e".encode(), "\u200b".encode(), b"A" * 5000, b"\xf0\x9f\x98\x80",
)  # fmt: skip
CELLS = (
    "", " ", "=1+1", "@SUM(A1)", "+31612345678", "-", "#N/A", "NA", "1,5", "1.5", "1.000", "1e400", "nan",
    "0", "-1", "2031-02-30", "31-12-1999", "a@b.nl", "06-12345678", "\u202egnitset", "\ufeffa", "a\u200bb", "x" * 4000,
    "9" * 400, "a\nb", 'a"b', "ja", "nee", "true", "1;2;3", "a b c", "ﬁ", "İ", "ß", "١٢٣", "２",
)  # fmt: skip
ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    b"<![CDATA[", b"<!--", b"<?xml version='1.1'?>", b"&a;", b"&#0;", b"&#x110000;", b"&#xD800;",
)  # fmt: skip


def bytes_of(data: bytes, chance: Random) -> bytes:
    """Flips, truncations, doubled blocks, moved blocks, other numbers, strange bytes."""
    if not data:
        return chance.choice(BYTES)
    kind = chance.randrange(7)
    at = chance.randrange(len(data))
    length = min(chance.choice((1, 2, 4, 16, 100, 1000, len(data) // 3)), len(data) - at)
    if kind == 0:
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 2, 5, 30))):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        return bytes(damaged)
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[at : at + length] * chance.choice((2, 3, 40)) + data[at + length :]
    if kind == 3:
        to = chance.randrange(len(data))
        return data[:to] + data[at : at + length] + data[to + length :]
    if kind == 4:
        return _other_number(data, chance)
    if kind == 5:
        return data[:at] + chance.choice(BYTES) * chance.choice((1, 1, 3)) + data[at:]
    value = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 65535))
    return data[:at] + struct.pack("<I", value) + data[at + 4 :]


def _other_number(data: bytes, chance: Random) -> bytes:
    places = list(re.finditer(rb"\d+(?:\.\d+)?", data[:200_000]))
    if not places:
        return data
    place = chance.choice(places)
    return data[: place.start()] + chance.choice(NUMBERS) + data[place.end() :]


def splice(data: bytes, other: bytes, chance: Random) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def delimited(data: bytes, chance: Random) -> bytes:
    """Cells, rows, columns and headings of a text file changed, or the same table written in another way."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return bytes_of(data, chance)
    if not rows or not rows[0]:
        return bytes_of(data, chance)
    return _written(changed(rows, chance), chance)


def changed(rows: list[list[str]], chance: Random) -> list[list[str]]:
    """Cells, rows, columns or headings of a table changed."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        rows = chance.choice(_TABLE_CHANGES)(rows, chance)
        if not rows or not rows[0]:
            return [["a"]]
    return rows


def _written(rows: list[list[str]], chance: Random) -> bytes:
    delimiter = chance.choice((",", ",", ",", ";", ";", "\t", "|"))
    stream = io.StringIO()
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    end = chance.choice(("\n", "\n", "\r\n", "\r"))
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    text = stream.getvalue()
    if chance.random() < 0.1:
        text = f"sep={delimiter}{end}" + text
    codec = chance.choice(
        ("utf-8",) * 6 + ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "mac_roman")
    )
    return text.encode(codec, errors="surrogatepass" if codec == "utf-8" else "replace")


Rows = list[list[str]]


def _cell(rows: Rows, chance: Random) -> Rows:
    row = chance.choice(rows)
    if row:
        row[chance.randrange(len(row))] = chance.choice(CELLS)
    return rows


def _cell_from_elsewhere(rows: Rows, chance: Random) -> Rows:
    one, other = chance.choice(rows), chance.choice(rows)
    if one and other:
        one[chance.randrange(len(one))] = chance.choice(other)
    return rows


def _ragged(rows: Rows, chance: Random) -> Rows:
    row = chance.choice(rows)
    at = chance.randrange(len(row) + 1)
    if chance.random() < 0.5:
        row[at:at] = [chance.choice(CELLS)] * chance.choice((1, 1, 300))
    else:
        del row[at:]
    return rows


def _column(rows: Rows, chance: Random) -> Rows:
    at, kind = chance.randrange(len(rows[0])), chance.randrange(4)
    if kind == 0:
        return [row[:at] + row[at + 1 :] for row in rows]
    if kind == 1:
        return [row[: at + 1] + row[at:] for row in rows]
    if kind == 2:
        to = chance.randrange(len(rows[0]))
        for row in rows:
            if len(row) > max(at, to):
                row[at], row[to] = row[to], row[at]
        return rows
    value = chance.choice(CELLS)
    return [rows[0], *([*row[:at], value, *row[at + 1 :]] for row in rows[1:])]


def _heading(rows: Rows, chance: Random) -> Rows:
    first, *others = rows
    at, kind = chance.randrange(len(first) or 1), chance.randrange(8)
    if kind == 0:
        return others
    if kind == 1:
        return [first, first, *others]
    if kind == 2:
        return [[""] * len(first), first, *others]
    if kind == 3:
        return [["Export of a survey"], [], first, *others]
    if kind == 4:
        return [[name.upper() if chance.random() < 0.5 else f" {name} " for name in first], *others]
    if kind == 5:
        return [[f"group/{name}" for name in first], *others]
    if first:
        first[at] = chance.choice((*CELLS, *first, "e-mail", "naam", "IP Address", "BSN", "y" * 70_000))
    return [first, *others]


def _row(rows: Rows, chance: Random) -> Rows:
    at, kind = chance.randrange(len(rows)), chance.randrange(4)
    if kind == 0:
        return rows[:at] + rows[at + 1 :]
    if kind == 1:
        return rows[:at] + [list(rows[at]) for _ in range(chance.choice((1, 5, 300)))] + rows[at:]
    if kind == 2:
        return rows[:at] + [[]] * chance.choice((1, 20)) + rows[at:]
    head, body = rows[:1], rows[1:]
    chance.shuffle(body)
    return head + body


_TABLE_CHANGES: tuple[Callable[[Rows, Random], Rows], ...] = (
    _cell, _cell, _cell_from_elsewhere, _ragged, _column, _heading, _heading, _row,
)  # fmt: skip


def xml(data: bytes, chance: Random) -> bytes:
    """Tags, attributes and texts of XML left out, doubled, exchanged, or given other values."""
    tokens = re.findall(rb"<[^>]*>|[^<]+", data[:400_000])
    if not tokens:
        return bytes_of(data, chance)
    for _ in range(chance.choice((1, 1, 3))):
        at, kind = chance.randrange(len(tokens)), chance.choice((0, 1, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6))
        if kind == 0:
            del tokens[at : at + chance.choice((1, 1, 10))]
        elif kind == 1:
            tokens[at:at] = tokens[at : at + chance.choice((1, 20))] * chance.choice((1, 3, 50))
        elif kind == 2:
            to = chance.randrange(len(tokens))
            tokens[at], tokens[to] = tokens[to], tokens[at]
        elif kind == 3:
            tokens[at] = re.sub(rb"\"[^\"]*\"", lambda _: b'"' + chance.choice(NUMBERS) + b'"', tokens[at], count=2)
        elif kind == 4:
            tokens[at] = _other_number(tokens[at], chance)
        elif kind == 5:
            tokens.insert(at if chance.random() < 0.5 else 1, chance.choice(ENTITIES))
        else:
            tokens.insert(at, b"<a>" * chance.choice((1, 2000)))
        tokens = tokens or [b"<a/>"]
    return b"".join(tokens) + data[400_000:]


def zipped(data: bytes, chance: Random) -> bytes:
    """A member of a ZIP file changed and packed again with its right checksum; or members lost, doubled, renamed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # noqa: BLE001 - a file that is damaged already
        return bytes_of(data, chance)
    if not members:
        return bytes_of(data, chance)
    at, kind = chance.randrange(len(members)), chance.randrange(10)
    name, content = members[at]
    if kind < 6:
        largest = max(range(len(members)), key=lambda i: len(members[i][1]))
        at = largest if chance.random() < 0.5 else at
        name, content = members[at]
        change = xml if name.endswith((".xml", ".rels")) and chance.random() < 0.8 else bytes_of
        members[at] = (name, change(content, chance))
    elif kind == 6:
        del members[at]
    elif kind == 7:
        members.insert(chance.randrange(len(members)), (name, bytes_of(content, chance)))
    elif kind == 8:
        members[at] = (chance.choice(("../" + name, "/" + name, name.upper(), name + "\0", "a" * 300)), content)
    else:
        members.append(("xl/media/image1.bin", b"\0" * chance.choice((10, 3_000_000))))
    return packed(members, chance)


def packed(members: list[tuple[str, bytes]], chance: Random) -> bytes:
    """A ZIP file of ``members``, written by hand so that names may be anything; sometimes its sizes are lies."""
    body, directory = io.BytesIO(), io.BytesIO()
    lie = chance.random() < 0.1
    for name, content in members:
        raw = name.encode("utf-8", errors="replace")[:60_000]
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed_content = squeeze.compress(content) + squeeze.flush()
        size = chance.choice((0, 10, 2**31, 2**32 - 1)) if lie else len(content)
        about = struct.pack(
            "<HHHHHLLLHH", 20, 0x800, 8, 0, 33, zlib.crc32(content), len(packed_content), size, len(raw), 0
        )
        offset = body.tell()
        body.write(b"PK\3\4" + about + raw + packed_content)
        directory.write(b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHLL", 0, 0, 0, 0, offset) + raw)
    start = body.tell()
    listing = directory.getvalue()
    end = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(listing), start, 0)
    return body.getvalue() + listing + b"PK\5\6" + end
