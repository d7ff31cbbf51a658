"""What may be typed into a sheet that somebody fills in, and what may not be changed."""

from __future__ import annotations

from datetime import date

from openpyxl.styles import Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

UNLOCKED, LOCKED = Protection(locked=False), Protection(locked=True)


def protect(sheet: Worksheet) -> None:
    """Locked cells cannot be typed over by accident; there is no password."""
    sheet.protection.sheet = True
    for allowed in ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "sort", "autoFilter"):
        setattr(sheet.protection, allowed, False)


def dates_only(error: str) -> DataValidation:
    """Days of this century."""
    first, last = (str((day - date(1899, 12, 30)).days) for day in (date(2000, 1, 1), date(2100, 1, 1)))
    return DataValidation("date", operator="between", formula1=first, formula2=last, error=error)


def allow_only(sheet: Worksheet, allowed: DataValidation, cells: str) -> None:
    """Let ``cells`` hold nothing but what is ``allowed``, or nothing at all."""
    allowed.allow_blank = True
    allowed.showErrorMessage = True
    allowed.errorStyle = "stop"
    sheet.add_data_validation(allowed)
    allowed.add(cells)
