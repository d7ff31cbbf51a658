"""XLS and ODS, and cells of any workbook that hold no answer though they are filled."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from intake_help import GOOD, HEADING, codes, expectation
from intake_help import checked as check
from ods_help import EMPTY, cell, ods, row, sheet, table_as_ods
from openpyxl import Workbook

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading import apart
from pipeline.intake.reading import read_workbook as reader
from pipeline.intake.reading.read import read_grid, read_source
from pipeline.intake.source import Grid, Received
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=50)
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "intake"
XLS = (FIXTURES / "workbook.xls").read_bytes()
ERROR = (
    '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
    'calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
)
DIVIDED = (
    '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
    "<text:p>#DEEL/0!</text:p></table:table-cell>"
)
NOT_WORKED_OUT = '<table:table-cell table:formula="of:=1+1"/>'


def grid(data: bytes, name: str = "f", **options: object) -> tuple[Grid, list[Problem]]:
    return read_grid(Received(name, data), BOUNDS, **options)


def cells(found: Grid) -> list[list[object]]:
    frame = found.cells_by_row
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


def problem_of(data: bytes, name: str = "f", **options: object) -> str:
    with pytest.raises(UnreadableError) as stop:
        read_source(Received(name, data), BOUNDS, **options)
    return stop.value.problems[-1].code


def xlsx(*sheets: tuple[str, list[list[object]]], hidden: str = "") -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        made = book.create_sheet(name)
        for values in rows:
            made.append(values)
        made.sheet_state = "hidden" if name == hidden else "visible"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- XLS


def test_an_xls_has_its_cells_dates_and_truth_values() -> None:
    found, _ = grid(XLS, sheet="Antwoorden")
    assert (found.format.kind, found.format.sheet) == ("xls", "Antwoorden")
    assert [(c.letter, c.name) for c in found.columns][:3] == [("A", "number"), ("B", "house"), ("C", "a1")]
    assert cells(found)[0] == ["1", "ash", 2.0, 2.0, 7.5, "woman", 2.0, "2025-01-01"]
    assert cells(found)[4][6] == "true"
    assert (9, 0, 9, 2) in found.merged


def test_an_error_in_an_xls_is_told_with_its_cell() -> None:
    found, problems = grid(XLS, sheet="Antwoorden")
    assert [(p.code, p.columns, p.rows) for p in problems] == [("cells_with_errors", (("C", "a1"),), (5,))]
    assert cells(found)[3][2] is None


def test_a_wave_can_be_an_xls() -> None:
    from pipeline.declare import load_study
    from pipeline.intake.check import Expectation, check_received

    study = load_study(FIXTURES.parent / "tiny_study")
    wave = study.waves["tiny-2020"].model_copy(update={"responses": "responses.xls"})
    expected = Expectation(
        study.instrument_of("tiny-2020"),
        study.registry,
        study.params.intake,
        wave,
        tuple(study.crosswalks["tiny-2020"]),
    )
    outcome = check_received(Received("answers.xls", (FIXTURES / "answers.xls").read_bytes()), expected)
    assert outcome.acceptable, codes(outcome)
    assert outcome.ingested_by_person is not None
    assert len(outcome.ingested_by_person) == 40


def test_text_that_is_called_xls_is_read_as_text() -> None:
    # many tools write it, and Excel opens it
    assert grid(b"a\tb\n1\t2\n", "antwoorden.xls")[0].format.kind == "csv"


@pytest.mark.parametrize("at", [8, 24, 48, 76, 512, 600, 1024, 2000])
def test_a_damaged_xls_is_one_problem(at: int) -> None:
    assert problem_of(XLS[:at] + b"\xff" * 40 + XLS[at + 40 :]) in (
        "workbook_unreadable", "format_unsupported", "workbook_too_large", "sheet_unclear", "file_empty",
    )  # fmt: skip


# --- ODS


def test_an_ods_has_its_cells() -> None:
    found, problems = grid(table_as_ods([["a", "b"], [1.5, "x"], [None, "tweede\nregel"]]))
    assert (found.format.kind, found.format.sheet, problems) == ("ods", "Antwoorden", [])
    assert cells(found) == [[1.5, "x"], [None, "tweede\nregel"]]


def test_a_wave_can_be_an_ods() -> None:
    outcome = check(
        table_as_ods([HEADING, *[GOOD] * 3]), "answers.ods", expectation(responses="responses.ods")
    )  # fmt: skip
    assert codes(outcome) == []


def test_repeated_cells_and_rows_are_counted_before_they_are_written_out() -> None:
    head = row(cell("a"), cell("b"))
    more = 'table:number-rows-repeated="{0}"'.format
    across = 'table:number-columns-repeated="{0}"'.format
    for body in (
        row(cell(1.0), more=more(1_000_000_000)),
        row(cell(None, across(2_000_000_000)), cell(1.0)),
        row(cell(1.0, across(1_000_000_000))),
        row(EMPTY, more=more(1_000_000_000)) + row(cell(1.0)),
        row(cell(1.0, across(16_000)), more=more(16_000)),
        row(cell(1.0, across(16_000))) + row(EMPTY, more=more(16_000)) + row(cell(1.0)),
    ):
        assert problem_of(ods(sheet(head, body))) == "too_many_cells"
    assert problem_of(ods(sheet(head, row(cell(1.0), more=more("9" * 5_000))))) == "workbook_unreadable"


def test_empty_cells_to_the_end_of_the_sheet_do_not_count() -> None:
    to_the_end = row(cell(None, 'table:number-columns-repeated="16384"'), more='table:number-rows-repeated="1048574"')
    assert cells(grid(ods(sheet(row(cell("a")), row(cell("x")), to_the_end)))[0]) == [["x"]]


def test_merged_cells_of_an_ods_are_handed_on() -> None:
    wide = cell("groep", 'table:number-columns-spanned="2" table:number-rows-spanned="1"')
    found, _ = grid(ods(sheet(row(cell("a"), wide, EMPTY), row(cell("x"), cell("y"), cell("z")))))
    assert found.merged == ((1, 1, 1, 2),)


def test_an_encrypted_ods_is_told_to_be_protected() -> None:
    data = ods(sheet(row(cell("a"))), in_manifest="<manifest:encryption-data/>")
    assert problem_of(data) == "workbook_protected"


def test_a_text_document_is_no_spreadsheet() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    assert problem_of(stream.getvalue()) == "format_unsupported"


# --- cells that hold no answer


@pytest.mark.parametrize(
    ("bad", "code"),
    [(ERROR, "cells_with_errors"), (DIVIDED, "cells_with_errors"), (NOT_WORKED_OUT, "formulas_without_value")],
)
def test_errors_and_open_formulas_of_an_ods_are_told_and_never_an_answer(bad: str, code: str) -> None:
    found, problems = grid(ods(sheet(row(cell("a"), cell("b")), row(cell(1.0), bad), row(cell(2.0), cell(3.0)))))
    assert [(p.code, p.columns, p.rows) for p in problems] == [(code, (("B", "b"),), (2,))]
    assert cells(found) == [[1.0, None], [2.0, 3.0]]


def with_cell(xml: str) -> bytes:
    """A workbook whose second answer under ``b`` is written as ``xml``."""
    stream = io.BytesIO()
    whole = io.BytesIO(xlsx(("Blad1", [["a", "b"], [1, 2], [3, 4], [5, 6]])))
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, text.replace('<c r="B3" t="n"><v>4</v></c>', xml))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("xml", "value", "code"),
    [
        ('<c r="B3" t="e"><v>#N/A</v></c>', None, "cells_with_errors"),
        ('<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', None, "cells_with_errors"),
        ("<c t='e' r='B3'><v>#REF!</v></c>", None, "cells_with_errors"),
        ('<c r="B3"><f>1+1</f></c>', None, "formulas_without_value"),
        ('<c r="B3"><f>1+1</f><v></v></c>', None, "formulas_without_value"),
        ('<c r="B3"><f t="shared" si="0"/><v/></c>', None, "formulas_without_value"),
        ('<c r="B3"><f>1+1</f><v>2</v></c>', 2.0, ""),
        ('<c r="B3" t="str"><f>IF(A3=3,"","x")</f><v></v></c>', None, ""),
        ('<c r="B3" t="str"><f>"x"</f><v>x</v></c>', "x", ""),
        ('<c r="B3"><v>nan</v></c>', "nan", ""),
        ('<c r="B3"><v>1e999</v></c>', "inf", ""),
        ('<c r="B3" t="b"><v>1</v></c>', "true", ""),
        ('<c r="B3" t="inlineStr"><is><t>007</t></is></c>', "007", ""),
        ('<c r="B3"/>', None, ""),
    ],
)
def test_formulas_have_the_stored_value_and_none_is_silently_empty(xml: str, value: object, code: str) -> None:
    found, problems = grid(with_cell(xml))
    assert cells(found)[1][1] == value
    assert [(p.code, p.columns, p.rows) for p in problems] == ([(code, (("B", "b"),), (3,))] if code else [])


def test_such_cells_stop_a_submission() -> None:
    outcome = check(xlsx(("Blad1", [HEADING, *[GOOD] * 3, [*GOOD[:2], "=1+1", *GOOD[3:]]])), "a.xlsx",
                    expectation(responses="responses.xlsx"))  # fmt: skip
    assert not outcome.acceptable
    assert "formulas_without_value" in codes(outcome)


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    from datetime import date

    data = xlsx(("Blad1", [["dag"], [date(2020, 1, 2)]]))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<workbookPr/>", b'<workbookPr date1904="1"/>'))
    assert cells(grid(data)[0]) == [["2020-01-02"]]
    assert cells(grid(stream.getvalue())[0]) == [["2024-01-03"]]


# --- which sheet

TEXT = [["Zo vult u dit in"], ["Lees dit eerst"]]
ANSWERS = [["nr", "group/house", "a1"], [1, "ash", 2]]
OTHER = [["nr", "x", "a1"], [1, "y", 2]]


def test_the_sheet_with_most_known_headings_is_read() -> None:
    data = xlsx(("Toelichting", TEXT), ("Andere", OTHER), ("Antwoorden", ANSWERS))
    assert grid(data, known={"house", "a1"})[0].format.sheet == "Antwoorden"
    assert problem_of(data) == "sheet_unclear"
    assert problem_of(data, known={"a1"}) == "sheet_unclear"
    assert grid(data, sheet="Andere", known={"house", "a1"})[0].format.sheet == "Andere"
    assert grid(data, sheet=" andere ")[0].format.sheet == "Andere"


def test_a_hidden_sheet_is_never_found_but_can_be_named() -> None:
    data = xlsx(("Antwoorden", ANSWERS), ("Lijsten", [["house", "a1", "a2"], ["x", 1, 2]]), hidden="Lijsten")
    assert grid(data, known={"house", "a1", "a2"})[0].format.sheet == "Antwoorden"
    assert grid(data, sheet="Lijsten")[0].format.sheet == "Lijsten"
    spreadsheet = ods(sheet(row(cell("a")), row(cell("x"))), sheet(row(cell("a1")), name="L", hidden=True))
    assert grid(spreadsheet, known={"a1"})[0].format.sheet == "Blad1"


def test_blank_texts_are_empty_cells() -> None:
    assert cells(grid(xlsx(("Blad1", [["a", "b"], [" ", "x"], ["y", " "]])))[0]) == [[None, "x"], ["y", None]]


# --- the process


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("import os; os.abort()", "workbook_unreadable"),
        ("import time; time.sleep(60)", "file_takes_too_long"),
        ("print('nonsense')", "workbook_unreadable"),
        ("bytes(10**15)", "workbook_too_large"),
    ],
)
def test_a_reader_that_crashes_hangs_or_babbles_takes_nothing_with_it(
    what: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(what, encoding="utf-8")
    monkeypatch.setattr(reader, "_WORKER", worker)
    monkeypatch.setattr(apart, "MOST_SECONDS", 1)
    assert problem_of(XLS) == code


def test_the_reader_cannot_have_more_memory_than_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_MEMORY", 150_000_000)
    many = row(cell(1.0, 'table:number-columns-repeated="9"'), more='table:number-rows-repeated="1000000"')
    assert problem_of(ods(sheet(row(cell("a")), many))) == "workbook_too_large"
