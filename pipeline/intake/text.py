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

_NUMBER = {mark: re.compile(rf"[+-]?\d{{1,15}}(?:{re.escape(mark)}\d{{1,30}})?") for mark in (".", ",")}
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


def decimal_mark(texts_by_column: Iterable[Iterable[str]], *, otherwise: Mark) -> Mark:
    """The decimal mark of numbers that are written as text: the one in more different numbers.

    Only columns that hold nothing but numbers are looked at, so a text with commas does not count; neither does a
    number like ``1.000``, whose mark may part thousands. ``otherwise``: when there is nothing to tell by.
    """
    votes = {".": 0, ",": 0}
    for texts in map(list, texts_by_column):
        for mark in votes:
            if all(_NUMBER[mark].fullmatch(text) for text in texts):
                votes[mark] += sum(mark in text and not _THOUSANDS.fullmatch(text) for text in texts)
    if votes["."] == votes[","]:
        return otherwise
    return "," if votes[","] > votes["."] else "."
