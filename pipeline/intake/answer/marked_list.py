"""The first sheet of the marked copy: what to change, with a link to each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from pipeline.intake.answer.marks import row_in_copy
from pipeline.intake.check import Checked
from pipeline.intake.messages import MOST_PLACES, describe_format, explain_thing, verdict
from pipeline.intake.problems import Problem
from pipeline.intake.source import FileFormat
from pipeline.intake.things import Thing, things_in
from pipeline.intake.words import Language, catalogue
from pipeline.spreadsheets import neutral

_WIDTHS = {"A": 6, "B": 46, "C": 34, "D": 38, "E": 58}
_TITLE, _BOLD = Font(bold=True, size=16), Font(bold=True)
_LINK = Font(color="0B6E5F", underline="single")
_NOTICE = PatternFill("solid", fgColor="F6E7C1")
_HEAD = PatternFill("solid", fgColor="EFECE4")
_WRAP = Alignment(wrap_text=True, vertical="top")


def write_list(
    workbook: Workbook,
    titles: tuple[str, str],
    checked: Checked,
    language: Language,
    *,
    found: FileFormat,
    of_wave: bool,
    letters: Mapping[str, str],
    heading_row: int,
    declared: Sequence[str],
    n_without_comment: int,
) -> None:
    """Add the sheet ``titles[0]``; its links lead to ``titles[1]``, whose headings stand in ``heading_row``.

    ``letters``: the copy's letter of each column, by the sender's letter, or by its name where it has none.
    """
    sheet = workbook.create_sheet(titles[0])
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    texts = catalogue()["answer"][language]

    def cell(value: Any, **style: Any) -> Any:
        made = WriteOnlyCell(sheet, neutral(value) if isinstance(value, str) else value)
        made.alignment = style.pop("alignment", _WRAP)
        for name, look in style.items():
            setattr(made, name, look)
        return made

    whole = Alignment(vertical="top")
    sentence = verdict(checked.problems, language, of_wave=of_wave, n_declared=len(declared))
    sheet.append([cell(sentence, font=_TITLE, alignment=whole)])
    sheet.append([cell(texts["marked_notice"], font=_BOLD, fill=_NOTICE, alignment=whole), *_filled(cell, 4)])
    notes = [f"{catalogue()['verdict'][language]['read_as']}: {describe_format(found, language)}", texts["marked_how"]]
    if found.kind == "sav":
        notes.append(texts["marked_spss"])
    if n_without_comment:
        notes.append(texts["marked_left_out"].format(count=n_without_comment))
    for note in notes:
        sheet.append([cell(note, alignment=whole)])
    sheet.append([])
    sheet.append([cell(name, font=_BOLD, fill=_HEAD) for name in texts["marked_columns"]])
    for i, sentence in enumerate(declared, start=1):
        sheet.append([cell(i), cell(sentence)])
    at = {"error": len(declared), "warning": 0}
    for thing in things_in(checked.problems):
        at[thing.severity] += 1
        said = explain_thing(thing, language, found)
        number = at[thing.severity] if thing.severity == "error" else f"({at[thing.severity]})"
        targets = _targets(thing, found, letters, heading_row)
        for i in range(max(1, len(said.where))):
            place = said.where[i] if i < len(said.where) else ""
            linked = cell(place)
            if place and i < len(targets) and targets[i]:
                sheet_name = titles[1].replace("'", "''")
                linked.hyperlink = Hyperlink(ref="", location=f"'{sheet_name}'!{targets[i]}")
                linked.font = _LINK
            row = [cell(number), cell(said.what), linked, cell(said.expected), cell(said.fix)]
            sheet.append(row if not i else [None, None, linked])


def _filled(cell: Any, n: int) -> list[Any]:
    """Cells that carry the notice's colour on."""
    return [cell("", fill=_NOTICE) for _ in range(n)]


def _targets(thing: Thing, found: FileFormat, letters: Mapping[str, str], heading_row: int) -> list[str]:
    """The first cell of each line of ``where``; empty where there is none to go to."""
    several = len(thing.problems) > 1 and thing.rows
    one = Problem(thing.code, thing.columns, thing.rows)
    problems = thing.problems[:MOST_PLACES] if several else (one,)
    return [_target(problem, found, letters, heading_row) for problem in problems]


def _target(problem: Problem, found: FileFormat, letters: Mapping[str, str], heading_row: int) -> str:
    if not problem.columns and not problem.rows:
        return ""
    letter, name = problem.columns[0] if problem.columns else ("", "")
    row = row_in_copy(problem.rows[0], found) if problem.rows else heading_row
    return f"{letters.get(letter or name, 'A')}{row}"
