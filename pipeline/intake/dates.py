"""Days as people and programs write them: which order day and month have is found from the whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

from pipeline.intake.outcome import UNREADABLE, Outcome, Reader
from pipeline.intake.source import Cell
from pipeline.intake.text import as_text, with_plain_digits

DateOrder = Literal["day_first", "month_first", "unclear"]
"""Whether ``03/04/2025`` is in April or in March; unclear when nothing in the column tells, or cells contradict."""

IMPOSSIBLE = Outcome(None, "out_of_range", "date_impossible")
AMBIGUOUS = Outcome(None, "unreadable", "date_ambiguous")

_YEARS = range(1901, 2101)
"""The years a date can be in. In 1900 lie the days that a spreadsheet makes of small numbers."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:,? .*)?", re.DOTALL)
_NUMBER = re.compile(r"\d{1,6}(?:\.\d+)?")


def date_order(cells: Iterable[Cell]) -> DateOrder:
    """The order of day and month in dates such as ``25/04/2025``: some cell has a first or second number above 12.

    Cells that tell opposite things leave it unclear.
    """
    told = set()
    for cell in cells:
        if isinstance(cell, str) and (match := _YEAR_LAST.fullmatch(with_plain_digits(cell.strip()))):
            first, second = int(match[1]), int(match[3])
            if 12 < first <= 31 and 1 <= second <= 12:
                told.add("day_first")
            if 12 < second <= 31 and 1 <= first <= 12:
                told.add("month_first")
    if told == {"day_first"}:
        return "day_first"
    return "month_first" if told == {"month_first"} else "unclear"


def date_reader(order: DateOrder) -> Reader:
    """Reads ISO dates, and dates with the year last in ``order``.

    Where the order is unclear, hyphens and dots stand between day, month and year as they are written here; slashes may
    be American, and are refused (``date_ambiguous``) where both readings are possible and differ. A day that no
    calendar has, a year outside 1901 to 2100 and a bare number (a spreadsheet's own count of days) are
    ``date_impossible``.
    """

    def read(cell: Cell) -> Outcome:
        text = with_plain_digits(as_text(cell))
        if match := _ISO.fullmatch(text):
            return _day(*map(int, match.groups()))
        if match := _YEAR_LAST.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            if order == "month_first":
                return _day(year, first, second)
            day_first, month_first = _day(year, second, first), _day(year, first, second)
            if order == "day_first" or match[2] != "/" or not month_first.understood:
                return day_first
            if not day_first.understood:
                return month_first
            return day_first if day_first == month_first else AMBIGUOUS
        return IMPOSSIBLE if _NUMBER.fullmatch(text) else UNREADABLE

    return read


def _day(year: int, month: int, day: int) -> Outcome:
    try:
        found = date(year, month, day)
    except ValueError:
        return IMPOSSIBLE
    return Outcome(found.isoformat()) if year in _YEARS else IMPOSSIBLE
