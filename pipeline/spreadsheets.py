"""Text that goes into a spreadsheet somebody will open: never a formula."""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def neutral(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula: an apostrophe before ``= + - @``, tab and line end,
    unless it is a plain number; no control characters, which no workbook may hold."""
    clean = _CONTROL.sub("", text)
    if clean.lstrip(" \u00a0")[:1] in ("=", "+", "-", "@") or clean.startswith(_STARTS):
        return clean if _NUMBER.fullmatch(clean) else f"'{clean}"
    return clean


def plain(text: str) -> str:
    """What ``neutral`` was given, where it put an apostrophe: to be read back from a table we wrote."""
    return text[1:] if text[:1] == "'" and neutral(text[1:]) == text else text
