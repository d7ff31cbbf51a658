"""Texts and numbers as people write them, brought to one form so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from pipeline.intake.source import Cell

_DIGITS = {first + n: str(n) for first in (0x0660, 0x06F0, 0xFF10) for n in range(10)} | {0x066B: ".", 0x2212: "-"}
"""Digits of Arabic, Persian and full-width type, the Arabic decimal mark, and the minus sign."""
_APOSTROPHES, _DASHES, _ALEFS = "‘’ʼ`´′＇", "–—‑‐−﹣", "أإآٱ"
_ALIKE: dict[int, str | None] = {
    **{ord(c): "'" for c in _APOSTROPHES}, **{ord(c): "-" for c in _DASHES}, **{ord(c): "ا" for c in _ALEFS},
    # Arabic vowel signs, and the stroke that stretches a word
    **dict.fromkeys([*range(0x064B, 0x0653), 0x0670, 0x0640]),
    # the old mark between words of Tigrinya
    0x1361: " ",
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}, 0xFF07: "'", **_DIGITS,
}  # fmt: skip
"""What is written in more than one way and means the same: one way for each."""
Mark = Literal[".", ","]
"""A decimal mark."""

MARKS: tuple[Mark, Mark] = (".", ",")
_NUMBER = {mark: re.compile(rf"[+-]?\d{{1,15}}(?:{re.escape(mark)}\d{{1,30}})?") for mark in MARKS}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def fold(text: str) -> str:
    """``text`` as it is compared: composed, case-folded, white space collapsed, no invisible marks (direction marks of
    Arabic exports, zero-width spaces), and one way of writing what has several (``_ALIKE``).

    Two texts that differ in nothing else are the same answer. Letters that make another word stay apart (``ة`` and
    ``ه``, ``ى`` and ``ي``; ``é`` and ``e``).
    """
    if text.isascii():
        return " ".join(text.casefold().replace("`", "'").split())
    visible = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    return " ".join(visible.translate(_ALIKE).casefold().split())


def with_plain_digits(text: str) -> str:
    """``text`` with digits, decimal mark and minus of other scripts as ASCII has them."""
    return text if text.isascii() else text.translate(_DIGITS)


def number_in(cell: Cell, decimal: Mark) -> float | None:
    """The number ``cell`` holds, ``None`` when it holds none. No thousands separators: ``1.000`` could mean two things,
    so with a decimal comma it is not a number. The Arabic decimal mark is one in any file."""
    if isinstance(cell, float):
        return cell
    if "\u066b" in cell:
        decimal = "."
    text = with_plain_digits(cell.strip())
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
    number = with_plain_digits(text.strip()) if "\u066b" not in text else ""
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
