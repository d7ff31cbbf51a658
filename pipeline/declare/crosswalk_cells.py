"""Cells of a crosswalk that somebody opens in a spreadsheet: written so that it changes none of them, and read back.

A spreadsheet takes ``=1+1`` for a formula, ``1-2`` and (with a decimal comma) ``1.5`` for a date, ``007`` for 7 and
``TRUE`` for a word of its own language. An apostrophe before such a text keeps it as it is.
"""

from __future__ import annotations

import re

from pipeline.spreadsheets import neutral

_DATE_LIKE = re.compile(
    r"\d{1,4}\s?[-/.:]\s?\d{1,4}(?:\s?[-/.: ]\s?\d{1,4}){0,4}"
    r"|\d{1,2}[-/. ]?(?:jan|feb|mrt|maa|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?(?:[-/. ]?\d{1,4})?"
    r"|(?:jan|feb|mrt|maa|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?[-/. ]?\d{1,4}",
    re.IGNORECASE,
)
_NUMBER_THAT_CHANGES = re.compile(r"[+-]?(?:0\d+|\d+[.,]\d+|\d{12,}|\d+(?:[.,]\d+)?e[+-]?\d+)|\+\d+", re.IGNORECASE)
_WORDS_OF_ITS_OWN = frozenset({"true", "false", "waar", "onwaar"})


def to_cell(text: str) -> str:
    """``text`` as it is written into a cell; ``from_cell`` gives it back. Control characters are left out."""
    clean = _without_control(text)
    return f"'{clean}" if _needs_apostrophe(clean) else clean


def from_cell(cell: str) -> str:
    """What ``to_cell`` was given; other texts, also those that begin with an apostrophe, as they are."""
    return cell[1:] if cell[:1] == "'" and _needs_apostrophe(cell[1:]) else cell


def _without_control(text: str) -> str:
    safe = neutral(text)
    return safe[1:] if safe[:1] == "'" and text[:1] != "'" else safe


def _needs_apostrophe(text: str) -> bool:
    """Whether a spreadsheet would change ``text``, or ``from_cell`` would: apostrophes that it begins with do not
    count, so that a text which has one already gets another."""
    bare = text.lstrip("'")
    stripped = bare.strip()
    return (
        neutral(bare)[:1] != bare[:1]
        or _DATE_LIKE.fullmatch(stripped) is not None
        or _NUMBER_THAT_CHANGES.fullmatch(stripped) is not None
        or stripped.casefold() in _WORDS_OF_ITS_OWN
    )
