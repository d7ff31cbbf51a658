"""The sheet of the delivery workbook that tells what wave this is: read back by ``intake/declaration.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.styles import Alignment
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.declare import Instrument, Project
from pipeline.fieldwork.files import FILL_IN, lettering, put, put_heading
from pipeline.fieldwork.sheet_rules import LOCKED, UNLOCKED, allow_only, dates_only, protect
from pipeline.intake.words import Language, catalogue


@dataclass(frozen=True)
class Delivery:
    """What a workbook is made for."""

    instrument: Instrument
    projects: Sequence[Project]
    corporation: str = ""
    pool: str = "residents"
    origin: str = "residents"


def write_wave(sheet: Worksheet, delivery: Delivery, texts: dict[str, Any], language: Language) -> None:
    """Write the form about the wave onto ``sheet``."""
    for letter, width in zip("ABC", (36, 34, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    put(sheet, 1, 1, texts["wave_title"]).font = lettering(16, bold=True)
    put(sheet, 2, 1, texts["wave_how"])
    put_heading(sheet, 4, list(texts["wave_heading"].values()))
    row = 5
    for key, label, expected in _wave_rows(delivery.instrument, texts, language):
        put(sheet, row, 1, label)
        put(sheet, row, 3, expected).font = lettering(quiet=True)
        value = _prefilled(key, delivery)
        cell = put(sheet, row, 2, value)
        cell.fill, cell.protection = FILL_IN, LOCKED if key == "instrument" else UNLOCKED
        cell.alignment = Alignment(horizontal="left", wrap_text=True)
        _allow(sheet, f"B{row}", key, texts)
        if key in ("start", "end"):
            cell.number_format = "dd-mm-yyyy"
        row += 1
    _wave_projects(sheet, row + 1, delivery, texts)
    sheet.freeze_panes = "B5"
    protect(sheet)


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
        allowed = dates_only(texts["date_error"])
    else:
        return
    allow_only(sheet, allowed, cell)


def _wave_projects(sheet: Worksheet, row: int, delivery: Delivery, texts: dict[str, Any]) -> None:
    """The projects, and how many residents were invited in each."""
    put_heading(sheet, row, list(texts["projects_heading"].values()))
    for project in delivery.projects:
        row += 1
        put(sheet, row, 1, project.id).protection = UNLOCKED
        put(sheet, row, 3, project.name)
        cell = sheet.cell(row, 2)
        cell.fill, cell.protection, cell.alignment = FILL_IN, UNLOCKED, Alignment(horizontal="left")
    counts = DataValidation("whole", operator="greaterThanOrEqual", formula1="0", error=texts["invited_error"])
    allow_only(sheet, counts, f"B{row - len(delivery.projects) + 1}:B{row}")
