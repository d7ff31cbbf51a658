"""The workbook that answers are delivered in: what to do, about the wave, the answers, and every code.

Sheets: explanation, wave (``intake/declaration.py`` reads it back), answers, codes, and a hidden one with what the
drop-downs offer. Headings of the answers are the variables; a cell takes a label or a code, and both read as they are.
No formulas, no macros. Works in Excel and LibreOffice.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.declare import Instrument
from pipeline.fieldwork.files import HEADING_FILL, HEADING_FONT, WRAPPED, lettering, put, put_heading, workbook_bytes
from pipeline.fieldwork.form import Form, Question, make_form
from pipeline.fieldwork.sheet_rules import LOCKED, UNLOCKED, allow_only, dates_only, protect
from pipeline.fieldwork.wave_sheet import Delivery, write_wave
from pipeline.intake.words import Language, catalogue

LAST_ROW = 5000
"""Drop-downs reach down to here."""
LISTS = "_lists"
_EXAMPLE_CODE = "bcdf-ghjk-mnpq"


def delivery_workbook(delivery: Delivery, language: Language) -> bytes:
    """An empty workbook for ``delivery``, with one example row."""
    texts: dict[str, Any] = catalogue()["fieldwork"][language]
    form = make_form(delivery.instrument, delivery.projects, _languages(delivery.instrument, language))
    questions = list(form.questions)
    project = next((q.name for q in questions if q.field.role == "project"), "")
    workbook = Workbook()
    about, wave = workbook.worksheets[0], workbook.create_sheet(texts["sheet_wave"])
    answers, codes = workbook.create_sheet(texts["sheet_answers"]), workbook.create_sheet(texts["sheet_codes"])
    lists = workbook.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    about.title = texts["sheet_about"]
    _about(about, texts, project)
    write_wave(wave, delivery, texts, language)
    _answers(answers, lists, form, texts, language)
    _codes(codes, form, texts, language)
    workbook.active = 0
    return workbook_bytes(workbook, title=texts["about_title"])


def _languages(instrument: Instrument, first: str) -> list[str]:
    return [first, *(name for name in instrument.languages if name != first)]


def _about(sheet: Worksheet, texts: dict[str, Any], project: str) -> None:
    sheet.column_dimensions["A"].width = 100
    put(sheet, 1, 1, texts["about_title"]).font = lettering(16, bold=True)
    row = 3
    for part in ("steps", "not", "why", "tips"):
        put(sheet, row, 1, texts[f"about_{part}_title"]).font = lettering(12, bold=True)
        for number, line in enumerate(texts[f"about_{part}"], start=1):
            row += 1
            said = line.format(example=texts["example"], column=project)
            cell = put(sheet, row, 1, f"{number}. {said}" if part == "steps" else f"• {said}")
            cell.alignment = WRAPPED
            sheet.row_dimensions[row].height = 16 * (1 + len(said) // 95)
        row += 2
    protect(sheet)


def _answers(sheet: Worksheet, lists: Worksheet, form: Form, texts: dict[str, Any], language: Language) -> None:
    written: dict[str, DataValidation] = {}
    for column, question in enumerate(form.questions, start=1):
        letter = get_column_letter(column)
        width = max(14.0, min(30.0, len(question.name) + 4.0))
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].protection = UNLOCKED
        cell = put(sheet, 1, column, question.name)
        cell.protection = LOCKED
        cell.comment = _comment(question, texts, language)
        example = put(sheet, 2, column, _example(question, texts, language))
        example.font, example.protection = lettering(quiet=True), UNLOCKED
        if question.kind in ("date", "today"):
            sheet.column_dimensions[letter].number_format = example.number_format = "dd-mm-yyyy"
        _offer(sheet, lists, question, f"{letter}2:{letter}{LAST_ROW}", written, texts, language)
    n_questions = len(list(form.questions))
    _style_headings(sheet, n_questions)
    rest = sheet.column_dimensions[get_column_letter(n_questions + 1)]
    rest.min, rest.max, rest.protection, rest.width = n_questions + 1, 16384, UNLOCKED, 10
    protect(sheet)


def _style_headings(sheet: Worksheet, n_questions: int) -> None:
    for column in range(1, n_questions + 1):
        cell = sheet.cell(1, column)
        cell.font, cell.fill = HEADING_FONT, HEADING_FILL
    sheet.freeze_panes = "C2" if n_questions > 2 else "A2"


def _comment(question: Question, texts: dict[str, Any], language: Language) -> Comment:
    """The question and its answers, to be read where the pointer rests on the heading."""
    lines = [question.titles[language].text]
    if question.kind == "receipt":
        lines.append(texts["code_note"])
    if question.field.role == "project":
        lines.append(texts["codes_projects"])
    lines += [f"{choice.text} = {choice.labels[language].text}" for choice in question.choices]
    if question.kind == "number" and question.bounds:
        lower, upper = question.bounds
        lines.append(texts["number_note"].format(lower=lower, upper=upper))
    if question.field.required:
        lines.append(texts["required_note"])
    return Comment("\n".join(lines), "author", height=24 + 18 * len(lines), width=360)


def _example(question: Question, texts: dict[str, Any], language: Language) -> Any:
    """An answer for the example row; its project is none, so that the row is never counted."""
    if question.field.role == "project":
        return texts["example"]
    if question.kind == "receipt":
        return _EXAMPLE_CODE
    if question.kind in ("date", "today"):
        return date(2026, 3, 31)
    if question.field.role == "language":
        return language
    if question.choices:
        return question.choices[0].labels[language].text
    return question.field.minimum if question.field.minimum is not None else 1


def _offer(
    sheet: Worksheet,
    lists: Worksheet,
    question: Question,
    cells: str,
    written: dict[str, DataValidation],
    texts: dict[str, Any],
    language: Language,
) -> None:
    """The drop-down of a column: the labels, then the codes, so that typing either is right."""
    if question.kind in ("date", "today"):
        allow_only(sheet, dates_only(texts["date_error"]), cells)
    elif question.choices:
        key = question.answers
        if key in written:
            written[key].add(cells)
            return
        allowed = DataValidation(
            "list", formula1=_listed(lists, question, language), error=texts["answer_error"],
            errorTitle=texts["answer_error_title"],
        )  # fmt: skip
        written[key] = allowed
        allow_only(sheet, allowed, cells)
    elif question.kind == "number" and question.bounds:
        lower, upper = question.bounds
        kind = "whole" if question.field.type == "integer" else "decimal"
        error = texts["number_error"].format(lower=lower, upper=upper)
        allow_only(sheet, DataValidation(kind, operator="between", formula1=lower, formula2=upper, error=error), cells)


def _listed(lists: Worksheet, question: Question, language: Language) -> str:
    """Write what a drop-down offers into a column of the hidden sheet; return where it stands."""
    labels = [choice.labels[language].text for choice in question.choices]
    offered: list[Any] = list(dict.fromkeys([*labels, *(choice.code for choice in question.choices)]))
    column = 1 if lists.cell(1, 1).value is None else lists.max_column + 1
    for row, value in enumerate(offered, start=1):
        put(lists, row, column, value)
    letter = get_column_letter(column)
    return f"'{LISTS}'!${letter}$1:${letter}${len(offered)}"


def _codes(sheet: Worksheet, form: Form, texts: dict[str, Any], language: Language) -> None:
    """Every column with its question and answers, to look things up."""
    for letter, width in zip("ABCD", (24, 80, 16, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    put_heading(sheet, 1, list(texts["codes_columns"].values()))
    row = 1
    for question in form.questions:
        rows: list[tuple[Any, str]] = [(c.code, c.labels[language].text) for c in question.choices]
        if question.kind == "number" and question.bounds:
            lower, upper = question.bounds
            rows = [("", texts["number_note"].format(lower=lower, upper=upper))]
        for place, (code, label) in enumerate(rows or [("", texts["code_note"] if question.kind == "receipt" else "")]):
            row += 1
            put(sheet, row, 1, question.name)
            put(sheet, row, 2, question.titles[language].text if place == 0 else "").alignment = WRAPPED
            put(sheet, row, 3, code).alignment = Alignment(horizontal="left")
            put(sheet, row, 4, label)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:D{row}"
    protect(sheet)


__all__ = ["LAST_ROW", "Delivery", "delivery_workbook"]
