"""Personal data in a workbook outside the sheet with answers."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from pipeline.intake.personal.workbook import elsewhere_in_workbook
from pipeline.intake.problems import Problem
from pipeline.intake.reading.read import read_source
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=5_000_000, max_rows=1_000, max_columns=100)


def workbook() -> tuple[Workbook, Any]:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Antwoorden"
    for row in (["hs1", "hs2"], [1, 2], [3, 4]):
        sheet.append(row)
    return book, sheet


def table(book: Workbook) -> SourceTable:
    stream = io.BytesIO()
    book.save(stream)
    return read_source(Received("a.xlsx", stream.getvalue()), BOUNDS, sheet="Antwoorden")[0]


def found(book: Workbook) -> list[Problem]:
    return elsewhere_in_workbook(table(book))


def test_a_plain_workbook_has_nothing() -> None:
    assert found(workbook()[0]) == []


def test_what_cannot_be_looked_through_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = workbook()
    sheet.append(["x" * 5_000, 1])
    book.create_sheet("Info").append(["y" * 3_000])
    monkeypatch.setattr("pipeline.intake.personal.workbook._MOST", 2_500)
    assert [(p.code, p.severity) for p in found(book)] == [("workbook_not_looked_through", "warning")]
    as_xls = replace(table(book), format=replace(table(book).format, kind="xls"))
    assert [p.code for p in elsewhere_in_workbook(as_xls)] == ["workbook_not_looked_through"]


def test_the_person_who_made_the_file() -> None:
    book, _ = workbook()
    book.properties.creator = "Jan Jansen"
    assert [(p.code, p.severity) for p in found(book)] == [("workbook_author", "warning")]
    book.properties.creator, book.properties.lastModifiedBy = "openpyxl", "Fatima"
    assert [p.code for p in found(book)] == ["workbook_author"]


def test_comments() -> None:
    book, sheet = workbook()
    sheet["A2"].comment = Comment("bel 06-12345678 nog eens", "openpyxl")
    sheet["A3"].comment = Comment("twijfel over dit antwoord", "openpyxl")
    assert [(p.code, p.count) for p in found(book)] == [("personal_comments", 1)]


@pytest.mark.parametrize(
    "rows",
    [
        [["wie", "adres"], ["1", "jan@voorbeeld.nl"]],
        [["telefoonnummer"], ["nog niet bekend"]],
        [["wie"], ["Jan de Vries"], ["Fatima El Amrani"], ["Tesfay Gebremariam"]],
        [["waar"], ["Dorpsstraat 12"], ["Kerkweg 3a"], ["Lange Laan 101"]],
    ],
)
def test_another_sheet(rows: list[list[str]]) -> None:
    book, _ = workbook()
    other = book.create_sheet("Lijst")
    for row in rows:
        other.append(row)
    assert [(p.code, p.sheet) for p in found(book)] == [("personal_sheet", "Lijst")]


@pytest.mark.parametrize(
    "rows",
    [
        [["Projectcode", "Naam van het project"], ["p01", "Huize Noord"], ["p02", "De Linden"], ["p03", "SET IJburg"]],
        [["Uitleg"], ["Vul op het blad Antwoorden per bewoner één rij in."], ["Laat leeg wat u niet weet."]],
        [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]],
    ],
)
def test_another_sheet_without_persons(rows: list[list[Any]]) -> None:
    book, _ = workbook()
    other = book.create_sheet("Lijst")
    for row in rows:
        other.append(row)
    assert found(book) == []


NAMES = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))


def ods(sheets: str) -> bytes:
    body = f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", f"<office:document-content {NAMES}>{body}</office:document-content>")
    return stream.getvalue()


def ods_sheet(name: str, *texts: str) -> str:
    cells = (f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>' for t in texts)
    rows = "".join(f"<table:table-row>{cell}</table:table-row>" for cell in cells)
    return f'<table:table table:name="{name}">{rows}</table:table>'


def test_another_sheet_of_an_ods() -> None:
    data = ods(ods_sheet("Antwoorden", "hs1", "een") + ods_sheet("Lijst", "wie", "jan@voorbeeld.nl"))
    read, _ = read_source(Received("a.ods", data), BOUNDS, sheet="Antwoorden")
    assert [(p.code, p.sheet) for p in elsewhere_in_workbook(read)] == [("personal_sheet", "Lijst")]
    plain = ods(ods_sheet("Antwoorden", "hs1", "een") + ods_sheet("Lijst", "wie", "niemand"))
    assert elsewhere_in_workbook(read_source(Received("a.ods", plain), BOUNDS, sheet="Antwoorden")[0]) == []
