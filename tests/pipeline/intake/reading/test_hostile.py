"""Files made to do harm: a named problem within seconds, and no more memory than an ordinary file takes."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from intake_help import GOOD, HEADING, codes, csv_bytes, expectation
from intake_help import checked as check
from ods_help import cell, ods, row, sheet
from openpyxl import Workbook

from pipeline.intake.messages import answer
from pipeline.intake.reading import apart

ROOT = Path(__file__).resolve().parents[4]
MOST_SECONDS, MOST_MEGABYTES = 10, 700
"""Of a process that reads one file, in time of the processor: what imports take, and an ordinary large file."""
MEASURED = """
import json, resource, sys
from pathlib import Path
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_source, receive
from pipeline.intake.table import Bounds
bounds = Bounds(20_000_000, 20_000, 1_000)
try:
    code = [p.code for p in read_source(receive(Path(sys.argv[1]), bounds), bounds)[1]]
except UnreadableError as stop:
    code = [p.code for p in stop.problems]
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# ru_maxrss of a process begins with that of the one it was forked from; VmHWM begins anew with the program
own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
megabytes = [int(own.split()[1]) // 1024, used[1].ru_maxrss // 1024]
print(json.dumps([code, sum(u.ru_utime + u.ru_stime for u in used), *megabytes]))
"""
ENTITIES = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "lol">{ENTITIES}]>'


def workbook(rows: list[list[object]] | None = None) -> bytes:
    book = Workbook()
    for values in rows or [HEADING, GOOD]:
        book.active.append(values)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """``data`` with each member as ``change`` makes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def measured(data: bytes, folder: Path, name: str = "f.xlsx") -> list[str]:
    """The problems of reading ``data`` in a process of its own; fails when it took too long or too much."""
    (folder / name).write_bytes(data)
    command = [sys.executable, "-c", MEASURED, str(folder / name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found, seconds, own, children = json.loads(done.stdout)
    assert seconds < MOST_SECONDS
    assert max(own, children) < MOST_MEGABYTES
    return found


# --- bombs


def bomb_of_spaces(size: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = b" " * 1_000_000
    return b"".join([*(squeeze.compress(piece) for _ in range(size // len(piece))), squeeze.flush()])


def zip_of(members: list[tuple[str, bytes, int]], *, overlap: bool = False) -> bytes:
    """A ZIP file of (name, deflated bytes, size told); with ``overlap`` every entry is the same piece of the file."""
    body, directory = b"", b""
    for i, (name, packed, size) in enumerate(members):
        raw = name.encode()
        about = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 33, 0, len(packed), size & 0xFFFFFFFF, len(raw), 0)
        offset = 0 if overlap else len(body)
        if not overlap or i == 0:
            body += b"PK\3\4" + about + raw + packed
        directory += b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHLL", 0, 0, 0, 0, offset) + raw
    n = min(len(members), 65_535)
    end = struct.pack("<HHHHLLH", 0, 0, n, n, len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


BOMB = bomb_of_spaces(150_000_000)


@pytest.mark.parametrize(
    ("members", "overlap", "code"),
    [
        ([("xl/workbook.xml", BOMB, 10)], False, "workbook_too_large"),
        ([("xl/workbook.xml", b"\3\0", 0), ("xl/sharedStrings.xml", BOMB, 2**31)], False, "workbook_too_large"),
        ([("xl/workbook.xml", b"\3\0", 0), ("xl/media/a.zip", BOMB, 4)], False, "workbook_too_large"),
        ([("xl/workbook.xml", BOMB, 10)] * 50, True, "workbook_unreadable"),
        ([(f"xl/{i}.xml", b"\3\0", 0) for i in range(10_000)], False, "workbook_too_large"),
    ],
    ids=["a part", "texts", "nested", "overlapping", "ten thousand parts"],
)
def test_bombs_do_not_go_off(members: list[tuple[str, bytes, int]], overlap: bool, code: str, tmp_path: Path) -> None:
    assert measured(zip_of(members, overlap=overlap), tmp_path) == [code]


def test_tags_that_never_close_are_searched_once() -> None:
    for tag in (b"<c ", b"<row ", b'<c r="A1" ', b"<x:row ", b"<c><f>"):
        xml = b"<worksheet><sheetData>" + tag * 400_000 + b"</row></sheetData></worksheet>"
        data = changed(workbook(), lambda name, old, xml=xml: xml if "worksheets" in name else old)
        started = time.process_time()
        assert codes(check(data, "f.xlsx"))
        assert time.process_time() - started < MOST_SECONDS


def test_numbers_of_ten_thousand_digits_are_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    # the library counts on with what is left of such a number; its time is bounded
    monkeypatch.setattr(apart, "MOST_SECONDS", 2)
    digits = b"9" * 10_000
    for xml in (b'<row r="%s"><c r="A1"><v>1</v></c></row>', b'<row r="1"><c r="A%s"><v>1</v></c></row>'):
        sheet_xml = b"<worksheet><sheetData>" + xml % digits + b"</sheetData></worksheet>"
        data = changed(workbook(), lambda name, old, xml=sheet_xml: xml if "worksheets" in name else old)
        assert codes(check(data, "f.xlsx"))


# --- entities


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, and what was asked of it."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()


def declarations(address: str, secret: Path) -> list[str]:
    return [
        LAUGHS,
        f'<!DOCTYPE x SYSTEM "{address}/x.dtd">',
        f'<!DOCTYPE x [<!ENTITY l9 SYSTEM "{address}/entity">]>',
        f'<!DOCTYPE x [<!ENTITY l9 SYSTEM "{secret.as_uri()}">]>',
        f'<!DOCTYPE x [<!ENTITY % l9 SYSTEM "{address}/parameter"> %l9;]>',
    ]


def test_entities_are_neither_expanded_nor_fetched(asked: tuple[str, list[str]], tmp_path: Path) -> None:
    address, requests = asked
    secret = tmp_path / "secret"
    secret.write_text("geheim-van-de-machine", encoding="utf-8")
    parts = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "docProps/core.xml", "_rels/.rels")
    for declared in declarations(address, secret):
        told = ods(sheet(row(cell("a")), row('<table:table-cell office:value-type="string"><text:p>&l9;</text:p>'
                                             "</table:table-cell>")), before=declared)  # fmt: skip
        assert codes(check(told, "f.ods")) == ["workbook_with_declarations"]
        for part in parts:

            def with_it(name: str, old: bytes, part: str = part, declared: str = declared) -> bytes:
                if name != part:
                    return old
                head, mark, rest = old.partition(b"?>")
                return head + mark + declared.encode() + rest if mark else declared.encode() + old

            outcome = check(changed(workbook(), with_it), "f.xlsx")
            assert codes(outcome) == ["workbook_with_declarations"]
            assert "geheim" not in answer(outcome.problems, "nl")
    assert requests == []


def test_a_declaration_cannot_hide_at_the_edge_of_a_piece_or_in_utf_16() -> None:
    from pipeline.intake.reading.zip_guard import _PIECE

    for shift in (0, 5, 9):
        padding = b"<!--" + b"x" * (_PIECE - 4 - shift) + b"-->"
        data = changed(workbook(), lambda name, old, p=padding: p + LAUGHS.encode() + old if "styles" in name else old)
        assert codes(check(data, "f.xlsx")) in (["workbook_with_declarations"], ["workbook_too_large"])
    wide = changed(workbook(), lambda name, old: (LAUGHS + old.decode()).encode("utf-16") if "styles" in name else old)
    assert codes(check(wide, "f.xlsx")) == ["workbook_unreadable"]


# --- tables that are too much


def test_ten_thousand_columns_are_refused() -> None:
    heading = [f"c{i}" for i in range(10_000)]
    wide = expectation(params={"max_bytes": 5_000_000})
    assert codes(check(csv_bytes(["1"] * 10_000, heading=heading), "f.csv", wide)) == ["too_many_columns"]
    assert codes(check(workbook([list(heading), [1] * 10_000]), "f.xlsx", wide)) == ["too_many_columns"]
    told = ods(sheet(row(*map(cell, heading)), row(cell(1.0, 'table:number-columns-repeated="10000"'))))
    assert codes(check(told, "f.ods", wide)) == ["too_many_columns"]


def test_very_long_cells_and_headings_end() -> None:
    assert codes(check(b"a,b\n" + b"x" * 900_000 + b",1\n")) == ["cell_too_long"]
    assert codes(check(b"h" * 900_000 + b",b\n1,2\n")) == ["cell_too_long"]
    assert codes(check(b"a" * 60_000 + b",b\n1,2\n")) == ["heading_too_long"]
    whole = workbook([["a", "b"], ["x", "y"]])
    long = changed(whole, lambda _, old: old.replace(b"<t>a</t>", b"<t>" + b"a" * 60_000 + b"</t>"))
    assert codes(check(long, "f.xlsx")) == ["heading_too_long"]


def test_a_million_quotes_delimiters_or_blank_lines_end(tmp_path: Path) -> None:
    assert codes(check(b'"' * 900_001))
    assert codes(check(b"," * 900_000)) == ["file_empty"]
    assert measured(b"a,b\n" + b"1,2\n" * 10 + b"\n" * 150_000, tmp_path, "f.csv") == []


@pytest.mark.parametrize("bad", [b"\xff\xfe\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x81"])
def test_bytes_that_are_no_text_are_told(bad: bytes) -> None:
    outcome = check("number,house\n1,Syrië\n2,".encode() + bad + b"\n")
    assert outcome.problems[0].code in ("encoding_mixed", "encoding_unknown", "binary_file")


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad"])
def test_characters_that_are_not_seen_do_not_hide_a_heading(mark: str) -> None:
    heading = [*HEADING[:2], f"a{mark}1", *HEADING[3:]]
    outcome = check(csv_bytes(GOOD, heading=heading))
    assert codes(outcome) == []


def test_a_heading_that_turns_text_around_does_not_turn_the_answer_around() -> None:
    outcome = check(csv_bytes([*GOOD, "1"], heading=[*HEADING, "\u202egnorw"]))
    assert codes(outcome) == ["column_unknown"]
    assert "\u202e" not in answer(outcome.problems, "nl")


def test_formulas_in_cells_are_no_answers() -> None:
    outcome = check(csv_bytes([*GOOD[:2], '"=HYPERLINK(""http://x"",""y"")"', *GOOD[3:]]))
    assert codes(outcome) == ["unreadable"]
    assert "HYPERLINK" not in answer(outcome.problems, "nl")


def test_a_good_file_is_still_good() -> None:
    assert codes(check(workbook([HEADING, GOOD]), "f.xlsx", expectation(responses="responses.xlsx"))) == []
