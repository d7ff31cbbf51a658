"""Delimited text: what is found out about a file, and how its rows and columns are called."""

from __future__ import annotations

import pytest
from intake_help import GOOD, HEADING, codes, csv_bytes
from intake_help import checked as check

from pipeline.intake.arrange import arrange
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read_csv import read_csv
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=50)


def table(data: bytes) -> SourceTable:
    return arrange(read_csv(Received("f.csv", data), BOUNDS)[0])[0]


def cells(data: bytes) -> list[list[object]]:
    frame = table(data).cells_by_row
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("codec", "text", "name", "mark"),
    [
        ("ascii", "a,b\nx,1\n", "ascii", False),
        ("utf-8", "a,b\nSyrië,1\n", "utf-8", False),
        ("utf-8-sig", "a,b\nSyrië,1\n", "utf-8", True),
        ("utf-16", "a,b\nSyrië,1\n", "utf-16", True),
        ("utf-16-le", "a,b\nSyrië,1\n", "utf-16-le", False),
        ("utf-16-be", "a,b\nSyrië,1\n", "utf-16-be", False),
        ("latin-1", "a,b\nSyrië,1\n", "latin-1", False),
        ("cp1252", "a,b\n€ 5 – “Syrië”,1\n", "windows-1252", False),
        ("cp1252", "a,b\nzo’n „fijne“ buurt… auto’s,1\n", "windows-1252", False),
    ],
)
def test_the_encoding_is_found(codec: str, text: str, name: str, mark: bool) -> None:
    data = text.encode(codec)
    if codec == "utf-16":
        assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    found = table(data)
    assert (found.format.encoding, found.format.byte_order_mark) == (name, mark)
    assert [column.name for column in found.columns] == ["a", "b"]
    assert cells(data)[0][0] == text.split("\n")[1].split(",")[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    data = f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n".encode()
    assert table(data).format.delimiter == delimiter
    assert cells(data) == [["1", "2", "3"]]


def test_commas_inside_answers_do_not_outvote_semicolons() -> None:
    data = b"a;b\nyes, often;1,5\nno, never, really;2,5\n"
    assert table(data).format.delimiter == ";"


def test_the_line_excel_writes_for_itself_is_no_row() -> None:
    data = b"sep=|\na|b\n1|2\n"
    assert cells(data) == [["1", "2"]]
    assert list(table(data).cells_by_row.index) == [2]


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("a;b\n1,5;x\n2;y\n", ","),
        ("a;b\n1.5;x\n2;y\n", "."),
        # a version number in another column does not outvote two different numbers
        ("a;v\n1,5;1.0\n2,5;1.0\n", ","),
        # 1.000 may be a thousand
        ("a;b\n1.000;x\n2.500;y\n", ","),
        ("a,b\n1.000,x\n", "."),
        ("a;b\n0.125;x\n", "."),
        # a word for a missing answer among the numbers does not hide them
        ("a;v\n1,5;1.0\n2,5;1.0\nweet niet;1.0\n", ","),
        # a fraction somewhere among words is not what a column is about
        ("a;b\nno;1.5\nperhaps;2\n1,5;2\n", "."),
        # a text with a comma is no number
        ("a;b\n1.5;well, no\n", "."),
    ],
)
def test_the_decimal_mark_is_found(text: str, decimal: str) -> None:
    assert table(text.encode()).format.decimal == decimal


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    data = b'a,b\n1,"two\nlines"\n\n3,4\n'
    frame = table(data).cells_by_row
    # the heading is 1, the answer with a line break is one row, the blank line is row 3
    assert list(frame.index) == [2, 4]
    assert [c.letter for c in table(data).columns] == ["A", "B"]


def test_blank_rows_are_passed_over_and_told_unless_they_end_the_file() -> None:
    outcome = check(csv_bytes(GOOD, [""] * 7, GOOD, [""] * 7, [""] * 7))
    assert codes(outcome) == ["rows_blank"]
    assert outcome.problems[0].rows == (3,)
    assert outcome.ingested_by_person is not None
    assert len(outcome.ingested_by_person) == 2


def test_white_space_around_and_inside_headings_does_not_matter() -> None:
    heading = [" number", "HOUSE ", "a1", "a2", "m1", "Gender", '"years\n"']
    assert codes(check(csv_bytes(GOOD, heading=heading))) == []


def test_rows_with_more_cells_than_headings_are_an_error_with_their_rows() -> None:
    outcome = check(csv_bytes(GOOD, [*GOOD, "x"], GOOD))
    assert codes(outcome) == ["rows_too_long"]
    assert (outcome.problems[0].rows, outcome.problems[0].count) == ((3,), 1)


def test_empty_cells_beyond_the_headings_do_not_matter() -> None:
    assert codes(check(csv_bytes([*GOOD, "", ""], heading=[*HEADING, ""]))) == []
    assert codes(check(csv_bytes([*GOOD, "", ""]))) == []


def test_short_rows_are_a_warning() -> None:
    outcome = check(csv_bytes(GOOD, GOOD[:5]))
    assert codes(outcome) == ["rows_too_short"]
    assert outcome.acceptable


@pytest.mark.parametrize(
    ("data", "code", "rows"),
    [
        (b'a,b\n1,"two\n3,4\n', "csv_malformed", (2,)),
        (b'a,b\n1,2\n3,"4"x\n', "csv_malformed", (3,)),
        ("a,b\nSyrië,1\n".encode() + "é,2\n".encode("latin-1"), "encoding_mixed", (3,)),
        ("a,b\nSyrië,1\n".encode("utf-8-sig") + "é,2\n".encode("latin-1"), "encoding_mixed", (3,)),
        (b"a,b\n1,\x81\x8d\n", "encoding_unknown", ()),
        # DOS and Macintosh: accents would turn into marks inside words
        ("a,b\nSyrië,1\n".encode("cp850"), "encoding_unknown", (2,)),
        ("a,b\ncafé,1\nx,1\nfinanciële,1\n".encode("cp850"), "encoding_unknown", (2, 4)),
        ("a,b\nSyrië,1\n".encode("mac_roman"), "encoding_unknown", (2,)),
        ("a,b\ncafé,1\n".encode("mac_roman"), "encoding_unknown", (2,)),
        (b"\xff\xfea\x00,\x00\xd8", "encoding_unknown", ()),
        (b"a,b\n\x00\x01\x02,1\n", "binary_file", ()),
        (b"a,b\n\x02,1\n", "binary_file", ()),
        (b"a,b\n", "no_rows", ()),
        (b"a,b", "no_rows", ()),
        (b"a,b\n,\n,\n", "no_rows", ()),
        (b",,\n,,\n", "file_empty", ()),
        ((",".join(f"c{i}" for i in range(51)) + "\n").encode(), "too_many_columns", ()),
    ],
)
def test_what_cannot_be_read_is_one_problem(data: bytes, code: str, rows: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableError) as stop:
        table(data)
    problem = stop.value.problems[-1]
    # no codec may be guessed for bytes that none of them knows
    assert problem.code == code
    assert problem.rows == rows


def test_columns_get_their_letters_beyond_z() -> None:
    heading = ",".join(f"c{i}" for i in range(30))
    found = table(f"{heading}\n{','.join('1' * 30)}\n".encode())
    assert [found.columns[i].letter for i in (0, 25, 26, 29)] == ["A", "Z", "AA", "AD"]


@pytest.mark.parametrize(
    "first", ["sep=;\n", '"sep=;"\r\n', "sep=;;\n", "SEP=;\n"], ids=["plain", "quoted", "filled up", "capitals"]
)
def test_the_line_that_names_the_delimiter_is_read_however_it_was_written(first: str) -> None:
    found = table(f"{first}a;b\n1;2\n".encode())
    assert found.format.delimiter == ";"
    assert [c.name for c in found.columns] == ["a", "b"]
    # spreadsheets do not show this line
    assert list(found.cells_by_row.index) == [2]


def test_any_mark_may_delimit_when_the_file_says_so() -> None:
    assert cells(b"sep=^\na^b\n1^2\n") == [["1", "2"]]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_goes_with_every_delimiter(codec: str, delimiter: str) -> None:
    rows = [["naam", "antwoord"], ["één", 'zo\'n "fijne" buurt'], ["twee", f"a{delimiter}b\nc"]]
    text = "".join(delimiter.join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in row) + "\r\n" for row in rows)
    found = table(text.encode(codec))
    assert found.format.delimiter == delimiter
    assert cells(text.encode(codec)) == rows[1:]


def test_a_title_above_the_table_leaves_the_table_whole() -> None:
    found = read_csv(Received("f.csv", b"Export van de enquete\n\na;b;c\n1;2;3\n4;5;6\n"), BOUNDS)[0]
    assert found.format.delimiter == ";"
    assert [c.name for c in found.columns] == ["Export van de enquete", "", ""]


def test_rows_that_all_have_a_cell_more_are_refused_and_not_guessed_at() -> None:
    # R's write.table() names one column fewer than there are; so does a file with a stray cell at every end
    outcome = check(csv_bytes(*[[str(i), *GOOD] for i in range(5)]))
    assert "rows_too_long" in codes(outcome)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a,b\n" + b"x" * 140_000 + b",1\n", "cell_too_long"),
        (b'a,b\n"' + b"x\n" * 100_000 + b",1\n", "cell_too_long"),
        (b"a," + b"b" * 6_000 + b"\n1,2\n", "heading_too_long"),
    ],
)
def test_what_is_too_long_says_so(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableError) as stop:
        table(data)
    assert stop.value.problems[-1].code == code
