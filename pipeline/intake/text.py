"""Texts and numbers as people write them, brought to one form so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from pipeline.intake.source import Cell

_APOSTROPHES = str.maketrans("‘’ʼ`´", "'''''")
Mark = Literal[".", ","]
"""A decimal mark."""

MARKS: tuple[Mark, Mark] = (".", ",")
_NUMBER = {mark: re.compile(rf"[+-]?\d{{1,15}}(?:{re.escape(mark)}\d{{1,30}})?") for mark in MARKS}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def fold(text: str) -> str:
    """``text`` as it is compared: composed, case-folded, one kind of apostrophe, white space collapsed, no invisible
    marks (direction marks of Arabic exports, zero-width spaces)."""
    if text.isascii():
        return " ".join(text.casefold().translate(_APOSTROPHES).split())
    visible = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    return " ".join(visible.translate(_APOSTROPHES).casefold().split())


def number_in(cell: Cell, decimal: Mark) -> float | None:
    """The number ``cell`` holds, ``None`` when it holds none. No thousands separators: ``1.000`` could mean two things,
    so with a decimal comma it is not a number."""
    if isinstance(cell, float):
        return cell
    text = cell.strip().replace("−", "-")
    if not _NUMBER[decimal].fullmatch(text):
        return None
    return float(text.replace(",", "."))


def as_text(cell: Cell) -> str:
    """``cell`` as text; whole numbers without decimals, so that 1001.0 of SPSS and "1001" of a CSV are the same id."""
    if isinstance(cell, str):
        return cell.strip()
    return str(int(cell)) if cell == int(cell) else repr(cell)


def mark_of_fraction(text: str) -> Mark | None:
    """The mark that shows a fraction in ``text``; ``None`` when it is no such number, or one like ``1.000``, whose mark
    may part thousands."""
    number = text.strip().replace("−", "-")
    if _THOUSANDS.fullmatch(number):
        return None
    return next((mark for mark in _NUMBER if mark in number and _NUMBER[mark].fullmatch(number)), None)


def decimal_mark(texts_by_column: Iterable[Iterable[str]], *, otherwise: Mark) -> Mark:
    """The decimal mark of numbers that are written as text, when nothing is known of the columns: the one in more
    different numbers.

    Only columns that hold numbers for at least half are looked at, so that a fraction somewhere in a column of
    sentences does not count, and a word for a missing answer among numbers does no harm. ``otherwise``: when there is
    nothing to tell by.
    """
    votes: dict[Mark, int] = {".": 0, ",": 0}
    for texts in map(list, texts_by_column):
        marks = [mark_of_fraction(text) for text in texts]
        n_numbers = sum(any(number_in(text, mark) is not None for mark in MARKS) for text in texts)
        if 2 * n_numbers >= len(texts):
            for mark in votes:
                votes[mark] += marks.count(mark)
    if votes["."] == votes[","]:
        return otherwise
    return "," if votes[","] > votes["."] else "."
