"""Delimited text loses columns and records, and not one other byte."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.intake.cut.csv_cut import cut_csv
from pipeline.intake.problems import UnreadableError


@pytest.mark.parametrize(
    ("before", "columns", "after"),
    [
        (b"a,b,c\n1,2,3\n", {1}, b"a,c\n1,3\n"),
        (b"a,b,c\r\n1,2,3", {0}, b"b,c\r\n2,3"),
        (b"a,b,c\r1,2,3\r", {2}, b"a,b\r1,2\r"),
        (b'a,"b,b",c\n1,"2\r\n2""",3\n', {1}, b"a,c\n1,3\n"),
        (b'"a","b","c"\n"1","2","3"\n', {0, 2}, b'"b"\n"2"\n'),
        # short rows, long rows and empty lines stay what they are
        (b"a,b,c\n\n1\n1,2\n1,2,3,4\n", {2}, b"a,b\n\n1\n1,2\n1,2,4\n"),
        # a quote inside a cell that has none around it is a quote
        (b'a,b"b,c\n1,2"",3\n', {0}, b'b"b,c\n2"",3\n'),
        (b"sep=;\r\na;b\r\n1;2\r\n", {1}, b"sep=;\r\na\r\n1\r\n"),
        (codecs.BOM_UTF8 + "é;ü\n1;2\n".encode(), {1}, codecs.BOM_UTF8 + "é\n1\n".encode()),
        (codecs.BOM_UTF16_LE + b"a\0\t\0b\0\n\0", {0}, codecs.BOM_UTF16_LE + b"b\0\n\0"),
        ("naam;é;c\n1;ë;3\n".encode("cp1252"), {0}, "é;c\në;3\n".encode("cp1252")),
    ],
)  # fmt: skip
def test_columns_go_and_all_else_stays(before: bytes, columns: set[int], after: bytes) -> None:
    delimiter = next(sign for sign in ";\t," if sign in before.decode("latin-1"))
    assert cut_csv(before, delimiter, columns=columns) == after


@pytest.mark.parametrize(
    ("before", "rows", "after"),
    [
        (b"a,b\n1,2\n3,4\n", {2}, b"a,b\n3,4\n"),
        (b"a,b\r\n1,2\r\n3,4", {3}, b"a,b\r\n1,2\r\n"),
        (b'a,b\n"1\n1",2\n3,4\n', {2}, b"a,b\n3,4\n"),
        (b"sep=,\na,b\n1,2\n3,4\n", {2, 3}, b"sep=,\na,b\n"),
        (b"a,b\n\n1,2\n", {3}, b"a,b\n\n"),
    ],
)
def test_records_go_and_all_else_stays(before: bytes, rows: set[int], after: bytes) -> None:
    assert cut_csv(before, ",", rows=rows) == after


def test_quotes_that_never_close_are_not_cut() -> None:
    with pytest.raises(UnreadableError):
        cut_csv(b'a,b\n1,"2\n', ",", columns={0})


CELL = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], str, str, int, str]:
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=2, max_size=6))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    codec = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return rows, delimiter, end, quoting, codec


def written(rows: list[list[str]], delimiter: str, end: str, quoting: int) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


def read(data: bytes, codec: str, delimiter: str) -> list[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(data), codec, newline="")
    return list(csv.reader(lines, delimiter=delimiter, strict=True))


@settings(max_examples=150, deadline=None)
@given(tables(), st.data())
def test_what_is_left_is_what_was_there(table: tuple[list[list[str]], str, str, int, str], data: st.DataObject) -> None:
    rows, delimiter, end, quoting, codec = table
    rows[0][0] = "kop"
    before = written(rows, delimiter, end, quoting).encode(codec)
    columns = data.draw(st.sets(st.integers(0, len(rows[0]) - 1), max_size=len(rows[0]) - 1))
    gone = data.draw(st.sets(st.integers(2, len(rows))))
    try:
        after = cut_csv(before, delimiter, columns=columns, rows=gone)
    except UnreadableError:
        # without a mark this may be read as another encoding, or as none
        assert codec == "utf-8"
        return
    # what the reader makes of it counts: Python's writer leaves some line ends without quotes
    rows = read(before, codec, delimiter)
    left = [[c for i, c in enumerate(row) if i not in columns] for n, row in enumerate(rows, 1) if n not in gone]
    assert [row or [""] for row in read(after, codec, delimiter)] == [row or [""] for row in left]
    if quoting == csv.QUOTE_ALL:
        assert after == written(left, delimiter, end, quoting).encode(codec)
