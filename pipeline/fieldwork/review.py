"""The questionnaire as a table to be looked through and translated: one row a text, a language beside the other."""

from __future__ import annotations

from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.fieldwork.files import WRAPPED, lettering, put, put_heading, workbook_bytes
from pipeline.fieldwork.form import Form
from pipeline.fieldwork.wording import RIGHT_TO_LEFT, Wording, language_words, mark
from pipeline.intake.words import Language, catalogue

_FILLS = {"draft": PatternFill("solid", fgColor="FFF1CC"), "absent": PatternFill("solid", fgColor="F6D5D0")}


def review_table(form: Form, language: Language) -> bytes:
    """``form`` as a workbook; ``language`` is that of the headings."""
    texts: dict[str, Any] = catalogue()["fieldwork"][language]
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = texts["review_questions"]
    _headings(sheet, form, texts, language)
    row = 1
    for question in form.questions:
        row += 1
        section = question.field.block or ""
        required = texts["yes"] if question.field.required else ""
        _row(sheet, row, [texts["review_kinds"]["question"], question.name, "", section, required])
        _wordings(sheet, row, form, dict(question.titles))
        for choice in question.choices if question.field.role != "project" else ():
            row += 1
            kind = texts["review_kinds"]["missing" if choice.missing else "answer"]
            _row(sheet, row, [kind, question.name, choice.code, section, ""])
            _wordings(sheet, row, form, dict(choice.labels))
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(sheet.max_column)}{row}"
    _about(workbook, form, texts)
    return workbook_bytes(workbook, title=texts["review_title"].format(name=form.instrument.id))


def _headings(sheet: Worksheet, form: Form, texts: dict[str, Any], language: Language) -> None:
    words = texts["review_columns"]
    columns = [words[key] for key in ("kind", "variable", "code", "section", "required")]
    for code in form.languages:
        name = language_words(code)[language]
        columns += [f"{name} ({code})", f"{words['status']} {code}"]
    put_heading(sheet, 1, columns)
    for column, width in enumerate([11, 18, 22, 24, 10], start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for place in range(len(form.languages)):
        sheet.column_dimensions[get_column_letter(6 + 2 * place)].width = 56
        sheet.column_dimensions[get_column_letter(7 + 2 * place)].width = 34


def _row(sheet: Worksheet, row: int, cells: list[Any]) -> None:
    for column, value in enumerate(cells, start=1):
        put(sheet, row, column, value).alignment = Alignment(vertical="top", horizontal="left")


def _wordings(sheet: Worksheet, row: int, form: Form, wordings: dict[str, Wording]) -> None:
    """Text and status per language. Where there is no wording the cell is empty, to be filled in by a translator."""
    for place, language in enumerate(form.languages):
        wording = wordings[language]
        text = "" if wording.status == "absent" else wording.text
        cell = put(sheet, row, 6 + 2 * place, text)
        direction = 2 if language in RIGHT_TO_LEFT else 1
        cell.alignment = Alignment(vertical="top", wrap_text=True, readingOrder=direction)
        said = " ".join(filter(None, (wording.status, mark(wording.status, language, shown_in=wording.language))))
        status = put(sheet, row, 7 + 2 * place, said)
        status.alignment = WRAPPED
        for one in (cell, status):
            if wording.status in _FILLS:
                one.fill = _FILLS[wording.status]


def _about(workbook: Workbook, form: Form, texts: dict[str, Any]) -> None:
    sheet = workbook.create_sheet(texts["review_about"])
    sheet.column_dimensions["A"].width = 100
    put(sheet, 1, 1, texts["review_title"].format(name=form.instrument.id)).font = lettering(14, bold=True)
    sources = [f"{name}: {s.citation} ({s.licence})" for name, s in form.instrument.sources.items()]
    for row, line in enumerate([*texts["review_lines"], "", *sources], start=3):
        put(sheet, row, 1, line).alignment = WRAPPED
