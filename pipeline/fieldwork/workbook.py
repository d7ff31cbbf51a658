"""The workbook that answers are delivered in: what to do, about the wave, the answers, and every code.

Sheets: explanation, wave (``intake/declaration.py`` reads it back), answers, codes, and a hidden one with what the
drop-downs offer. Headings of the answers are the variables; a cell takes a label or a code, and both read as they are.
No formulas, no macros. Works in Excel and LibreOffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.declare import Instrument, Project
from pipeline.fieldwork.files import FILL_IN, HEADING_FONT, WRAPPED, put, put_heading, workbook_bytes
from pipeline.fieldwork.form import Form, Question, make_form
from pipeline.intake.declaration import MODES
from pipeline.intake.words import Language, catalogue
from pipeline.spreadsheets import neutral

LAST_ROW = 5000
"""Drop-downs reach down to here."""
LISTS = "_lists"
_EXAMPLE_CODE = "bcdf-ghjk-mnpq"
_GREY = Font(italic=True, color="767676")
_UNLOCKED, _LOCKED = Protection(locked=False), Protection(locked=True)


@dataclass(frozen=True)
class Delivery:
    """What a workbook is made for."""

    instrument: Instrument
    projects: Sequence[Project]
    corporation: str = ""
    pool: str = "residents"
    origin: str = "residents"


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
    _wave(wave, delivery, texts, language)
    _answers(answers, lists, form, texts, language)
    _codes(codes, form, texts, language)
    workbook.active = 0
    return workbook_bytes(workbook, title=texts["about_title"])


def _languages(instrument: Instrument, first: str) -> list[str]:
    return [first, *(name for name in instrument.languages if name != first)]


def _about(sheet: Worksheet, texts: dict[str, Any], project: str) -> None:
    sheet.column_dimensions["A"].width = 100
    put(sheet, 1, 1, texts["about_title"]).font = Font(bold=True, size=16)
    row = 3
    for part in ("steps", "not", "why", "tips"):
        put(sheet, row, 1, texts[f"about_{part}_title"]).font = Font(bold=True, size=12)
        for number, line in enumerate(texts[f"about_{part}"], start=1):
            row += 1
            said = line.format(example=texts["example"], column=project)
            cell = put(sheet, row, 1, f"{number}. {said}" if part == "steps" else f"• {said}")
            cell.alignment = WRAPPED
            sheet.row_dimensions[row].height = 16 * (1 + len(said) // 95)
        row += 2
    _protect(sheet)


def _protect(sheet: Worksheet) -> None:
    """Locked cells cannot be typed over by accident; there is no password."""
    sheet.protection.sheet = True
    for allowed in ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "sort", "autoFilter"):
        setattr(sheet.protection, allowed, False)


# --- about the wave


def _wave(sheet: Worksheet, delivery: Delivery, texts: dict[str, Any], language: Language) -> None:
    for letter, width in zip("ABC", (36, 34, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    put(sheet, 1, 1, texts["wave_title"]).font = Font(bold=True, size=16)
    put(sheet, 2, 1, texts["wave_how"])
    put_heading(sheet, 4, list(texts["wave_heading"].values()))
    row = 5
    for key, label, expected in _wave_rows(delivery.instrument, texts, language):
        put(sheet, row, 1, label)
        put(sheet, row, 3, expected).font = _GREY
        value = _prefilled(key, delivery)
        cell = put(sheet, row, 2, value)
        cell.fill, cell.protection = FILL_IN, _LOCKED if key == "instrument" else _UNLOCKED
        cell.alignment = Alignment(horizontal="left", wrap_text=True)
        _allow(sheet, f"B{row}", key, texts)
        if key in ("start", "end"):
            cell.number_format = "dd-mm-yyyy"
        row += 1
    _wave_projects(sheet, row + 1, delivery, texts)
    sheet.freeze_panes = "B5"
    _protect(sheet)


def _wave_rows(instrument: Instrument, texts: dict[str, Any], language: str) -> list[tuple[str, str, str]]:
    """Key, label and expected form of each row, in order."""
    rows = []
    for key, entry in texts["fields"].items():
        if key == "language":
            for code in instrument.languages:
                names = catalogue()["questionnaire_languages"].get(code)
                if names:
                    rows.append((f"language_{code}", entry["label"].format(name=names[language]), entry["expected"]))
        else:
            rows.append((key, entry["label"], entry["expected"]))
    return rows


def _prefilled(key: str, delivery: Delivery) -> str | None:
    known = {
        "corporation": delivery.corporation,
        "instrument": delivery.instrument.id,
        "pool": delivery.pool,
        "origin": delivery.origin,
    }
    return known.get(key) or None


def _allow(sheet: Worksheet, cell: str, key: str, texts: dict[str, Any]) -> None:
    """What may be typed into a cell about the wave."""
    if key.startswith(("mode_", "language_")):
        allowed = DataValidation("list", formula1=f'"{texts["yes"]},{texts["no"]}"', error=texts["choose_error"])
    elif key == "origin":
        allowed = DataValidation("list", formula1='"residents,simulated"', error=texts["choose_error"])
    elif key in ("start", "end"):
        allowed = _dates(texts)
    else:
        return
    _add(sheet, allowed, cell)


def _dates(texts: dict[str, Any]) -> DataValidation:
    first, last = (str((day - date(1899, 12, 30)).days) for day in (date(2000, 1, 1), date(2100, 1, 1)))
    return DataValidation("date", operator="between", formula1=first, formula2=last, error=texts["date_error"])


def _add(sheet: Worksheet, allowed: DataValidation, cells: str) -> None:
    allowed.allow_blank = True
    allowed.showErrorMessage = True
    allowed.errorStyle = "stop"
    sheet.add_data_validation(allowed)
    allowed.add(cells)


def _wave_projects(sheet: Worksheet, row: int, delivery: Delivery, texts: dict[str, Any]) -> None:
    """The projects, and how many residents were invited in each."""
    put_heading(sheet, row, list(texts["projects_heading"].values()))
    for project in delivery.projects:
        row += 1
        put(sheet, row, 1, project.id).protection = _UNLOCKED
        put(sheet, row, 3, project.name)
        cell = sheet.cell(row, 2)
        cell.fill, cell.protection, cell.alignment = FILL_IN, _UNLOCKED, Alignment(horizontal="left")
    counts = DataValidation("whole", operator="greaterThanOrEqual", formula1="0", error=texts["invited_error"])
    _add(sheet, counts, f"B{row - len(delivery.projects) + 1}:B{row}")


# --- the answers


def _answers(sheet: Worksheet, lists: Worksheet, form: Form, texts: dict[str, Any], language: Language) -> None:
    written: dict[str, DataValidation] = {}
    for column, question in enumerate(form.questions, start=1):
        letter = get_column_letter(column)
        width = max(14.0, min(30.0, len(question.name) + 4.0))
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].protection = _UNLOCKED
        cell = put(sheet, 1, column, question.name)
        cell.protection = _LOCKED
        cell.comment = _comment(question, texts, language)
        example = put(sheet, 2, column, _example(question, texts, language))
        example.font, example.protection = _GREY, _UNLOCKED
        if question.kind in ("date", "today"):
            sheet.column_dimensions[letter].number_format = example.number_format = "dd-mm-yyyy"
        _offer(sheet, lists, question, f"{letter}2:{letter}{LAST_ROW}", written, texts, language)
    n_questions = len(list(form.questions))
    _style_headings(sheet, n_questions)
    rest = sheet.column_dimensions[get_column_letter(n_questions + 1)]
    rest.min, rest.max, rest.protection, rest.width = n_questions + 1, 16384, _UNLOCKED, 10
    _protect(sheet)


def _style_headings(sheet: Worksheet, n_questions: int) -> None:
    from pipeline.fieldwork.files import HEADING_FILL

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
    return Comment("\n".join(lines), "", height=24 + 18 * len(lines), width=360)


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
        _add(sheet, _dates(texts), cells)
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
        _add(sheet, allowed, cells)
    elif question.kind == "number" and question.bounds:
        lower, upper = question.bounds
        kind = "whole" if question.field.type == "integer" else "decimal"
        error = texts["number_error"].format(lower=lower, upper=upper)
        _add(sheet, DataValidation(kind, operator="between", formula1=lower, formula2=upper, error=error), cells)


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
            put(sheet, row, 4, neutral(label))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:D{row}"
    _protect(sheet)


__all__ = ["LAST_ROW", "MODES", "Delivery", "delivery_workbook"]
